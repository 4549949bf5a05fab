"""What the tensor operations ask of a back end: positions and shapes, no axis names.

`ir/mlir.py` builds StableHLO. A second one may build anything else from the same blocks, `jax.lax`
calls for example, because blocks only ever see `Value` and the functions in `ir/ops.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

Handle = object
Ints = Sequence[int]


class Backend(Protocol):
    """Primitive operations on opaque handles; shapes and dtypes were checked before."""

    def constant(self, value: np.ndarray, shape: Ints, dtype: str) -> Handle:
        """A constant; a `value` of one element fills the whole shape."""
        ...

    def iota(self, shape: Ints, dtype: str, dim: int) -> Handle: ...

    def unary(self, kind: str, x: Handle) -> Handle:
        """`kind` is the StableHLO or CHLO op name: `exponential`, `tanh`, `erf`, ..."""
        ...

    def binary(self, kind: str, x: Handle, y: Handle) -> Handle:
        """`kind` is the StableHLO op name: `add`, `subtract`, `maximum`, ..."""
        ...

    def compare(self, direction: str, x: Handle, y: Handle) -> Handle:
        """`direction` is one of EQ NE LT LE GT GE."""
        ...

    def select(self, pred: Handle, on_true: Handle, on_false: Handle) -> Handle: ...

    def convert(self, x: Handle, dtype: str) -> Handle: ...

    def broadcast_in_dim(self, x: Handle, shape: Ints, dims: Ints) -> Handle: ...

    def reshape(self, x: Handle, shape: Ints) -> Handle: ...

    def transpose(self, x: Handle, permutation: Ints) -> Handle: ...

    def slice(self, x: Handle, starts: Ints, limits: Ints, strides: Ints) -> Handle: ...

    def concatenate(self, parts: Sequence[Handle], dim: int) -> Handle: ...

    def pad(self, x: Handle, value: float, low: Ints, high: Ints) -> Handle: ...

    def reverse(self, x: Handle, dims: Ints) -> Handle: ...

    def reduce(self, kind: str, x: Handle, dims: Ints) -> Handle:
        """`kind` is `add`, `maximum`, `minimum` or `multiply`; it starts at its neutral value."""
        ...

    def dot_general(
        self,
        x: Handle,
        y: Handle,
        *,
        contract: tuple[Ints, Ints],
        batch: tuple[Ints, Ints],
        dtype: str,
    ) -> Handle:
        """Result dims: batch, the rest of `x`, the rest of `y`; accumulated as `dtype`."""
        ...

    def take(self, table: Handle, ids: Handle, dim: int) -> Handle:
        """Result dims: those of `table` with `dim` replaced by those of `ids`; ids are clamped."""
        ...

    def take_batched(
        self, table: Handle, ids: Handle, dim: int, batch: tuple[Ints, Ints]
    ) -> Handle:
        """Like `take` with dims of both paired off; result dims: those of `ids`, then the rest."""
        ...

    def dynamic_slice(self, x: Handle, starts: Sequence[Handle], sizes: Ints) -> Handle: ...

    def dynamic_update_slice(
        self, x: Handle, update: Handle, starts: Sequence[Handle]
    ) -> Handle: ...

    def top_k(self, x: Handle, count: int) -> tuple[Handle, Handle]:
        """Values and i32 positions in the last dim; of equal ones the first comes first."""
        ...

    def sort(self, keys: Handle, others: Sequence[Handle], dim: int) -> list[Handle]:
        """Stable, rising by `keys`; gives the keys and then the others."""
        ...

    def cumulative_sum(self, x: Handle, dim: int) -> Handle: ...

    def triangular_solve(self, a: Handle, b: Handle) -> Handle:
        """Solves `a x = b` in the last two dims; `a` is lower with a diagonal of ones."""
        ...

    def while_loop(
        self,
        start: Sequence[Handle],
        condition: Callable[[Sequence[Handle]], Handle],
        body: Callable[[Sequence[Handle]], Sequence[Handle]],
    ) -> list[Handle]:
        """Both functions are called once, to fill their regions."""
        ...
