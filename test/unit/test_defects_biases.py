"""Biases of every product, as the config says and as the family has them."""

from __future__ import annotations

from typing import Any

import pytest

from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest

SIZES = {"vocab_size": 19, "hidden_size": 24, "intermediate_size": 10, "num_hidden_layers": 1}
SIZES |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 6}
EXPERTS |= {"shared_expert_intermediate_size": 7}
QKV, ALL = {"q_proj", "k_proj", "v_proj"}, {"q_proj", "k_proj", "v_proj", "o_proj"}
MLP = {"gate_proj", "up_proj", "down_proj"}


def biases(family: str, **changes: Any) -> set[str]:
    """Returns which products of a layer have a bias among the module's arguments."""
    raw = {"model_type": family, **SIZES, **changes}
    recipe = find_recipe(raw, "config")
    config = recipe.config_class.from_dict(raw)
    flow = recipe.flow(config, "causal", FlowRequest(phase="prefill", batch=1, seq=2))
    names = [param.name for param in flow.build().params]
    assert all(f"{name.removesuffix('.bias')}.weight" in names for name in names if "bias" in name)
    return {name.split(".")[-2] for name in names if name.endswith(".bias")}


@pytest.mark.parametrize(
    ("family", "changes", "wanted"),
    [
        ("llama", {}, set()),
        ("llama", {"attention_bias": True}, ALL),
        ("llama", {"mlp_bias": True}, MLP),
        ("llama", {"attention_bias": True, "mlp_bias": True}, ALL | MLP),
        ("qwen2", {}, QKV),
        ("qwen3", {"attention_bias": True}, ALL),
        ("gemma4_text", {"attention_bias": True, "hidden_size_per_layer_input": 0}, ALL),
        ("qwen2_moe", EXPERTS, QKV),
        ("qwen2_moe", EXPERTS | {"qkv_bias": False}, set()),
    ],
)
def test_defect_15_biases_are_where_the_config_says(
    family: str, changes: dict[str, Any], wanted: set[str]
) -> None:
    assert biases(family, **changes) == wanted
