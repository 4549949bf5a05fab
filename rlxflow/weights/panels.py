"""Matrices laid out for kernels: what the layout is called, and who makes it.

A matrix of `rows` outputs and `depth` inputs is one array of bytes, made of panels of 16 rows; the
layout belongs to the library of kernels, which alone packs and unpacks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.lazy import load_attribute

if TYPE_CHECKING:
    from rlxflow.weights.plan import PlanEntry
    from rlxflow.weights.source import WeightSource

_TEXT = re.compile(r"([a-z0-9_]+)\.v([1-9]\d{0,3}) ([1-9]\d{0,12})x([1-9]\d{0,12})( transposed)?")


@dataclass(frozen=True, slots=True)
class Panels:
    """A layout, written `q8_0.v1 256x2048`; with ` transposed` the file has [depth, rows].

    Attributes:
        format: Such as `bf16`, `int8`, `q8_0`, `q4_k`.
        version: Of the layout.
        rows: Outputs of the product.
        depth: Inputs of it, which are summed over.
        transposed: Whether the matrix is stored [depth, rows].
    """

    format: str
    version: int
    rows: int
    depth: int
    transposed: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the layout of its text; raises WeightError for anything else."""
        found = _TEXT.fullmatch(text)
        if found is None:
            example = "`q8_0.v1 256x2048`, format, version, outputs and inputs"
            raise WeightError("layout of a weight", expected=example, found=f"`{text[:60]}`")
        format_, version, rows, depth, transposed = found.groups()
        return cls(format_, int(version), int(rows), int(depth), bool(transposed))

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix in the file."""
        return (self.depth, self.rows) if self.transposed else (self.rows, self.depth)

    def __str__(self) -> str:
        end = " transposed" if self.transposed else ""
        return f"{self.format}.v{self.version} {self.rows}x{self.depth}{end}"


def packer() -> Packer:
    """Returns what makes panels; raises KernelError where the library of kernels is missing."""
    return load_attribute("rlxflow.kernels.pack:library_packer")()


class Packer(Protocol):
    """Makes panels; the library of kernels behind an interface."""

    def nbytes(self, panels: Panels) -> int:
        """Returns the bytes of a layout; raises WeightError for one that cannot be."""
        ...

    def pack(self, source: WeightSource, entry: PlanEntry) -> np.ndarray:
        """Returns a weight of a plan as its panels: u8[bytes], read-only, 64-byte aligned."""
        ...
