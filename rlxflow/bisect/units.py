"""What `main` consists of, piece by piece, and which values go from one piece to another.

A piece is a stage; in a function without stages it is an operation. What stands between stages
belongs to no piece. Values have labels that mean the same in another module with the same stages:
the name of an argument, `layers.0#1` for a result, `layers.1:in0` for what operations between
stages make for a stage, `:output` for what they make for a result of `main`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rlxflow import dtypes
from rlxflow.errors import DTypeError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import is_stage, string_of

OUTPUTS = ":outputs"
"""What stands for the pieces where `main` returns."""


class Unit(NamedTuple):
    """A piece of `main`: its path, and its operation."""

    path: str
    op: ir.Operation


@dataclass(frozen=True, slots=True)
class Sizes:
    """Shape and element type of a value."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count * dtypes.itemsize(self.dtype)


@dataclass(frozen=True)
class Wiring:
    """Which value goes where, by label; values that no array can hold have an empty label.

    Attributes:
        operands: By unit the label of each operand; of `OUTPUTS` those of the results of `main`.
        results: By unit the label of each result.
        sizes: Of each value by label.
    """

    operands: dict[str, list[str]]
    results: dict[str, list[str]]
    sizes: dict[str, Sizes]

    @classmethod
    def of(cls, module: IrModule, around: str) -> Wiring:
        """Returns the wiring of `main`, which is the inside of the stage `around`."""
        ports = module.arguments()
        block = module.main.regions[0].blocks[0]
        made = cls({}, {}, {})
        labels: dict[ir.Value, str] = {}
        for port, argument in zip(ports, block.arguments, strict=True):
            labels[argument] = made._label(port.name, argument)
        for unit in units(module, around):
            taken = [f"{unit.path}:in{i}" for i in range(len(unit.op.operands))]
            made._take(unit.path, unit.op.operands, labels, taken)
            names = [f"{unit.path}#{i}" for i in range(len(unit.op.results))]
            made.results[unit.path] = [
                made._label(name, value) for name, value in zip(names, unit.op.results, strict=True)
            ]
            labels |= zip(unit.op.results, made.results[unit.path], strict=True)
        end = block.operations[len(block.operations) - 1].operation
        made._take(OUTPUTS, end.operands, labels, [f":{port.name}" for port in module.results()])
        return made

    def _take(
        self,
        path: str,
        operands: Sequence[ir.Value],
        labels: dict[ir.Value, str],
        names: Sequence[str],
    ) -> None:
        """Notes what a unit takes; values that no unit made are labelled after the first taker."""
        for name, value in zip(names, operands, strict=True):
            if value not in labels:
                labels[value] = self._label(name, value)
        self.operands[path] = [labels[value] for value in operands]

    def _label(self, name: str, value: ir.Value) -> str:
        found = sizes_of(value)
        if found is None:
            return ""
        self.sizes[name] = found
        return name

    def inputs_of(self, path: str) -> list[str]:
        """Returns the labels of what operations between units make first for this one."""
        own = f"{path}:in" if path != OUTPUTS else ":"
        return list(dict.fromkeys(name for name in self.operands[path] if name.startswith(own)))


def sizes_of(value: ir.Value) -> Sizes | None:
    """Returns the sizes of a value that an array can hold, or None."""
    type_ = value.type
    if not isinstance(type_, ir.RankedTensorType) or not type_.has_static_shape:
        return None
    try:
        return Sizes(tuple(type_.shape), dtypes.check(str(type_.element_type), "value"))
    except DTypeError:
        return None


def units(module: IrModule, around: str) -> list[Unit]:
    """Returns the pieces of `main` in the order of the text; `around` stands before their names."""
    block = module.main.regions[0].blocks[0]
    *body, _ = [view.operation for view in block.operations]
    found = [op for op in body if is_stage(op)]
    names = (string_of(op, "name") for op in found) if found else _numbered(body)
    prefix = f"{around}/" if around else ""
    return [Unit(prefix + name, op) for name, op in zip(names, found or body, strict=True)]


def has_stages(module: IrModule) -> bool:
    """Whether a stage stands directly in `main`."""
    return any(is_stage(view.operation) for view in module.main.regions[0].blocks[0].operations)


def _numbered(body: Sequence[ir.Operation]) -> Iterator[str]:
    """Yields `add.0`, `add.1`, ...: the kind of each operation, and which one of its kind it is."""
    counts: Counter[str] = Counter()
    for op in body:
        kind = op.name.partition(".")[2]
        yield f"{kind}.{counts[kind]}"
        counts[kind] += 1
