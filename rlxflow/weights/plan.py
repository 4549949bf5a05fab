"""A weight plan: which tensor of the file each argument of a module is made of, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from rlxflow import dtypes
from rlxflow.weights.aligned import aligned_empty, read_only
from rlxflow.weights.cast import cast
from rlxflow.weights.kinds import fold, group, kind_of
from rlxflow.weights.panels import Panels, packer
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.source import TensorInfo, WeightSource, read_into, unknown_name


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One weight argument of a module: canonical name, shape and element type.

    Attributes:
        stage: Path of the stage that asks for it first, for messages; no part of what it is.
        packed: How a matrix is laid out for kernels, see `panels`; empty for as it is stored.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    stage: str = field(default="", compare=False)
    packed: str = ""

    @property
    def info(self) -> TensorInfo:
        """Shape and dtype as a source states them."""
        return TensorInfo(self.shape, self.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """How one argument is made.

    Attributes:
        param: What the module asks for.
        source_name: Name in the file.
        info: Shape and dtype in the file.
        steps: What is done on the way, in order, such as `cast bf16 -> f32`; empty = as stored.
        parts: Of an argument that is put together along a new first axis: what for; else nothing.
    """

    param: ParamSpec
    source_name: str
    info: TensorInfo
    steps: tuple[str, ...] = ()
    parts: tuple[PlanEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightPlan:
    """All arguments of a module, checked against the file.

    Attributes:
        entries: One for each argument, in the order of the module.
        source: Where the data comes from.
        ignored: The file's names of tensors that a rule calls unnecessary, with its reason.
        unused: The file's names of tensors that nothing asks for.
    """

    entries: tuple[PlanEntry, ...]
    source: WeightSource = field(repr=False)
    ignored: Mapping[str, str] = field(default_factory=dict[str, str])
    unused: tuple[str, ...] = ()
    _by_name: dict[str, PlanEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {entry.param.name: entry for entry in self.entries}
        object.__setattr__(self, "_by_name", by_name)

    @property
    def nbytes(self) -> int:
        """Bytes of all arguments, after the casts."""
        return sum(entry.param.info.nbytes for entry in self.entries)

    def read(self, name: str, error: QuantError | None = None) -> np.ndarray:
        """Returns one argument by its canonical name: read-only, 64-byte aligned, cast applied.

        What quantising changes in it, if that is done, is added to `error`.

        Raises:
            WeightError: The name is not in the plan, the source has no data or is damaged, or a
                value does not fit the element type it is cast to.
        """
        return next(self.read_all([name], [QuantError() if error is None else error]))

    def read_all(self, names: Sequence[str], errors: Sequence[QuantError]) -> Iterator[np.ndarray]:
        """Returns arguments in order, as `read` does each; they are read as they are asked for.

        Those that kernels read are packed several at once, and what is to be packed is found out
        before this returns.
        """
        entries = [self._entry(name) for name in names]
        todo = [pair for pair in zip(entries, errors, strict=True) if _is_packed(pair[0])]
        packed = packer().pack(self.source, *zip(*todo, strict=True)) if todo else iter(())
        return (next(packed) if _is_packed(entry) else self._plain(entry) for entry in entries)

    def _entry(self, name: str) -> PlanEntry:
        if name not in self._by_name:
            raise unknown_name("weight plan", name, self._by_name)
        return self._by_name[name]

    def _plain(self, entry: PlanEntry) -> np.ndarray:
        """Returns what is not packed here: as it is stored or cast, a stack part by part."""
        if not entry.parts:
            return self._read(entry)
        whole = aligned_empty(entry.param.shape, dtypes.to_numpy(entry.param.dtype))
        left = whole.reshape(-1)  # layers that are packed may take more or fewer bytes than a row
        for part in entry.parts:
            size = prod(part.param.shape)
            target, left = left[:size].reshape(part.param.shape), left[size:]
            if part.info.dtype == part.param.dtype:
                read_into(self.source, part.source_name, target)
            else:
                target[...] = self._read(part)
        left[...] = 0
        return read_only(whole)

    def _read(self, entry: PlanEntry) -> np.ndarray:
        array = self.source.read(entry.source_name)
        if entry.info.dtype == entry.param.dtype:
            return array
        return cast(array, entry.param.dtype, f"{self.source.where}: `{entry.source_name}`")

    def packed(self, params: Iterable[ParamSpec]) -> WeightPlan:
        """Returns the plan with some of its arguments laid out for kernels.

        Args:
            params: Those arguments, as the module takes them now.
        """
        made = {param.name: param for param in params}
        entries = [
            _packed_entry(entry, made[entry.param.name]) if entry.param.name in made else entry
            for entry in self.entries
        ]
        return replace(self, entries=tuple(entries))

    def stacked(self, stacks: Mapping[str, Sequence[str]]) -> WeightPlan:
        """Returns the plan with arguments put together along a new first axis.

        Args:
            stacks: Name of a stack -> names of its parts, which are alike; a stack stands where its
                first part stood. A part may be in one stack only.
        """
        stack_of = {part: name for name, parts in stacks.items() for part in parts}
        made: dict[str, PlanEntry] = {}
        for entry in self.entries:
            name = stack_of.get(entry.param.name, entry.param.name)
            if name not in made:
                parts = tuple(self._by_name[part] for part in stacks.get(name, ()))
                made[name] = _stack_entry(name, parts) if parts else entry
        return replace(self, entries=tuple(made.values()))

    def describe(self) -> str:
        """Returns a table with one line per kind of weight.

        Columns: name with layer numbers folded, type, how many such weights, size of each one, and
        how they are made. Sizes are decimal (1 MB = 1e6 bytes). Below it stand the totals and, one
        line per reason, what is ignored.
        """
        kinds = group(self.entries, lambda e: (kind_of(e.param.name), e.param.info, e.steps))
        rows = [
            (
                fold([entry.param.name for entry in kind]),
                str(kind[0].param.info),
                f"x{len(kind)}",
                format_bytes(kind[0].param.info.nbytes),
                ", ".join(kind[0].steps) or "as stored",
            )
            for kind in kinds
        ]
        total = f"{len(self.entries)} weights, {format_bytes(self.nbytes)}"
        return "\n".join([*_aligned_rows(rows), total, *self._left_out()])

    def _left_out(self) -> list[str]:
        lines = [
            f"ignored: {fold([name for name, _ in kind])} ({kind[0][1]})"
            for kind in group(self.ignored.items(), lambda item: (kind_of(item[0]), item[1]))
        ]
        return lines + [f"unused: {fold(kind)}" for kind in group(self.unused, kind_of)]


def _is_packed(entry: PlanEntry) -> bool:
    """Returns whether an argument is packed as it is read, not in the file."""
    first = entry.parts[0] if entry.parts else entry
    return bool(first.param.packed) and first.info != first.param.info


def _packed_entry(entry: PlanEntry, param: ParamSpec) -> PlanEntry:
    """Returns how an argument is made for kernels, a stack of one layer behind the other."""
    if entry.parts:
        layers = layer_specs(param, [part.param for part in entry.parts])
        made = zip(entry.parts, layers, strict=True)
        parts = [replace(p, param=each, steps=pack_steps(each)) for p, each in made]
        return _stack_entry(entry.param.name, tuple(parts))
    return replace(entry, param=param, steps=pack_steps(param))


def layer_specs(param: ParamSpec, parts: Sequence[ParamSpec]) -> list[ParamSpec]:
    """Returns what a module asks for of each layer of a stack that kernels read.

    Raises WeightError if its layout is none of so many layers.
    """
    layers = Panels.parse(param.packed).layers(len(parts))
    sizes = {each: packer().nbytes(each) for each in layers}
    return [
        replace(part, shape=(sizes[layer],), dtype=param.dtype, packed=str(layer))
        for part, layer in zip(parts, layers, strict=True)
    ]


def pack_steps(param: ParamSpec) -> tuple[str, ...]:
    """Returns what is done to a matrix that kernels read."""
    return (f"pack {Panels.parse(param.packed).format}",)


def _stack_entry(name: str, parts: tuple[PlanEntry, ...]) -> PlanEntry:
    first, count = parts[0].param, len(parts)
    shape, packed = (count, *first.shape), ""
    if first.packed:
        layout = Panels.stacked([Panels.parse(part.param.packed) for part in parts])
        shape, packed = (count, packer().nbytes(layout) // count), str(layout)
    steps = dict.fromkeys(step for part in parts for step in part.steps)
    return PlanEntry(
        param=ParamSpec(name, shape, first.dtype, packed=packed),
        source_name=name,
        info=parts[0].info,
        steps=(*steps, f"stack of {count} layers"),
        parts=parts,
    )


def format_bytes(nbytes: int) -> str:
    """Returns a size in decimal units, such as `9.4 MB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if nbytes >= size:
            return f"{nbytes / size:.1f} {unit}"
    return f"{nbytes} B"


def _aligned_rows(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
