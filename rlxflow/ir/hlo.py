"""HLO text from a module and back, by jaxlib's own conversion; nothing is compiled or optimised."""

from __future__ import annotations

import re
from collections.abc import Set
from importlib.metadata import version

from rlxflow.errors import CompileError, ParseError
from rlxflow.ir.bindings import HloConversions, func, hlo_conversions, ir
from rlxflow.ir.hlo_reader import first_error, read_hlo
from rlxflow.ir.module import IrModule
from rlxflow.ir.unknown import first_obstacle

_TWINS = {"mhlo.erf": "chlo.erf", "mhlo.topk": "chlo.top_k"}
"""Operations of HLO that StableHLO lacks, and those of CHLO that mean the same."""

_SMALLEST = re.compile(r"\btopk\(.*\blargest=false")


def to_hlo(module: IrModule) -> str:
    """Returns the HLO that XLA would be given, with the names of operations as `op_name`.

    Raises CompileError if a stage or an operation stands in its way, and names it.
    """
    if obstacle := first_obstacle(module.operation, ("builtin", "func", "stablehlo", "chlo")):
        raise CompileError(
            f"{obstacle.place}HLO",
            expected="a module of `func`, `stablehlo` and `chlo`",
            found=f"`{obstacle.name}`",
            cure=obstacle.cure,
        )
    for function in module.module.body.operations:  # XLA would end the process
        if isinstance(function, func.FuncOp) and function.is_external:
            where = f"HLO: function @{function.name.value}"
            raise CompileError(where, expected="a body", found="a declaration")
    convert = _conversions().from_stablehlo
    try:
        made = convert(module.bytecode(), use_tuple_args=False, return_tuple=False)
    except RuntimeError as error:
        raise CompileError("HLO", found=first_error(str(error))) from None
    return made.get_hlo_module().to_string().strip() + "\n"


def from_hlo(text: str, name: str = "-") -> IrModule:
    """Returns the StableHLO of HLO text; raises ParseError with `name:line:column`."""
    _conversions()
    made = read_hlo(text, name)
    module = IrModule.parse(made, name)
    _rename_twins(module, _TWINS.keys() - ({"mhlo.topk"} if _SMALLEST.search(text) else set()))
    if left := first_obstacle(module.operation, ("builtin", "func", "stablehlo", "chlo")):
        raise ParseError(
            name,
            expected="HLO that StableHLO can say",
            found=f"`{left.name.removeprefix('mhlo.')}`",
            cure="give the HLO from before XLA's optimisation",
        )
    return module


def _conversions() -> HloConversions:
    """Returns jaxlib's conversions; CompileError if this release has none."""
    try:
        return hlo_conversions()
    except (ImportError, AttributeError):
        raise CompileError(
            "HLO",
            expected="the conversions of jaxlib 0.10",
            found=f"none in jaxlib {version('jaxlib')}",
        ) from None


def _rename_twins(module: IrModule, names: Set[str]) -> None:
    found: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name in names:
            found.append(op.operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect)
    for op in found:
        types = [result.type for result in op.results]
        made = ir.Operation.create(
            _TWINS[op.name],
            results=types,
            operands=list(op.operands),
            attributes=_how_many(types[0]) if op.name == "mhlo.topk" else {},
            loc=op.location,
            ip=ir.InsertionPoint(op),
        )
        for old, new in zip(op.results, made.results, strict=True):
            old.replace_all_uses_with(new)
        op.erase()


def _how_many(result: ir.Type) -> dict[str, ir.Attribute]:
    """Returns the `k` of a top-k by its result; attributes of unknown operations are hidden."""
    size = ir.RankedTensorType(result).shape[-1]
    signless = ir.IntegerType.get_signless(64, result.context)
    return {"k": ir.IntegerAttr.get(signless, size)}
