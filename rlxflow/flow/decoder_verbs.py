"""The fluent methods for causal language models: each appends one stage."""

from __future__ import annotations

from typing import Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.head import LogitSoftcap
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import RmsNorm
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.tokens import GatherLastToken


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

    def gather_last_token(self) -> Self:
        """Keeps the last token of each row."""
        return self._append(GatherLastToken())

    def logit_softcap(self, cap: float) -> Self:
        """Limits the scores smoothly."""
        return self._append(LogitSoftcap(cap=cap))

    def zero_beta(self, size: int = 0) -> Self:
        """Does nothing: norms need no vector of zeros."""
        del size
        return self
