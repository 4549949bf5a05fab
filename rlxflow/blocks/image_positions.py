"""Learned positions of patches, resized to the grid of the image at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value
from rlxflow.resize import check_method, resize_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePositions(Block):
    """Adds a learned position to each token; those of patches are resized where the grid differs.

    Formula, i = prefix + r columns + s:
    `y[b,i,d] = x[b,i,d] + sum_{y,w} R[r,y] C[s,w] table[prefix + y width + w, d]`; tokens before
    the patches get the table's first rows as they are.
    Source: Dosovitskiy et al., arXiv 2010.11929; for R and C see `resize.py`.
    Weights: `key` [p, d], or [1, p, d] where `batched`.

    Attributes:
        grid: Rows and columns of the table.
        target: Rows and columns of the image.
        prefix: Tokens before the patches that have positions, such as a class token.
        method: How it is resized; see `resize_matrix`.
        batched: Whether the table is stored with an axis of rows in front.
    Numerics: R and C in f64, rounded once to f32; resized in f32.
    Constraints: (C1) there are as many tokens as positions.
    """

    key: str
    grid: tuple[int, int]
    target: tuple[int, int]
    prefix: int = 0
    method: str = "bicubic"
    batched: bool = False

    def __post_init__(self) -> None:
        check_method(self.method)
        if min(*self.grid, *self.target) < 1:
            expected = "grids of at least one row and column"
            raise ConfigError("positions", expected=expected, found=f"{self.grid}, {self.target}")

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        wanted = self.prefix + self.target[0] * self.target[1]
        if x.size("t") != wanted:
            raise ShapeError("positions (C1)", expected=f"{wanted} tokens", found=str(x.type))
        count = self.prefix + self.grid[0] * self.grid[1]
        table = self._table(emit, count, x.size("d"))
        if self.grid != self.target:
            table = ops.convert(table, "f32")
            patches = self._resized(emit, ops.slice(table, "t", self.prefix, count))
            before = [ops.slice(table, "t", 0, self.prefix)] if self.prefix else []
            table = ops.concatenate([*before, patches], "t")
        return x + ops.convert(table, x.dtype)

    def _table(self, emit: Emit, count: int, size: int) -> Value:
        if not self.batched:
            return ops.rename(emit.param(self.key, {"p": count, "d": size}), p="t")
        return ops.pick(emit.param(self.key, {"n": 1, "t": count, "d": size}), "n", 0)

    def _resized(self, emit: Emit, patches: Value) -> Value:
        """Resizes rows, then columns: [t, d] -> [t, d]."""
        grid = ops.split(patches, "t", y=self.grid[0], w=self.grid[1])
        for axis, target, source, size in zip("rs", self.target, "yw", self.grid, strict=True):
            matrix = resize_matrix(size, target, self.method).astype(np.float32)
            weights = emit.constant_array(matrix, f"{axis} {source}")
            grid = ops.dot(weights, grid, over=source)
        return ops.merge(ops.transpose(grid, "r s d"), "r s", "t")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPositions(Block):
    """Adds learned positions resized to a grid that each row of the batch tells at run time.

    Formula, with `shapes[b] = (h, w)`, `r = t / w` and `s = t mod w` for `t < h w`, else 0:
    `y[b,t,d] = x[b,t,d] + sum_{y,w} R[b,t,y] C[b,t,w] table[y width + w, d]`,
    `R[b,t,y] = k((y + 1/2 - (r + 1/2) q) / max(q, 1)) / sum_y`, `q = height / h`,
    `k(z) = max(1 - |z|, 0)`, C alike: bilinear with antialiasing. Rows beyond the grid get the
    position of the first patch.
    Source: Tschannen et al., arXiv 2502.14786 (NaFlex).
    Weights: `key` [p, d].
    Inputs: `input` i32[b, n=2]: height and width in patches, at least 1.

    Attributes:
        grid: Rows and columns of the table.
    Numerics: f32.
    """

    key: str
    input: str = "spatial_shapes"
    grid: tuple[int, int]

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        height, width = self.grid
        shapes = ops.maximum(ops.convert(emit.flow_input(self.input), "i32"), 1)
        tall, wide = ops.pick(shapes, "n", 0), ops.pick(shapes, "n", 1)
        steps = tensor_type("i32", {"b": x.size("b"), "t": x.size("t")})
        token = ops.expand(ops.iota(x, "t", x.size("t")), steps)
        token = ops.select(ops.compare(token, "LT", tall * wide), token, 0)
        rows = _weights(token / wide, tall, "y", height)
        columns = _weights(ops.remainder(token, wide), wide, "w", width)
        sizes = {"b": x.size("b"), "t": x.size("t"), "y": height, "w": width}
        full = tensor_type("f32", sizes)
        both = ops.merge(ops.expand(rows, full) * ops.expand(columns, full), "y w", "p")
        table = emit.param(self.key, {"p": height * width, "d": x.size("d")})
        return x + ops.convert(ops.dot(both, ops.convert(table, "f32"), over="p"), x.dtype)


def _weights(place: Value, count: Value, axis: str, size: int) -> Value:
    """Returns f32[b, t, axis]: how much each source sample counts at `place` of `count`."""
    full = tensor_type("f32", [*zip(place.axes, place.shape, strict=True), (axis, size)])
    ratio = float(size) / ops.convert(count, "f32")  # f32[b]
    centre = (ops.convert(place, "f32") + 0.5) * ratio
    samples = ops.expand(ops.convert(ops.iota(place, axis, size), "f32") + 0.5, full)
    distance = (samples - centre) / ops.maximum(ratio, 1.0)
    kernel = ops.maximum(1.0 - ops.abs(distance), 0.0)
    return kernel / ops.sum(kernel, over=axis)
