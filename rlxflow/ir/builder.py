"""Builds a module: one function `main`, its named arguments and results, and stage regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import cast

from rlxflow.errors import FlowStructureError
from rlxflow.ir.attributes import to_attribute
from rlxflow.ir.bindings import func, ir, new_context
from rlxflow.ir.mlir import MlirPrimitives
from rlxflow.ir.module import IrModule
from rlxflow.ir.scope import MlirHandle, Scope
from rlxflow.ir.types import TensorType
from rlxflow.ir.value import Value

KINDS = ("input", "param", "state")


class ModuleBuilder(MlirPrimitives):
    """One module under construction; use it as a context manager, then call `finish`."""

    def __init__(self, name: str) -> None:
        self.context = new_context()
        with self.context, ir.Location.unknown():
            self._module = ir.Module.create(loc=ir.Location.name(name))
            self._module.operation.attributes["sym_name"] = ir.StringAttr.get(name)
            self._main = func.FuncOp(
                "main",
                ([], []),
                visibility="public",
                loc=ir.Location.name("main"),
                ip=ir.InsertionPoint(self._module.body),
            )
            block = self._main.add_entry_block(arg_locs=[])
            super().__init__(Scope("main", block, self._main.operation))
        self._main_scope = self.scope
        self._arguments: list[tuple[str, str]] = []
        self._marks: list[dict[str, object]] = []

    def __enter__(self) -> ModuleBuilder:
        self.context.__enter__()
        self._unknown = ir.Location.unknown(self.context)
        self._unknown.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._main_scope.closed = True
        self._unknown.__exit__(*exception)
        self.context.__exit__(*exception)

    def argument(
        self, kind: str, name: str, type_: TensorType, label: str = "", below: int | None = None
    ) -> Value:
        """Returns a new argument of `main`, marked `rlx.<kind> = "name"`.

        Ids that must stay under a number are also marked `rlx.below = number`.
        """
        assert kind in KINDS, kind
        if (kind, name) in self._arguments:
            raise FlowStructureError(f"{kind} `{name}`", expected="one of that name", found="two")
        self._arguments.append((kind, name))
        self._marks.append({f"rlx.{kind}": name, "rlx.below": below})
        made = self._main_scope.block.add_argument(
            self.tensor(type_.sizes, type_.dtype), ir.Location.name(name)
        )
        return Value(type_, MlirHandle(made, self._main_scope, label or name), self)

    @contextmanager
    def stage(
        self, name: str, block: str, mode: str, params: Mapping[str, object]
    ) -> Iterator[Stage]:
        """Opens an `rlx.stage` region; operations built inside belong to it.

        Close it with `Stage.close`, which tells what leaves the region.
        """
        location = self.location(name)
        holder = ir.Operation.create("rlx.stage", regions=1, loc=location)
        body = ir.Block.create_at_start(holder.regions[0], [], [])
        outer = self.scope
        self.scope = Scope(name, body, holder, parent=outer)
        opened = Stage(self, self.scope, block, mode, params)
        try:
            yield opened
        finally:
            self.scope.closed = True
            self.scope = outer

    def finish(
        self, outputs: Mapping[str, Value], states: Mapping[str, Value] = MappingProxyType({})
    ) -> IrModule:
        """Returns the verified module whose `main` gives these outputs, then these states."""
        scope = self._main_scope
        results = [*outputs.values(), *states.values()]
        values = [scope.use(cast(MlirHandle, value.handle)) for value in results]
        func.ReturnOp(values, loc=ir.Location.name("return"), ip=scope.insertion_point)
        arguments = [argument.type for argument in scope.block.arguments]
        signature = ir.FunctionType.get(arguments, [value.type for value in values])
        self._main.attributes["function_type"] = ir.TypeAttr.get(signature)
        self._main.attributes["arg_attrs"] = ir.ArrayAttr.get(
            [to_attribute(marks) for marks in self._marks]
        )
        self._main.attributes["res_attrs"] = ir.ArrayAttr.get(
            [to_attribute({"rlx.output": name}) for name in (*outputs, *states)]
        )
        made = IrModule(self._module)
        made.verify()
        return made


class Stage:
    """An open stage region."""

    def __init__(
        self,
        builder: ModuleBuilder,
        scope: Scope,
        block: str,
        mode: str,
        params: Mapping[str, object],
    ) -> None:
        self._builder, self._scope = builder, scope
        self._block, self._mode, self._params = block, mode, params

    def bring(self, value: Value, label: str) -> Value:
        """Returns an outer value as this stage's argument, so that it comes first and is named."""
        handle = cast(MlirHandle, value.handle)
        return value.derive(value.type, self._scope.capture(handle._replace(label=label)))

    def check(self, value: Value) -> None:
        """Raises FlowStructureError for a value of a stage that ended, or of another build."""
        self._scope.check(cast(MlirHandle, value.handle))

    def owns(self, value: Value) -> bool:
        """Returns whether a value was made inside this region."""
        return cast(MlirHandle, value.handle).scope is self._scope

    def close(self, leaving: Sequence[Value]) -> list[Value]:
        """Ends the region; returns for each leaving value what stands for it outside.

        A region without operations is dropped. A value that only passes through stays itself.
        """
        scope, outer = self._scope, self._scope.parent
        assert outer is not None
        handles = [cast(MlirHandle, value.handle) for value in leaving]
        made: dict[ir.Value, MlirHandle] = {}
        for handle in handles:
            if handle.scope is scope:
                made[handle.value] = scope.outer_of(handle) or handle
        yields = [value for value, handle in made.items() if handle.scope is scope]
        if scope.operations:
            results = self._create(yields)
            made |= dict(zip(yields, results, strict=True))
        return [
            value.derive(value.type, made.get(handle.value, handle))
            for value, handle in zip(leaving, handles, strict=True)
        ]

    def _create(self, yields: list[ir.Value]) -> list[MlirHandle]:
        scope, outer = self._scope, self._scope.parent
        assert outer is not None
        ir.Operation.create(
            "rlx.yield",
            operands=yields,
            loc=self._builder.location("yield"),
            ip=scope.insertion_point,
        )
        scope.drop_unused()
        operation = ir.Operation.create(
            "rlx.stage",
            results=[value.type for value in yields],
            operands=[handle.value for handle in scope.operands],
            attributes={
                "name": ir.StringAttr.get(scope.name),
                "block": ir.StringAttr.get(self._block),
                "mode": ir.Attribute.parse(f"#rlx.mode<{self._mode}>"),
                **({"params": to_attribute(self._params)} if self._params else {}),
            },
            regions=1,
            loc=self._builder.location(scope.name),
            ip=outer.insertion_point,
        )
        scope.block.append_to(operation.regions[0])
        outer.operations += 1
        return [MlirHandle(result, outer, scope.name) for result in operation.results]
