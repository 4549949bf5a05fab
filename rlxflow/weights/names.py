"""How the names in a family's files become the names its recipe uses: data, no code."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.packed import GgufPackedLinear, blocks_of, scheme_of
from rlxflow.weights.source import (
    TensorInfo,
    WeightSource,
    members_of,
    read_into,
    steps_of,
    unknown_name,
)
from rlxflow.weights.stored_rows import StoredRows, stored_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRules:
    """Rules from a file's names to canonical names.

    Attributes:
        moved: Pairs of a start and its replacement; the first that fits, before all else.
        prefixes: Stripped from the start of a name; the first that fits, and only that one.
        replace: Pairs of an ending and its replacement; the first that fits, after the prefix.
        ignore: Pairs of a glob over canonical names (`*` matches dots too) and the reason why
            tensors of that name are not needed.
    """

    moved: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[str, ...] = ()
    replace: tuple[tuple[str, str], ...] = ()
    ignore: tuple[tuple[str, str], ...] = ()

    def canonical(self, name: str) -> str:
        """Returns the canonical name of a name in the file."""
        for old, new in self.moved:
            if name.startswith(old):
                name = new + name.removeprefix(old)
                break
        prefix = next((prefix for prefix in self.prefixes if name.startswith(prefix)), "")
        name = name.removeprefix(prefix)
        for old, new in self.replace:
            if name.endswith(old):
                return name.removesuffix(old) + new
        return name

    def ignored(self, name: str) -> str | None:
        """Returns why a canonical name is not needed, or None if no rule says so."""
        return next((reason for glob, reason in self.ignore if fnmatchcase(name, glob)), None)


class RenamedSource:
    """A weight source under canonical names.

    Attributes:
        where: The name of the source underneath.
    """

    def __init__(self, source: WeightSource, rules: NameRules) -> None:
        """Maps every name once; raises WeightError if two become the same."""
        self.where = source.where
        self._source = source
        self._original: dict[str, str] = {}
        for name in source.names():
            canonical = rules.canonical(name)
            if canonical in self._original:
                raise WeightError(
                    self.where,
                    expected=f"one tensor for `{canonical}`",
                    found=f"`{self._original[canonical]}` and `{name}`",
                    cure="the name rules do not fit this file: change its prefixes or endings",
                )
            self._original[canonical] = name

    def names(self) -> Collection[str]:
        return self._original.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._original

    def original(self, name: str) -> str:
        """Returns the file's name of a canonical name; raises WeightError if it is unknown."""
        if name not in self._original:
            raise unknown_name(self.where, name, self._original)
        return self._original[name]

    def steps(self, name: str) -> tuple[str, ...]:
        """Returns how the source underneath makes the tensor."""
        return steps_of(self._source, self.original(name))

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        """Returns a matrix as the source underneath packs it."""
        return blocks_of(self._source, self.original(name))

    def scheme(self, name: str) -> str:
        """Returns the scheme of a matrix as the source underneath packs it."""
        return scheme_of(self._source, self.original(name))

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns where the rows of a tensor lie in the source underneath."""
        return stored_rows(self._source, self.original(name))

    def members(self, name: str) -> Sequence[tuple[WeightSource, str]]:
        """Returns the parts that the source underneath has of a tensor."""
        return members_of(self._source, self.original(name))

    def info(self, name: str) -> TensorInfo:
        return self._source.info(self.original(name))

    def read(self, name: str) -> np.ndarray:
        return self._source.read(self.original(name))

    def read_into(self, name: str, target: np.ndarray) -> None:
        read_into(self._source, self.original(name), target)
