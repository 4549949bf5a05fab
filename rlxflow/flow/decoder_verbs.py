"""The fluent methods for causal language models: each appends one stage."""

from __future__ import annotations

import math
from typing import Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.head import LogitSoftcap, Scale
from rlxflow.blocks.mask import AttnBiasFromInput
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import RmsNorm
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.tokens import GatherLastToken
from rlxflow.flow.decoder_layer import gated_mlp


class DecoderVerbs:
    """Part of `Verbs`; every method returns a new object."""

    stages: tuple[Stage, ...]

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        raise NotImplementedError(type(self).__name__)

    def rope_tables(self, tables: RopeTables) -> Self:
        """Publishes cosine and sine of every position for the attention stages."""
        return self._append(tables, tables.slot)

    def rms_norm(self, key: str, eps: float, offset: float = 0.0) -> Self:
        """Normalises each token; see `RmsNorm`."""
        return self._append(RmsNorm(weight_key=key, eps=eps, offset=offset))

    def final_norm(self, eps: float) -> Self:
        """Normalises with `model.norm.weight`."""
        return self._append(RmsNorm(weight_key="model.norm.weight", eps=eps), "norm")

    def swiglu(
        self, gate_key: str, up_key: str, down_key: str, intermediate_size: int | None = None
    ) -> Self:
        """The gated feed-forward with SiLU; keys with or without `.weight`."""
        gate, up, down = (k.removesuffix(".weight") for k in (gate_key, up_key, down_key))
        block = Mlp(
            gate_key=gate,
            up_key=up,
            down_key=down,
            intermediate_size=intermediate_size,
            activation="silu",
            bias=False,
        )
        return self._append(block, "")

    def swiglu_hf_mlp(self, prefix: str) -> Self:
        """The gated feed-forward of a layer; takes the layer's prefix or that of its `mlp`."""
        where = prefix if prefix.endswith(".mlp") else f"{prefix}.mlp"
        return self.swiglu(f"{where}.gate_proj", f"{where}.up_proj", f"{where}.down_proj")

    def geglu(self, layer_prefix: str, intermediate_size: int | None = None) -> Self:
        """The gated feed-forward with tanh GELU; takes the layer's prefix or that of its `mlp`."""
        where = layer_prefix.removesuffix(".mlp")
        return self._append(gated_mlp(where, "gelu_pytorch_tanh", intermediate_size), "")

    def embed_scale(self, hidden_size: int) -> Self:
        """Multiplies by the root of the hidden size, rounded to the type of the value first."""
        return self._append(Scale(factor=math.sqrt(hidden_size)))

    def gemma_rms_norm(self, prefix: str, eps: float) -> Self:
        """Normalises each token with `1 + {prefix}.weight`."""
        key = f"{prefix.removesuffix('.weight')}.weight"
        return self._append(RmsNorm(weight_key=key, eps=eps, offset=1.0))

    def gather_last_token(self) -> Self:
        """Keeps the last token of each row."""
        return self._append(GatherLastToken())

    def gather_last_token_at(self, batch: int, seq: int) -> Self:
        """Keeps token `seq` of each row, counted from 1."""
        return self._append(GatherLastToken(at=seq - 1, batch=batch))

    def logit_softcap(self, cap: float) -> Self:
        """Limits the scores smoothly."""
        return self._append(LogitSoftcap(cap=cap))

    def zero_beta(self, size: int = 0) -> Self:
        """Does nothing: norms need no vector of zeros."""
        del size
        return self

    def zero_beta_named(self, name: str, size: int = 0) -> Self:
        """Does nothing, like `zero_beta`."""
        del name, size
        return self

    def attn_bias_from_input(self, input: str = "attn_bias") -> Self:
        """Publishes what is added to the scores: an input [b, h, t, s]."""
        return self._append(AttnBiasFromInput(input=input))
