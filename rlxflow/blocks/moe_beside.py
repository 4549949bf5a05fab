"""Experts beside a feed-forward: both see the same tokens, and their answers are added."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.moe import MoeMlp
from rlxflow.blocks.norm import RmsNorm
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertsBesideMlp(Block):
    """Adds what a feed-forward and a mixture of experts make of one value, each normalised.

    Formula: `y = rms1(mlp(rms0(x))) + rms2(experts(x))`; the experts norm what they see themselves.
    Source: transformers' `modeling_gemma4`.
    Weights: `mlp_norm_key`, `mlp_post_norm_key`, `experts_post_norm_key` [d]; those of `mlp` and
        `experts`.

    Attributes:
        mlp: The feed-forward.
        experts: The mixture; its router sees `x` as it is.
        eps: Of the norms.
    """

    mlp: Mlp
    experts: MoeMlp
    mlp_norm_key: str
    mlp_post_norm_key: str
    experts_post_norm_key: str
    eps: float

    def numbers(self) -> dict[str, object]:
        return {"eps": self.eps}

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        dense = ("mlp_norm", self._norm(self.mlp_norm_key)), ("mlp", self.mlp)
        routed = (("experts", self.experts),)
        first = self._follow(emit, x, *dense, ("mlp_post_norm", self._norm(self.mlp_post_norm_key)))
        after = ("experts_post_norm", self._norm(self.experts_post_norm_key))
        return first + self._follow(emit, x, *routed, after)

    def _norm(self, key: str) -> RmsNorm:
        return RmsNorm(weight_key=key, eps=self.eps)

    def _follow(self, emit: Emit, x: Value, *stages: tuple[str, Block]) -> Value:
        """Runs stages one after the other, each a region of its own."""
        for name, block in stages:
            x = required(emit.run(name, block, x), block)
        return x
