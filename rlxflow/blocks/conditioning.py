"""What a diffusion model is told beside its tokens, as one vector a row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Contract, Emit
from rlxflow.blocks.linear import linear
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value

PERIOD = 10_000.0
"""Of the slowest wave, over 2 pi; fixed in the authors' code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning(Block):
    """Publishes one vector a row made of numbers, such as the time, and of given vectors.

    Formula: `c[b,d] = sum_i mlp_i(waves(scale * number_i[b])) + sum_j mlp_j(vector_j[b])`,
    `mlp(x) = silu(x W1.T + b1) W2.T + b2`, `waves(n) = [cos(n f), sin(n f)]`,
    `f_i = 10000^(-i / (channels / 2))`.
    Source: Ho et al., arXiv 2006.11239, for the waves; Perez et al., arXiv 1709.07871.
    Weights, for each name: `prefix`.{name}.linear_1 [d, c] and .linear_2 [d, d], c the channels or
        the size of the vector; each .weight, with `bias` also .bias.

    Attributes:
        scalars: Pairs of an input f32[b] and a name.
        vectors: Pairs of an input [b, c] and a name.
        channels: Waves a number becomes; even.
        scale: Multiplies the numbers.
        hidden_size: d.
        bias: Whether the products have biases.
        slot: Under which c is published.
    Numerics: waves in f32, with exponents rounded to f32 as in the authors' code: angles reach
        thousands of radians, where the last bit of a frequency shows.
    Constraints: (C1) there is a scalar or vector, and channels are even.
    """

    prefix: str
    scalars: tuple[tuple[str, str], ...]
    vectors: tuple[tuple[str, str], ...] = ()
    channels: int
    scale: float = 1.0
    hidden_size: int
    bias: bool = True
    slot: str

    def __post_init__(self) -> None:
        if not (self.scalars or self.vectors) or self.channels < 2 or self.channels % 2:
            raise ConfigError(
                "conditioning (C1)",
                expected="a scalar or vector, and an even number of channels",
                found=f"{len(self.scalars)}, {len(self.vectors)} and {self.channels} channels",
            )

    @property
    def contract(self) -> Contract:
        return Contract(
            inputs=tuple(name for name, _ in (*self.scalars, *self.vectors)),
            writes=(self.slot,),
            needs_value=False,
            gives_value=False,
        )

    def numbers(self) -> dict[str, object]:
        return {"channels": self.channels, "scale": self.scale, "hidden_size": self.hidden_size}

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        parts = [
            self._mlp(emit, self._waves(emit, emit.flow_input(given)), name)
            for given, name in self.scalars
        ]
        for given, name in self.vectors:
            parts.append(self._mlp(emit, ops.rename(emit.flow_input(given), d="c"), name))
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        emit.set_named(self.slot, total)
        return x

    def _waves(self, emit: Emit, number: Value) -> Value:
        """f32[b] -> f32[b, c]."""
        half = self.channels // 2
        steps = np.arange(half, dtype=np.float32) * np.float32(-math.log(PERIOD))
        exponents = steps / np.float32(half)
        frequencies = np.exp(exponents.astype(np.float64)).astype(np.float32)
        grid = tensor_type("f32", {"b": number.size("b"), "c": half})
        wide = ops.expand(ops.convert(number, "f32") * self.scale, grid)
        angles = wide * ops.expand(emit.constant_array(frequencies, "c"), grid)
        return ops.concatenate([ops.cosine(angles), ops.sine(angles)], "c")

    def _mlp(self, emit: Emit, x: Value, name: str) -> Value:
        """[b, c] -> [b, d]."""
        key, x = f"{self.prefix}.{name}", ops.convert(x, emit.compute_dtype)
        for layer, axis in (("linear_1", "c"), ("linear_2", "d")):
            weight = f"{key}.{layer}.weight"
            bias = f"{key}.{layer}.bias" if self.bias else ""
            x = linear(emit, x, weight, bias, out=("d", self.hidden_size), over=axis)
            x = activate("silu", x) if layer == "linear_1" else x
        return x
