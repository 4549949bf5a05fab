"""A finished module: printed, parsed, cloned, verified, asked what `main` takes and gives."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

from rlxflow import dtypes
from rlxflow.errors import ParseError, VerifyError
from rlxflow.ir.bindings import func, ir, new_context
from rlxflow.ir.parsing import parse_module
from rlxflow.ir.portable import portable_artifact


@dataclass(frozen=True, slots=True)
class Port:
    """An argument or result of `main`: what it is, its name, shape and element type."""

    kind: str  # input | param | state | output
    name: str
    shape: tuple[int, ...]
    dtype: str
    below: int | None = None  # ids stay under it
    parts: tuple[str, ...] = ()  # what is stacked along its first axis
    packed: str = ""  # of a weight in panels: `q8_0.v1 256x2048`

    @property
    def nbytes(self) -> int:
        return functools.reduce(lambda a, b: a * b, self.shape, dtypes.itemsize(self.dtype))

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}` {self.dtype}[{', '.join(map(str, self.shape))}]"


class IrModule:
    """One MLIR module in a context of its own."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module

    @property
    def context(self) -> ir.Context:
        return self.module.context

    @property
    def operation(self) -> ir.Operation:
        return self.module.operation

    @property
    def name(self) -> str:
        """The module's symbol name, or an empty string."""
        attributes = self.operation.attributes
        return _string(attributes["sym_name"]) if "sym_name" in attributes else ""

    @classmethod
    def parse(cls, source: str | bytes, name: str = "-") -> IrModule:
        """Returns the module of MLIR text, bytecode or a portable (VHLO) artifact.

        Raises ParseError with `name:line:column` and the parser's message.
        """
        context = new_context()
        with context:
            try:
                return cls(parse_module(source, name))
            except ir.MLIRError as error:
                raise ParseError(_first_diagnostic(error, name)) from None

    def clone(self) -> IrModule:
        """Returns a copy in the same context (text is never re-parsed)."""
        with self.context:
            return IrModule(ir.Module.parse(self.bytecode()))

    def verify(self) -> None:
        """Raises VerifyError with MLIR's message if an operation is malformed."""
        try:
            self.operation.verify()
        except ir.MLIRError as error:
            raise VerifyError(_first_diagnostic(error, "module")) from None

    def text(self, *, debug_info: bool = False, generic: bool = False) -> str:
        """Returns MLIR text; values are called after their stages unless locations are printed."""
        printed = self.operation.get_asm(
            enable_debug_info=debug_info,
            print_generic_op_form=generic,
            use_name_loc_as_prefix=not debug_info,
        )
        assert isinstance(printed, str)
        return printed if printed.endswith("\n") else printed + "\n"

    def bytecode(self) -> bytes:
        """Returns MLIR bytecode for this jaxlib, locations included; see `portable` for others."""
        buffer = io.BytesIO()
        self.operation.write_bytecode(buffer)
        return buffer.getvalue()

    def portable(self, version: str | None = None) -> bytes:
        """Returns a VHLO artifact that other StableHLO releases read; no `rlx` or CHLO ops inside.

        Args:
            version: The StableHLO version to write for: `1.17.0`, `minimum` or `current`, as which
                none counts. Raises VerifyError for an operation that it lacks.
        """
        return portable_artifact(self.module, version)

    @property
    def main(self) -> func.FuncOp:
        """The function `main`, or the only one; ParseError if there is none with a body."""
        functions = [op for op in self.module.body.operations if isinstance(op, func.FuncOp)]
        named = [f for f in functions if f.name.value == "main"]
        if len(named or functions) != 1:
            raise ParseError(
                "module", expected="a function `main`", found=f"{len(functions)} others"
            )
        found = (named or functions)[0]
        if found.is_external:
            where = f"function @{found.name.value}"
            raise ParseError(where, expected="a body", found="a declaration")
        return found

    def name_main(self) -> None:
        """Gives the function that `main` returns that name, under which XLA looks for it."""
        attributes = self.main.operation.attributes
        with self.context:
            attributes["sym_name"] = ir.StringAttr.get("main")
        if "sym_visibility" in attributes:
            del attributes["sym_visibility"]

    def arguments(self) -> list[Port]:
        """Returns what `main` takes, in order; arguments without a name are `arg0`, `arg1`, ..."""
        attributes = _dictionaries(self.main, "arg_attrs")
        ports = []
        for i, type_ in enumerate(self.main.type.inputs):
            kind, name = "input", f"arg{i}"
            marks = attributes[i] if i < len(attributes) else {}
            for candidate in ("input", "param", "state"):
                if f"rlx.{candidate}" in marks:
                    kind, name = candidate, _string(marks[f"rlx.{candidate}"])
            below = _integer(marks["rlx.below"]) if "rlx.below" in marks else None
            parts = _strings(marks["rlx.parts"]) if "rlx.parts" in marks else ()
            packed = _string(marks["rlx.packed"]) if "rlx.packed" in marks else ""
            ports.append(_port(kind, name, type_, below, parts, packed))
        return ports

    def results(self) -> list[Port]:
        """Returns what `main` gives, in order; results without a name are `out0`, `out1`, ..."""
        attributes = _dictionaries(self.main, "res_attrs")
        ports = []
        for i, type_ in enumerate(self.main.type.results):
            named = i < len(attributes) and "rlx.output" in attributes[i]
            name = _string(attributes[i]["rlx.output"]) if named else f"out{i}"
            ports.append(_port("output", name, type_))
        return ports


def _first_diagnostic(error: ir.MLIRError, name: str) -> str:
    """Returns `name:line:column: message` of the first diagnostic."""
    diagnostics = error.error_diagnostics
    if not diagnostics:
        return f"{name}: {error}"
    first = diagnostics[0]
    place = str(first.location).removeprefix("loc(").removesuffix(")")
    place = place.replace('"-"', name).replace('"', "")
    return f"{place}: {first.message}"


def _dictionaries(function: func.FuncOp, attribute: str) -> list[ir.DictAttr]:
    if attribute not in function.attributes:
        return []
    return [ir.DictAttr(a) for a in ir.ArrayAttr(function.attributes[attribute])]


def _string(attribute: ir.Attribute) -> str:
    if not isinstance(attribute, ir.StringAttr):
        raise ParseError("module", expected="a string as name of a value", found=str(attribute))
    return attribute.value


def _strings(attribute: ir.Attribute) -> tuple[str, ...]:
    if not isinstance(attribute, ir.ArrayAttr):
        raise ParseError("module", expected="a list of names as `rlx.parts`", found=str(attribute))
    return tuple(map(_string, attribute))


def _integer(attribute: ir.Attribute) -> int:
    if not isinstance(attribute, ir.IntegerAttr):
        raise ParseError("module", expected="a number as `rlx.below`", found=str(attribute))
    return attribute.value


def _port(
    kind: str,
    name: str,
    type_: ir.Type,
    below: int | None = None,
    parts: tuple[str, ...] = (),
    packed: str = "",
) -> Port:
    if not isinstance(type_, ir.RankedTensorType):
        where = f"module: {kind} `{name}`"
        raise ParseError(where, expected="a tensor with a rank", found=f"{type_}")
    tensor = type_
    shape, dtype = tuple(tensor.shape), str(tensor.element_type)
    return Port(kind, name, shape, dtype, below, parts, packed)
