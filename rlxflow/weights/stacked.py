"""Tensors that a file holds in parts, shown as one: the experts of a layer as `[E, ...]`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError, nearest
from rlxflow.weights.aligned import aligned_empty, read_only
from rlxflow.weights.packed import GgufPackedLinear, blocks_of, joined_schemes, scheme_of
from rlxflow.weights.source import (
    TensorInfo,
    WeightSource,
    members_of,
    read_into,
    steps_of,
    unknown_name,
)
from rlxflow.weights.stored_rows import StoredRows, stored_rows

_SHOWN = 3  # parts named in an error


class StackedSource:
    """A weight source with stacks: tensors joined along a new first axis, their parts hidden.

    A stack stands where its first part stood; a part may be in one stack only.

    Attributes:
        where: The name of the source underneath.
    """

    def __init__(self, source: WeightSource, stacks: Mapping[str, Sequence[str]]) -> None:
        """Checks all stacks; reads shapes only.

        Args:
            source: Where the parts are.
            stacks: Name of a stack -> names of its parts, in order.

        Raises:
            WeightError: A stack has no parts or the name of another tensor, or a part is missing,
                in two places, or of another shape or element type than the first.
        """
        self.where = source.where
        self._source = source
        self._stacks = {name: tuple(parts) for name, parts in stacks.items()}
        self._infos = {name: self._joined(name) for name in self._stacks}
        self._names = self._shown(source)

    def names(self) -> Collection[str]:
        return self._names

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def info(self, name: str) -> TensorInfo:
        if name not in self._names:
            raise unknown_name(self.where, name, self._names)
        return self._infos[name] if name in self._infos else self._source.info(name)

    def read(self, name: str) -> np.ndarray:
        info = self.info(name)
        if name not in self._stacks:
            return self._source.read(name)
        whole = aligned_empty(info.shape, dtypes.to_numpy(info.dtype))
        self.read_into(name, whole)
        return read_only(whole)

    def read_into(self, name: str, target: np.ndarray) -> None:
        """Fills an array of the tensor's shape and type, a stack part by part."""
        if name not in self._stacks:
            read_into(self._source, name, target)
            return
        for i, part in enumerate(self._stacks[name]):
            read_into(self._source, part, target[i, ...])

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        """Returns a matrix as the source underneath packs it; None for a stack, see `members`."""
        return None if name in self._stacks else blocks_of(self._source, name)

    def scheme(self, name: str) -> str:
        """Returns the scheme of a matrix as the source underneath packs it, of a stack all."""
        parts = self._stacks.get(name, (name,))
        return joined_schemes(scheme_of(self._source, part) for part in parts)

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns where the rows of a tensor lie; None for a stack, see `members`."""
        return None if name in self._stacks else stored_rows(self._source, name)

    def members(self, name: str) -> Sequence[tuple[WeightSource, str]]:
        """Returns the parts of a stack and where they are; a tensor that is none as it is."""
        self.info(name)
        parts = self._stacks.get(name, (name,))
        return [member for part in parts for member in members_of(self._source, part)]

    def steps(self, name: str) -> tuple[str, ...]:
        """Returns how a tensor is put together: `("stack of 8",)`, nothing if it is as stored."""
        parts = self._stacks.get(name)
        if parts is None:
            return steps_of(self._source, name)
        return (*steps_of(self._source, parts[0]), f"stack of {len(parts)}")

    def _joined(self, name: str) -> TensorInfo:
        """Returns the shape of a stack whose parts are all there and alike."""
        parts = self._stacks[name]
        where = f"{self.where}: stack `{name}`"
        missing = [part for part in parts if part not in self._source]
        if missing or not parts:
            close = nearest(missing[0], self._source.names(), 1) if missing else []
            raise WeightError(
                where,
                expected=f"{len(parts)} parts" if parts else "at least one part",
                found=f"no {_listed(missing)}" if missing else "none",
                cure=f"nearest name: `{close[0]}`" if close else "",
            )
        infos = {part: self._source.info(part) for part in parts}
        first = infos[parts[0]]
        unequal = [f"`{part}` {info}" for part, info in infos.items() if info != first]
        if unequal:
            found = ", ".join(unequal[:_SHOWN]) + _more(unequal)
            raise WeightError(where, expected=f"{first} as `{parts[0]}`", found=found)
        return TensorInfo((len(parts), *first.shape), first.dtype)

    def _shown(self, source: WeightSource) -> dict[str, None]:
        """Returns the names left to see, in the order of the source."""
        stack_of: dict[str, str] = {}
        for name, parts in self._stacks.items():
            for part in parts:
                if part in stack_of:
                    found = f"it in `{stack_of[part]}` and `{name}`"
                    raise WeightError(
                        f"{self.where}: part `{part}`", expected="one place", found=found
                    )
                stack_of[part] = name
        shown: dict[str, None] = {}
        for name in source.names():
            if name in self._stacks and name not in stack_of:
                raise WeightError(
                    f"{self.where}: stack `{name}`",
                    expected="a name of its own",
                    found="a tensor of that name in the source",
                )
            shown[stack_of.get(name, name)] = None
        return shown


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:_SHOWN]) + _more(names)


def _more(items: Sequence[str]) -> str:
    return f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
