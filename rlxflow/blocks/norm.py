"""Normalisation over the hidden axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rlxflow.blocks.base import Block, Emit, required
from rlxflow.errors import ConfigError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RmsNorm(Block):
    """Scales each token to a root mean square of 1, then applies the weight.

    Formula: `y[b,t,d] = x rsqrt(mean_d(x^2) + eps) * (offset + weight[d])`.
    Source: Zhang and Sennrich, arXiv 1910.07467; an offset of 1 is Gemma's form.
    Weights: `weight_key` [d] (none if empty).

    Attributes:
        eps: Added to the mean square; > 0.
        offset: Added to the weight: 0, or 1 where weights are stored as differences from 1.
    Numerics: f32, given back in the dtype of `x`.
    """

    weight_key: str
    eps: float
    offset: float = 0.0

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        return rms_norm(emit, required(x, self), self.weight_key, self.eps, self.offset)


def rms_norm(
    emit: Emit, x: Value, weight_key: str, eps: float, offset: float = 0.0, axis: str = "d"
) -> Value:
    """Returns the RMS norm of `x` over one axis; see `RmsNorm`."""
    wide = ops.convert(x, "f32")
    normed = wide * ops.rsqrt(ops.mean(wide * wide, over=axis) + checked_eps(eps))
    if weight_key:
        weight = ops.convert(emit.param(weight_key, {axis: x.size(axis)}), "f32")
        normed = normed * (weight + offset if offset else weight)
    return ops.convert(normed, x.dtype)


def layer_norm(
    emit: Emit, x: Value, weight_key: str, bias_key: str, eps: float, size: int, axis: str = "d"
) -> Value:
    """Returns the layer norm of `x` over one axis; see `LayerNorm`."""
    normed = standardize(x, eps, axis)
    scaled = normed * ops.convert(emit.param(weight_key, {axis: size}), "f32")
    if bias_key:
        scaled = scaled + ops.convert(emit.param(bias_key, {axis: size}), "f32")
    return ops.convert(scaled, x.dtype)


def standardize(x: Value, eps: float, axis: str = "d") -> Value:
    """Returns `(x - m) / sqrt(v + eps)` over one axis, in f32; see `LayerNorm`."""
    wide = ops.convert(x, "f32")
    centred = wide - ops.mean(wide, over=axis)
    variance = ops.mean(centred * centred, over=axis)
    return centred * ops.rsqrt(variance + checked_eps(eps))


def checked_eps(eps: float) -> float:
    """Returns what is added under the root; raises ConfigError unless it is a number from 0 on."""
    if not 0.0 <= eps < math.inf:
        raise ConfigError("norm: eps", expected="a number from 0 on", found=f"{eps}")
    return eps
