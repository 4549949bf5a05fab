"""A convolution along time as one product with the weight as it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv1d(Block):
    """Each output sample is a product with a window of the input, zeros beyond its ends.

    Formula: `y[b,t,o] = act(sum_d,j x[b, stride t + j - padding, d] weight[o,d,j] + bias[o])`,
    `t < (T + 2 padding - kernel_size) / stride + 1`; the result's axis is `d` again.
    Source: torch.nn.Conv1d, with neither groups nor dilation.
    Weights: `prefix`.weight [o, d, j], `prefix`.bias [o].

    Attributes:
        out_channels: Size of `o`; None to read it from the weights.
        kernel_size: Size of `j`.
        stride: Samples from one window to the next.
        padding: Zeros on either side.
        activation: A name of the table in `activation.py`; empty for none.
    Numerics: the input is taken in the compute dtype; one product over the axes `d` and `j`, so the
        weight stays in the layout of the file. Activation in f32.
    Constraints: (C1) kernel_size and stride are positive, padding is not negative. (C2) the input
        with its padding is at least one window long.
    """

    prefix: str
    out_channels: int | None = None
    kernel_size: int
    stride: int = 1
    padding: int = 0
    activation: str = ""

    def __post_init__(self) -> None:
        if min(self.kernel_size, self.stride) < 1 or self.padding < 0:
            raise ConfigError(
                "convolution (C1)",
                expected="kernel_size and stride from 1, padding from 0",
                found=f"{self.kernel_size}, {self.stride} and {self.padding}",
            )

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] or [b, d, t] -> [b, t, d]."""
        x = ops.convert(required(x, self), emit.compute_dtype)
        key = self.prefix.rpartition(".")[2]
        with emit.label(key):
            windows = self._windows(x)
            axes = {"o": self.out_channels, "d": x.size("d"), "j": self.kernel_size}
            weight = emit.param(f"{self.prefix}.weight", axes)
            y = ops.dot(windows, ops.convert(weight, x.dtype), over="d j")
            bias = emit.param(f"{self.prefix}.bias", {"o": y.size("o")})
            y = ops.rename(y + ops.convert(bias, y.dtype), o="d")
        if not self.activation:
            return y
        with emit.label(self.activation):
            return activate(self.activation, y)

    def _windows(self, x: Value) -> Value:
        """Returns [b, t, d, j] (or [b, d, t, j]): what each output sample sees."""
        padded = ops.pad(x, "t", self.padding, self.padding) if self.padding else x
        last = padded.size("t") - self.kernel_size
        if last < 0:
            raise ShapeError(
                "convolution (C2)",
                expected=f"at least {self.kernel_size - 2 * self.padding} samples along `t`",
                found=str(x.type),
            )
        taps = [
            ops.insert(ops.slice(padded, "t", j, j + last + 1, self.stride), "j", x.type.rank)
            for j in range(self.kernel_size)
        ]
        return ops.concatenate(taps, "j")
