"""Products with a weight in the layout the checkpoint stores it in."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Emit, required
from rlxflow.ir import ops
from rlxflow.ir.value import Value


def linear(
    emit: Emit,
    x: Value,
    weight_key: str,
    bias_key: str = "",
    *,
    out: tuple[str, int | None],
    over: str = "d",
    transposed: bool = False,
) -> Value:
    """Returns `x @ W.T + bias`: one `dot_general` that contracts the second axis of `W[o, i]`.

    Args:
        emit: The emitter.
        x: [..., over].
        weight_key: Weight of shape [out, over], as torch.nn.Linear stores it.
        bias_key: Bias of shape [out]; none if empty.
        out: Name and size of the new axis, which comes last; a size of None is read from the file.
        over: The axis of `x` that is summed over.
        transposed: Whether the weight is stored [over, out], as GPT-2 does.

    The operations carry the weight's own name (`query`), so that it shows in the compiled program.
    """
    inner = "_out" if out[0] in x.axes else out[0]
    with emit.label(_short(weight_key)):
        axes = {inner: out[1], over: x.size(over)}
        weight = emit.param(weight_key, dict(reversed(axes.items())) if transposed else axes)
        y = ops.dot(x, _as(weight, x.dtype), over=over)
        y = y if inner == out[0] else ops.rename(y, _out=out[0])
        if bias_key:
            bias = emit.param(bias_key, {out[0]: y.size(out[0])})
            y = y + _as(bias, y.dtype)
        return y


def _as(weight: Value, dtype: str) -> Value:
    """Returns the weight in the dtype of the activations (no operation where they agree)."""
    return ops.convert(weight, dtype)


def _short(key: str) -> str:
    """Returns the last name of a key before `.weight`: `a.b.query.weight` -> `query`."""
    return key.removesuffix(".weight").rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Block):
    """A product with a stored weight.

    Formula: `y[b,t,o] = sum_d x[b,t,d] weight[o,d] + bias[o]`; the result's axis is `d` again.
    Weights: `weight_key` [o, d], `bias_key` [o] (none if empty).

    Attributes:
        out_features: Size of `o`; None to read it from the weights.
        transposed: Whether the weight is stored [d, o].
    """

    weight_key: str
    bias_key: str = ""
    out_features: int | None = None
    transposed: bool = False

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        return linear(
            emit,
            required(x, self),
            self.weight_key,
            self.bias_key,
            out=("d", self.out_features),
            transposed=self.transposed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLinear(Linear):
    """A product with an input of the flow, which is taken in the compute dtype; see `Linear`."""

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        return Linear.emit(self, emit, ops.convert(required(x, self), emit.compute_dtype))
