"""Matrices laid out for kernels: what the layout is called, and who makes it.

A matrix of `rows` outputs and `depth` inputs is one array of bytes, made of panels of 16 rows; the
layout belongs to the library of kernels, which alone packs and unpacks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.lazy import load_attribute

if TYPE_CHECKING:
    from rlxflow.weights.plan import PlanEntry
    from rlxflow.weights.quant_error import QuantError
    from rlxflow.weights.source import WeightSource

_COUNT, _SIZE = r"([1-9]\d{0,5})", r"([1-9]\d{0,12})"
_TEXT = re.compile(
    rf"([a-z0-9_]+(?:\|[a-z0-9_]+)*)\.v([1-9]\d{{0,3}}) "
    rf"(?:{_COUNT}x)??(?:{_COUNT}x)?{_SIZE}x{_SIZE}( transposed)?"
)
_BETWEEN = "|"


def split_formats(text: str) -> list[str]:
    """Returns the formats of the layers of a stack; one alone if they are alike."""
    return text.split(_BETWEEN)


def joined_formats(formats: Iterable[str]) -> str:
    """Returns the formats of layers as one text: `q4_k` if all are, else `q4_k|q6_k|q4_k`."""
    found = list(formats)
    return found[0] if len(set(found)) == 1 else _BETWEEN.join(found)


@dataclass(frozen=True, slots=True)
class Panels:
    """A layout, written `q8_0.v1 256x2048`; with ` transposed` the file has [depth, rows].

    A bank of matrices, such as those of all experts, is written `q8_0.v1 8x256x2048`: panels of the
    first, then of the second, and so on. So is a stack of the matrices of several layers; one of
    their banks is written `q8_0.v1 3x8x256x2048`. Layers of a stack may have formats of their own:
    `q4_k|q6_k|q4_k.v1 3x256x2048`. They lie one behind the other all the same.

    Attributes:
        format: Such as `bf16`, `int8`, `q8_0`, `q4_k`; of layers that differ all, see `formats`.
        version: Of the layout.
        rows: Outputs of the product.
        depth: Inputs of it, which are summed over.
        transposed: Whether the matrix is stored [depth, rows].
        bank: How many matrices there are, along a first axis; 0 for one without such an axis.
        stack: How many banks there are, along an axis before that; 0 without such an axis.
    """

    format: str
    version: int
    rows: int
    depth: int
    transposed: bool = False
    bank: int = 0
    stack: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the layout of its text; raises WeightError for anything else."""
        found = _TEXT.fullmatch(text)
        if found is None:
            example = "`q8_0.v1 256x2048`, format, version, outputs and inputs"
            raise WeightError("layout of a weight", expected=example, found=f"`{text[:60]}`")
        format_, version, stack, bank, rows, depth, transposed = found.groups()
        sizes = int(version), int(rows), int(depth)
        made = cls(format_, *sizes, bool(transposed), int(bank or 0), int(stack or 0))
        if len(made.formats) not in (1, made.stack or made.bank):
            layers = f"a format, or one for each layer of {made.stack or made.bank}"
            raise WeightError("layout of a stack", expected=layers, found=f"`{text[:60]}`")
        return made

    @classmethod
    def stacked(cls, layers: Sequence[Self]) -> Self:
        """Returns the layout of a stack of these, which are alike but for their formats."""
        first, count = layers[0], len(layers)
        one = replace(first, format=joined_formats(each.format for each in layers))
        return replace(one, stack=count) if first.bank else replace(one, bank=count)

    @property
    def formats(self) -> list[str]:
        """That of every layer of a stack; of layers that are alike, and of no stack, one."""
        return split_formats(self.format)

    @property
    def matrices(self) -> int:
        """How many there are."""
        return max(self.stack, 1) * max(self.bank, 1)

    def layers(self, count: int) -> list[Self]:
        """Returns the layouts of which this is a stack; raises WeightError if it is none."""
        if self.stack == count:
            one = replace(self, stack=0)
        elif self.bank == count and not self.stack:
            one = replace(self, bank=0)
        else:
            raise WeightError("layout of a stack", expected=f"{count} layers", found=f"`{self}`")
        each = self.formats if len(self.formats) > 1 else self.formats * count
        return [replace(one, format=format_) for format_ in each]

    @property
    def of_matrices(self) -> list[str]:
        """The format of each matrix, in the order in which they lie."""
        each = self.matrices // len(self.formats)
        return [format_ for format_ in self.formats for _ in range(each)]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the matrix in the file."""
        matrix = (self.depth, self.rows) if self.transposed else (self.rows, self.depth)
        return (*[count for count in (self.stack, self.bank) if count], *matrix)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tells whether a tensor of the file holds these matrices.

        Those of a bank may also follow one another along the second axis: gate and up [x, 2f, d].
        """
        if not self.bank or self.stack or self.transposed:
            return shape == self.shape
        known = len(shape) == 3 and shape[2] == self.depth and shape[1] % self.rows == 0
        return known and shape[0] * shape[1] == self.bank * self.rows

    def __str__(self) -> str:
        first = "".join(f"{count}x" for count in (self.stack, self.bank) if count)
        end = " transposed" if self.transposed else ""
        return f"{self.format}.v{self.version} {first}{self.rows}x{self.depth}{end}"


def packer() -> Packer:
    """Returns what makes panels; raises KernelError where the library of kernels is missing."""
    return load_attribute("rlxflow.kernels.pack:library_packer")()


class Packer(Protocol):
    """Makes panels; the library of kernels behind an interface."""

    def nbytes(self, panels: Panels) -> int:
        """Returns the bytes of a layout; raises WeightError for one that cannot be."""
        ...

    def pack(
        self, source: WeightSource, entries: Sequence[PlanEntry], errors: Sequence[QuantError]
    ) -> Iterator[np.ndarray]:
        """Returns weights of a plan, in order, as panels: u8[bytes], read-only, 64-byte aligned.

        Where they are stored is looked up before this returns; they are read and packed as they
        are asked for, several at once. What quantising changes in one is added to its error.
        """
        ...
