"""Normalisation over the hidden axis."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Emit, required
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerNorm(Block):
    """Shifts and scales each token to mean 0 and variance 1, then applies weight and bias.

    Formula: `y[b,t,d] = (x - m) / sqrt(v + eps) * weight[d] + bias[d]`,
    `m = mean_d x`, `v = mean_d (x - m)^2`.
    Source: Ba et al., arXiv 1607.06450.
    Weights: `weight_key` [d], `bias_key` [d] (none if empty).

    Attributes:
        eps: Added to the variance; > 0.
        hidden_size: Size of `d`; None to read it from the weights.
    Numerics: f32 in two passes (mean first, then the variance of what is left), so that a large
        mean does not cancel; given back in the dtype of `x`.
    """

    weight_key: str
    bias_key: str = ""
    eps: float
    hidden_size: int | None = None

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        return layer_norm(
            emit, x, self.weight_key, self.bias_key, self.eps, self.hidden_size or x.size("d")
        )


def layer_norm(
    emit: Emit, x: Value, weight_key: str, bias_key: str, eps: float, size: int, axis: str = "d"
) -> Value:
    """Returns the layer norm of `x` over one axis; see `LayerNorm`."""
    wide = ops.convert(x, "f32")
    centred = wide - ops.mean(wide, over=axis)
    variance = ops.mean(centred * centred, over=axis)
    normed = centred * ops.rsqrt(variance + eps)
    scaled = normed * ops.convert(emit.param(weight_key, {axis: size}), "f32")
    if bias_key:
        scaled = scaled + ops.convert(emit.param(bias_key, {axis: size}), "f32")
    return ops.convert(scaled, x.dtype)
