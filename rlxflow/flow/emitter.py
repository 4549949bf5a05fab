"""Runs blocks against a module builder: regions, slots, weights and side outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

import numpy as np

from rlxflow import dtypes
from rlxflow.blocks.base import Block, Contract, publisher
from rlxflow.errors import (
    FlowError,
    FlowStructureError,
    MissingState,
    ShapeError,
    WeightError,
    did_you_mean,
)
from rlxflow.flow.closure_tools import ClosureTools
from rlxflow.ir.builder import ModuleBuilder, Stage
from rlxflow.ir.types import TensorType, tensor_type
from rlxflow.ir.value import Value
from rlxflow.weights import ParamSpec, WeightSource

_EMITTING = "while emitting stage"


class FlowEmitter(ClosureTools):
    """The `Emit` of one build. Blocks call it; `flow/build.py` reads what it gathered.

    Attributes:
        maker: The path of the innermost stage that made the current value, or gave none.
    """

    def __init__(
        self,
        builder: ModuleBuilder,
        source: WeightSource | None,
        dtype: str | None = None,
        compute_dtype: str = "f32",
    ) -> None:
        self._builder, self._source, self._dtype = builder, source, dtype
        self.compute_dtype = compute_dtype
        self._path: list[str] = []
        self.maker = ""
        self._contracts: list[Contract] = []
        self.inputs: dict[str, Value] = {}
        self.slots: dict[str, Value] = {}
        self.residuals: list[Value] = []
        self.side_outputs: dict[str, Value] = {}
        self.states: dict[str, Value] = {}
        self.params: dict[str, tuple[Value, ParamSpec]] = {}

    @property
    def path(self) -> str:
        """The path of the stage being emitted."""
        return "/".join(self._path)

    def label(self, name: str) -> AbstractContextManager[None]:
        return self._builder.label(name)

    def constant(self, value: float | bool, axes: Mapping[str, int], dtype: str) -> Value:
        type_ = tensor_type(dtype, dict(axes))
        array = np.asarray(value, dtypes.to_numpy(dtype))
        return Value(type_, self._builder.constant(array, type_.sizes, dtype), self._builder)

    def flow_input(self, name: str) -> Value:
        if name in self.inputs:
            return self.inputs[name]
        raise MissingState(
            f"stage `{self.path}`",
            expected=f"a flow input `{name}`",
            found=f"inputs {', '.join(self.inputs) or 'none'}",
            cure=did_you_mean(name, self.inputs) or f'declare it with `.input("{name}", ...)`',
        )

    def named(self, slot: str) -> Value:
        if slot not in self.slots:
            raise missing_slot(self.path, slot, self.slots)
        declared = {name for contract in self._contracts for name in contract.reads}
        if slot not in declared:
            raise FlowStructureError(
                f"stage `{self.path}`",
                expected=f"slots {', '.join(sorted(declared)) or 'none'} to be read",
                found=f"`{slot}`",
                cure=f'declare it: reads=("{slot}",)',
            )
        return self.slots[slot]

    def set_named(self, slot: str, value: Value) -> None:
        if slot not in self._contracts[-1].writes:
            raise FlowStructureError(
                f"stage `{self.path}`",
                expected=f"slots {', '.join(self._contracts[-1].writes) or 'none'} to be written",
                found=f"`{slot}`",
                cure=f'declare it: writes=("{slot}",)',
            )
        self.slots[slot] = value

    def publish_side_output(self, name: str, value: Value) -> None:
        if name in self.side_outputs:
            raise FlowStructureError(
                f"stage `{self.path}`", expected="output names that differ", found=f"two `{name}`"
            )
        self.side_outputs[name] = value

    def constant_array(self, array: np.ndarray, axes: str) -> Value:
        names = axes.split()
        dtype = dtypes.from_numpy(array.dtype)
        type_ = tensor_type(dtype, zip(names, array.shape, strict=True))
        return Value(type_, self._builder.constant(array, type_.sizes, dtype), self._builder)

    def state(self, name: str, axes: Mapping[str, int], dtype: str) -> Value:
        type_ = tensor_type(dtype, dict(axes))
        if name not in self.states:
            label = name.rpartition(".")[2]
            self.states[name] = self._builder.argument("state", name, type_, label)
        if self.states[name].type != type_:
            raise ShapeError(f"state `{name}`", expected=str(self.states[name]), found=str(type_))
        return self.states[name]

    def set_state(self, name: str, value: Value) -> None:
        if name not in self.states:
            raise MissingState(
                f"stage `{self.path}`",
                expected=f"a state `{name}` that was asked for with `emit.state`",
                found=f"states {', '.join(self.states) or 'none'}",
            )
        if self.states[name].type != value.type:
            raise ShapeError(f"state `{name}`", expected=str(self.states[name]), found=str(value))
        self.states[name] = value

    def save_residual(self, value: Value) -> None:
        self.residuals.append(value)

    def take_residual(self) -> Value:
        if not self.residuals:
            raise missing_slot(self.path, "residual", ())
        return self.residuals.pop()

    def param(self, key: str, axes: Mapping[str, int | None], dtype: str | None = None) -> Value:
        if key in self.params:
            value = self.params[key][0]
            wanted = [size for size in axes.values() if size is not None]
            if len(value.shape) != len(axes) or (
                len(wanted) == len(axes) and [*value.shape] != wanted
            ):
                raise ShapeError(
                    f"weight `{key}`", expected=str(value.type), found=f"a use as {axes}"
                )
            return value.derive(TensorType(value.dtype, tuple(axes), value.shape), value.handle)
        type_ = self._param_type(key, axes, dtype)
        label = ".".join(key.split(".")[-2:])
        value = self._builder.argument("param", key, type_, label)
        self.params[key] = (value, ParamSpec(key, type_.sizes, type_.dtype, self.path))
        return value

    def _param_type(
        self, key: str, axes: Mapping[str, int | None], dtype: str | None
    ) -> TensorType:
        info = self._source.info(key) if self._source and key in self._source else None
        sizes: dict[str, int] = {}
        for i, (axis, size) in enumerate(axes.items()):
            if size is None and (info is None or len(info.shape) != len(axes)):
                raise WeightError(
                    f"weight `{key}`",
                    expected=f"a size for axis `{axis}`",
                    found="none" if info is None else f"shape {list(info.shape)} in the file",
                    cure="build with weights that hold it, or give the block its sizes",
                )
            sizes[axis] = info.shape[i] if size is None and info else size or 0
        stored = info.dtype if info and info.dtype in dtypes.FLOATS else "f32"
        return tensor_type(dtype or self._dtype or stored, sizes)

    def run(self, name: str, block: Block, value: Value | None, mode: str = "auto") -> Value | None:
        self._path.append(name)
        self._contracts.append(block.contract)
        before = self.maker
        mode = block.usual_mode if mode == "auto" else mode
        try:
            with self._builder.stage(name, block.kind, mode, block.numbers()) as region:
                inner = None if value is None else region.bring(value, "x")
                given = block.emit(self, inner)
                self._check_written(block.contract)
                left = self._leave(region, given)
        except FlowError as error:
            error.within(f"{_EMITTING} `{self.path}`{_taken(value, before)}")
            raise
        except BaseException as error:
            if not any(note.startswith(_EMITTING) for note in getattr(error, "__notes__", ())):
                error.add_note(f"{_EMITTING} `{self.path}`")
            raise
        else:
            if given is inner:
                self.maker = before
            elif self.maker == before:
                self.maker = self.path
            return left
        finally:
            self._path.pop()
            self._contracts.pop()

    def _check_written(self, contract: Contract) -> None:
        """Raises FlowStructureError if a slot that the stage declares has not been written."""
        for slot in contract.writes:
            if slot not in self.slots:
                raise FlowStructureError(
                    f"stage `{self.path}`",
                    expected=f"slot `{slot}` to be written, as is declared",
                    found="a stage that leaves it out",
                    cure=f'call `emit.set_named("{slot}", ...)`',
                )

    def _leave(self, region: Stage, value: Value | None) -> Value | None:
        """Closes a region; whatever was published inside is yielded and stands for it outside."""
        if value is not None and not isinstance(value, Value):
            raise FlowStructureError(
                f"stage `{self.path}`",
                expected="a Value or None to be returned",
                found=type(value).__name__,
            )
        if value is not None:
            region.check(value)
        holders = [
            *self.slots.values(),
            *self.residuals,
            *self.side_outputs.values(),
            *self.states.values(),
            *([value] if value is not None else []),
        ]
        inside = {id(v): v for v in holders if region.owns(v)}
        outside = dict(zip(inside, region.close(list(inside.values())), strict=True))
        self.slots = {name: outside.get(id(v), v) for name, v in self.slots.items()}
        self.residuals = [outside.get(id(v), v) for v in self.residuals]
        self.side_outputs = {n: outside.get(id(v), v) for n, v in self.side_outputs.items()}
        self.states = {n: outside.get(id(v), v) for n, v in self.states.items()}
        return None if value is None else outside.get(id(value), value)


def _taken(value: Value | None, maker: str) -> str:
    """Returns what a stage was given, and which stage it has it from."""
    if value is not None:
        return f" from x: {value.type}" + (f" of stage `{maker}`" if maker else "")
    return f", as stage `{maker}` returned no value" if maker else ""


def missing_slot(path: str, slot: str, known: Iterable[str]) -> MissingState:
    """Returns the error for a slot that nobody wrote: stage, slot and who would write it."""
    names = ", ".join(f"`{name}`" for name in sorted(known))
    return MissingState(
        f"stage `{path}`",
        expected=f"slot `{slot}` to be written by an earlier stage",
        found=f"slots {names}" if names else "no slots",
        cure=f"put {publisher(slot)} before it",
    )
