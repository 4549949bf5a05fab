"""What a kernel would do for a stage, before it is decided whether it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rlxflow.ir.bindings import ir


class Refused(Exception):
    """A kernel cannot do a stage, for the reason that it says."""


class Sizes(Protocol):
    """What the library knows of the memory that its kernels need."""

    def linear_workspace(
        self, formats: Sequence[str], count: int, depth: int, rows: Sequence[int]
    ) -> int:
        """Returns the bytes that products of `count` rows need."""
        ...


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight that a kernel reads in panels.

    Attributes:
        operand: Its index among the operands of the stage.
        rows: Outputs.
        depth: Inputs, summed over.
        transposed: Whether it is stored [depth, rows].
    """

    operand: int
    rows: int
    depth: int
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a kernel would do for a stage.

    Attributes:
        emit: Builds the call at the insertion point, given the arguments of the body, the formats
            of the matrices in order, and the library; returns what the stage yields.
        matrices: The weights that it needs in panels.
        flops: Additions and multiplications.
        nbytes: Bytes read and written beside the matrices.
        follows: Whether it is worth it only because others want a matrix in panels, or because the
            matrix is stored packed.
    """

    emit: Callable[[Sequence[ir.Value], Sequence[str], Sizes], list[ir.Value]]
    matrices: tuple[Matrix, ...] = ()
    flops: int = 0
    nbytes: int = 0
    follows: bool = False
