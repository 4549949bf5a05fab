"""How llama.cpp stores each architecture: its names against Hugging Face's, as data.

Two things are changed in storing and undone in reading. Architectures with pair-wise rope keep the
rows of q and k of each head interleaved (`permuted`). Norms that multiply by `1 + w` are stored
with the 1 added (`shifted_norms`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rlxflow.errors import WeightError, did_you_mean

TOP = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_ATTENTION = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
}
_MLP = {"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
_PRE_NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
_POST_NORMS = {
    "post_attention_norm": "post_attention_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_FOUR_NORMS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    **_POST_NORMS,
}
_QWEN_EXPERTS = {
    "ffn_gate_inp": "mlp.gate",
    "ffn_gate_exps": "mlp.experts.{}.gate_proj",
    "ffn_up_exps": "mlp.experts.{}.up_proj",
    "ffn_down_exps": "mlp.experts.{}.down_proj",
}
_MIXTRAL_EXPERTS = {
    "ffn_gate_inp": "block_sparse_moe.gate",
    "ffn_gate_exps": "block_sparse_moe.experts.{}.w1",
    "ffn_up_exps": "block_sparse_moe.experts.{}.w3",
    "ffn_down_exps": "block_sparse_moe.experts.{}.w2",
}
_FUSED = {
    "attn_qkv": "self_attn.qkv_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_up": "mlp.gate_up_proj",
    "ffn_down": "mlp.down_proj",
}
_DENSE = {**_PRE_NORMS, **_ATTENTION, **_MLP}

IGNORED: tuple[tuple[str, str], ...] = (
    (r"rope_freqs\.weight", "read into the config's rope_parameters"),
    (r"rope_factors_(long|short)\.weight", "read into the config's rope_parameters"),
    (r"blk\.\d+\.(attn_rot_embd|rope_freqs)\.weight", "rope frequencies follow from the config"),
)
"""Patterns of tensors that are no weights of a model, and why."""

_BLOCK = re.compile(r"blk\.(\d{1,6})\.(\w+)(?:\.(\d{1,6}))?\.(weight|bias)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The conventions of one architecture.

    Attributes:
        architecture: The value of `general.architecture`.
        block: Name in a block -> name in a layer; `{}` is the number of an expert, over which the
            stored tensor's first axis runs.
        permuted: Whether rows of q and k are stored for pair-wise rope.
        shifted_norms: Whether norms are stored with 1 added.
    """

    architecture: str
    block: Mapping[str, str] = field(default_factory=lambda: _DENSE)
    permuted: bool = False
    shifted_norms: bool = False

    def name(self, stored: str) -> str | None:
        """Returns the Hugging Face name, with `{}` for a stacked expert; None if it has none."""
        stem, _, ending = stored.rpartition(".")
        if stem in TOP and ending in {"weight", "bias"}:
            return f"{TOP[stem]}.{ending}"
        match = _BLOCK.fullmatch(stored)
        if match is None:
            return None
        layer, part, expert, ending = match.groups()
        # Files of 2023 hold one tensor for every expert.
        inner = self.block.get(part if expert is None else f"{part}_exps")
        if inner is None or (expert is not None and "{}" not in inner):
            return None
        inner = inner if expert is None else inner.format(int(expert))
        return f"model.layers.{int(layer)}.{inner}.{ending}"


_ALL = (
    Layout(architecture="llama", block={**_DENSE, **_MIXTRAL_EXPERTS}, permuted=True),
    Layout(architecture="granite", permuted=True),
    Layout(architecture="smollm3", permuted=True),
    Layout(architecture="qwen2"),
    Layout(architecture="qwen3"),
    Layout(architecture="qwen3moe", block={**_DENSE, **_QWEN_EXPERTS}),
    Layout(architecture="gemma", shifted_norms=True),
    Layout(architecture="gemma2", block={**_FOUR_NORMS, **_ATTENTION, **_MLP}, shifted_norms=True),
    Layout(architecture="gemma3", block={**_FOUR_NORMS, **_ATTENTION, **_MLP}, shifted_norms=True),
    Layout(architecture="phi3", block={**_PRE_NORMS, **_FUSED}),
    Layout(architecture="olmo2", block={**_POST_NORMS, **_ATTENTION, **_MLP}),
)
LAYOUTS = {layout.architecture: layout for layout in _ALL}


def find_layout(where: str, metadata: Mapping[str, object]) -> Layout:
    """Returns the layout of a file; raises WeightError for an architecture that is not known."""
    architecture = metadata.get("general.architecture")
    if isinstance(architecture, str) and architecture in LAYOUTS:
        return LAYOUTS[architecture]
    found = "none" if architecture is None else repr(architecture)[:80]
    raise WeightError(
        f"{where}: metadata `general.architecture`",
        expected=f"one of {', '.join(LAYOUTS)}",
        found=found,
        cure=did_you_mean(str(architecture)[:80], LAYOUTS),
    )


def ignored(stored: str) -> str | None:
    """Returns why a tensor is not needed, or None if it may be a weight."""
    return next((why for pattern, why in IGNORED if re.fullmatch(pattern, stored)), None)
