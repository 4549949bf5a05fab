"""How well texts and images go together."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.streams import stream_slot
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchScores(Block):
    """Scores each image with each text: the cosine, scaled and shifted by learned numbers.

    Formula: `y[i,b] = e^scale sum_d image[i,d] text[b,d] + bias`, both of length 1 already.
    Source: Radford et al., arXiv 2103.00020; Zhai et al., arXiv 2303.15343, for the bias.
    Weights: `scale_key`, `bias_key` (none if empty): [] or, not `scalar`, [1].
    Side outputs: `transposed_output` [b, i].

    Attributes:
        texts: Stream of the texts' vectors [b, d]; the current value is the images'.
        transposed_output: Name of the same scores, text by text; none if empty.
        scalar: Whether the numbers are stored without an axis.
    Numerics: f32.
    """

    scale_key: str
    bias_key: str = ""
    texts: str = "text"
    transposed_output: str = "logits_per_text"
    scalar: bool = False

    @property
    def contract(self) -> Contract:
        return Contract(reads=(stream_slot(self.texts),))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, d] -> f32[i, b]."""
        image = ops.rename(ops.convert(required(x, self), "f32"), b="i")
        text = ops.convert(emit.named(stream_slot(self.texts)), "f32")
        cosine = ops.dot(image, text, over="d")
        scores = cosine * ops.exponential(self._number(emit, self.scale_key))
        if self.bias_key:
            scores = scores + self._number(emit, self.bias_key)
        if self.transposed_output:
            emit.publish_side_output(self.transposed_output, ops.transpose(scores, "b i"))
        return scores

    def _number(self, emit: Emit, key: str) -> Value:
        if self.scalar:
            return ops.convert(emit.param(key, {}), "f32")
        return ops.pick(ops.convert(emit.param(key, {"n": 1}), "f32"), "n", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EosToken(Block):
    """Keeps the token of each row at which the text ends.

    Formula: `y[b,d] = x[b,t*,d]`, t* the first t with `ids[b,t] = eos_token_id` (0 if there is
    none); without an `eos_token_id`, the first t at which the id is the largest of the row.
    Source: Radford et al., arXiv 2103.00020.

    Attributes:
        input: The flow input with ids, [b, t].
        eos_token_id: The id; None for the largest.
    """

    input: str = "input_ids"
    eos_token_id: int | None = None

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, d]."""
        x = required(x, self)
        ids = emit.flow_input(self.input)
        if self.eos_token_id is not None:
            ids = ops.convert(ops.compare(ids, "EQ", self.eos_token_id), "i32")
        steps = ops.expand(ops.iota(ids, "t", ids.size("t")), ids.type)
        largest = ops.compare(ids, "EQ", ops.max(ids, over="t"))
        first = ops.min(ops.select(largest, steps, ids.size("t")), over="t")
        return ops.take(x, first, "t")
