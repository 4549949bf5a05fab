"""What a kernel would do for a stage, before it is decided whether it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rlxflow.ir.bindings import ir


class Refused(Exception):
    """A kernel cannot do a stage, for the reason that it says."""


class Sizes(Protocol):
    """What the library knows of the memory that its kernels need."""

    def linear_workspace(self, formats: Sequence[str], count: int, depth: int) -> int:
        """Returns the bytes that products of `count` rows with `depth` inputs need."""
        ...

    def experts_workspace(self, formats: Sequence[str], *sizes: int) -> int:
        """Returns the bytes that experts need; sizes: tokens, choices, experts, inputs, inner."""
        ...

    def attend_decode_workspace(self, b: int, t: int, k: int, g: int, e: int, s: int) -> int:
        """Returns the bytes that queries [b, t, k, g, e] over s slots need."""
        ...

    def attend_prefill_workspace(self, b: int, k: int, e: int, s: int) -> int:
        """Returns the bytes that keys [b, s, k, e] need."""
        ...


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight that a kernel reads in panels.

    Attributes:
        operand: Its index among the operands of the stage.
        rows: Outputs.
        depth: Inputs, summed over.
        transposed: Whether it is stored [depth, rows].
        bank: How many there are of it, along a first axis; 0 for one without such an axis.
    """

    operand: int
    rows: int
    depth: int
    transposed: bool = False
    bank: int = 0


@dataclass(frozen=True, slots=True)
class Product:
    """What a stage multiplies: indices of its operands, and sizes.

    Attributes:
        x: Index of the activations.
        matrix: The weight.
        bias: Index of the bias; None for none.
        count: Rows of x.
        result: Type of the stage's result.
    """

    x: int
    matrix: Matrix
    bias: int | None
    count: int
    result: ir.RankedTensorType


@dataclass(frozen=True, slots=True)
class Decode:
    """Attention to a cache.

    Attributes:
        operands: Indices of positions, queries, the cache of keys, that of values, and of int8 the
            scales of both.
        workspace: The sizes b, t, k, g, e, s that tell how much of it is needed.
        config: Numbers of the call.
    """

    operands: tuple[int, ...]
    workspace: tuple[int, int, int, int, int, int]
    config: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Found:
    """What a kernel would do for a stage.

    Attributes:
        target: The kernel, such as `rlxflow.linear.v1`.
        emit: Builds the call at the insertion point, given the arguments of the body, the formats
            of the matrices in order, and the library; returns what the stage yields.
        matrices: The weights that it needs in panels.
        follows: Whether it is worth it only because others want a matrix in panels, or because the
            matrix is stored packed.
        part: What it is, if it can be part of a call for several stages.
        any_weights: Whether it is worth it for f32 weights too, which XLA reads in place.
    """

    target: str
    emit: Callable[[Sequence[ir.Value], Sequence[str], Sizes], list[ir.Value]]
    matrices: tuple[Matrix, ...] = ()
    follows: bool = False
    part: Product | Decode | None = None
    any_weights: bool = False
