"""From pixels to tokens: one product for all patches of an image."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchEmbed(Block):
    """Cuts images into patches that do not overlap and multiplies each by one weight.

    Formula: `y[b,t,d] = sum_{c,p,q} pixels[b, c, r P + p, s Q + q] weight[d,c,p,q] + bias[d]`,
    `t = r columns + s`. Pixels beyond the last whole patch are left out.
    Source: Dosovitskiy et al., arXiv 2010.11929; a convolution whose stride is its size.
    Weights: `weight_key` [d, c, p, q], `bias_key` [d] (none if empty).

    Attributes:
        input: The flow input with pixels, [b, c, y, x].
        hidden_size: d.
        patch_size: P and Q, in pixels.
    Numerics: pixels are converted to the element type of activations first.
    Constraints: (C1) an image holds at least one patch.
    """

    weight_key: str
    bias_key: str = ""
    input: str = "pixel_values"
    hidden_size: int
    patch_size: tuple[int, int]

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,), needs_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Ignores the current value -> [b, t, d]."""
        del x
        pixels = ops.convert(emit.flow_input(self.input), emit.compute_dtype)
        (tall, wide), (rows, columns) = self.patch_size, self._grid(pixels)
        whole = _first(_first(pixels, "y", rows * tall), "x", columns * wide)
        cut = ops.split(ops.split(whole, "y", r=rows, p=tall), "x", s=columns, q=wide)
        axes = {"d": self.hidden_size, "c": pixels.size("c"), "p": tall, "q": wide}
        weight = ops.convert(emit.param(self.weight_key, axes), cut.dtype)
        tokens = ops.merge(ops.dot(cut, weight, over="c p q"), "r s", "t")
        if not self.bias_key:
            return tokens
        bias = emit.param(self.bias_key, {"d": self.hidden_size})
        return tokens + ops.convert(bias, tokens.dtype)

    def _grid(self, pixels: Value) -> tuple[int, int]:
        tall, wide = self.patch_size
        rows, columns = pixels.size("y") // tall, pixels.size("x") // wide
        if not rows or not columns:
            expected = f"at least one patch of {tall} x {wide} pixels"
            raise ShapeError("patch embedding (C1)", expected=expected, found=str(pixels.type))
        return rows, columns


def _first(pixels: Value, axis: str, count: int) -> Value:
    """Returns the first elements of an axis."""
    return ops.slice(pixels, axis, 0, count) if count < pixels.size(axis) else pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLinear(Block):
    """Multiplies patches that arrive flattened, each a row of numbers.

    Formula: `y[b,t,d] = sum_i patches[b,t,i] weight[d,i] + bias[d]`.
    Source: Tschannen et al., arXiv 2502.14786 (NaFlex).
    Weights: `prefix`.weight [d, i], `prefix`.bias [d].

    Attributes:
        input: The flow input with patches, [b, t, d].
        hidden_size: d.
    Numerics: as `PatchEmbed`.
    """

    prefix: str
    input: str = "pixel_values"
    hidden_size: int

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,), needs_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Ignores the current value -> [b, t, d]."""
        del x
        patches = ops.convert(emit.flow_input(self.input), emit.compute_dtype)
        out = ("d", self.hidden_size)
        return linear(emit, patches, f"{self.prefix}.weight", f"{self.prefix}.bias", out=out)


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertTokens(Block):
    """Puts learned tokens, the same in every row, among the others: class or register tokens.

    Formula: `y = [x[:, :at], tokens, x[:, at:]]` along t.
    Source: Dosovitskiy et al., arXiv 2010.11929; Darcet et al., arXiv 2309.16588 (registers).
    Weights: `key` [1, count, d], or [d] where `flat`.

    Attributes:
        count: How many tokens.
        at: How many tokens of the row stand before them.
        flat: Whether the one token is stored without the axes of rows and tokens.
    """

    key: str
    count: int = 1
    at: int = 0
    flat: bool = False

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t + count, d]."""
        x = required(x, self)
        if self.flat:
            tokens = ops.insert(emit.param(self.key, {"d": x.size("d")}), "t", 0)
        else:
            stored = emit.param(self.key, {"n": 1, "t": self.count, "d": x.size("d")})
            tokens = ops.pick(stored, "n", 0)
        full = {"b": x.size("b"), "t": self.count, "d": x.size("d")}
        parts = [ops.expand(ops.convert(tokens, x.dtype), tensor_type(x.dtype, full))]
        if self.at:
            parts.insert(0, ops.slice(x, "t", 0, self.at))
        if self.at < x.size("t"):
            parts.append(ops.slice(x, "t", self.at, x.size("t")) if self.at else x)
        return ops.concatenate(parts, "t")
