"""Experts in place of a layer's feed-forward, for the fluent methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlxflow.blocks.moe import MoeMlp


@dataclass(frozen=True, slots=True, kw_only=True)
class MoeFfnStage:
    """The numbers of a mixture of experts.

    Weights: `{prefix}.mlp.gate.weight` [x, d], `{prefix}.mlp.experts.{gate,up}_proj.weight`
    [x, f, d], `{prefix}.mlp.experts.down_proj.weight` [x, d, f]; each expert's own in a stack.

    Attributes:
        prefix: Of the layer.
        num_experts: x.
        top_k: Experts of a token.
        n_embd: d.
        n_ff: f.
        norm_topk_prob: Whether the weights of a token's experts are made to sum to 1.
        activation: A name of the table in `activation.py`.
    """

    prefix: str
    num_experts: int
    top_k: int
    n_embd: int
    n_ff: int
    norm_topk_prob: bool = True
    activation: str = "gelu_pytorch_tanh"

    @classmethod
    def hf(cls, prefix: str, num_experts: int, top_k: int, n_embd: int, n_ff: int) -> MoeFfnStage:
        """Returns experts below a layer's prefix or that of its `mlp`."""
        return cls(
            prefix=prefix.removesuffix(".mlp"),
            num_experts=num_experts,
            top_k=top_k,
            n_embd=n_embd,
            n_ff=n_ff,
        )

    def block(self, form: Literal["dense", "grouped", "gathered"] = "dense") -> MoeMlp:
        """Returns the block; see `MoeMlp` for the forms."""
        own = f"{self.prefix}.mlp"
        return MoeMlp(
            router_key=f"{own}.gate.weight",
            gate_key=f"{own}.experts.gate_proj.weight",
            up_key=f"{own}.experts.up_proj.weight",
            down_key=f"{own}.experts.down_proj.weight",
            num_experts=self.num_experts,
            num_experts_per_tok=self.top_k,
            norm_topk_prob=self.norm_topk_prob,
            moe_intermediate_size=self.n_ff,
            hidden_size=self.n_embd,
            activation=self.activation,
            form=form,
        )
