"""The fluent methods of text encoders against stored answers and plain numpy."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from golden_families import Golden

import rlxflow as rf

B, T, D, H, F, EPS = 2, 5, 12, 3, 7, 0.06
Array = np.ndarray


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_nomic_layers() -> None:
    kept = Golden("nomic_bert")
    shape = rf.Shape([2, 9], "i32")
    flow = rf.ModelFlow("nomic")
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        flow = flow.input(name, shape)
    flow = (
        flow.attn_mask_from_input("attention_mask")
        .rope_tables(rf.RopeTables(max_pos=21, head_dim=10, theta=30.0))
        .embed("embeddings.word_embeddings.weight")
        .gather_add("token_type_ids", "embeddings.token_type_embeddings.weight")
        .layer_norm("emb_ln.weight", "emb_ln.bias", 0.02)
        .repeat_nomic_layers(2, 24, 3, 10, 0.02)
    )
    assert [stage.name for stage in flow.stages][-2:] == ["layer0", "layer1"]
    given = {name: array.astype(np.int32) for name, array in kept.inputs.items()}
    found = flow.build(kept.weights).compile()(**given)
    assert kept.difference({"last_hidden_state": found["output"]}, "last_hidden_state") < 5e-5


def torch_layer(w: dict[str, Array], x: Array, norm_first: bool) -> Array:
    """Returns what `nn.TransformerEncoderLayer` with relu computes, in f64."""

    def norm(name: str, value: Array) -> Array:
        centred = value - value.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPS)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def attention(value: Array) -> Array:
        wide = value @ w["self_attn.in_proj_weight"].T + w["self_attn.in_proj_bias"]
        q, k, v = wide.reshape(B, T, 3, H, D // H).transpose(2, 0, 3, 1, 4)
        raised = np.exp(q @ k.transpose(0, 1, 3, 2) / np.sqrt(D // H))
        mixed = raised / raised.sum(-1, keepdims=True) @ v
        joined = mixed.transpose(0, 2, 1, 3).reshape(B, T, D)
        return joined @ w["self_attn.out_proj.weight"].T + w["self_attn.out_proj.bias"]

    def mlp(value: Array) -> Array:
        wide = np.maximum(value @ w["linear1.weight"].T + w["linear1.bias"], 0)
        return wide @ w["linear2.weight"].T + w["linear2.bias"]

    if norm_first:
        y = x + attention(norm("norm1", x))
        return y + mlp(norm("norm2", y))
    y = norm("norm1", x + attention(x))
    return norm("norm2", y + mlp(y))


@pytest.mark.parametrize("norm_first", [False, True])
def test_layers_under_the_names_of_torch(norm_first: bool) -> None:
    shapes = {"self_attn.in_proj_weight": (3 * D, D), "self_attn.in_proj_bias": (3 * D,)}
    parts = {"self_attn.out_proj": (D, D), "linear1": (F, D), "linear2": (D, F)}
    for name, shape in (parts | {"norm1": (D,), "norm2": (D,)}).items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    names = [(f"layers.{i}.{name}", shape) for i in range(2) for name, shape in shapes.items()]
    weights = {name: normal(i, *shape) * np.float32(0.4) for i, (name, shape) in enumerate(names)}
    x = normal(99, B, T, D)
    flow = rf.ModelFlow("torch").input("x", rf.Shape(x.shape)).attn_mask_ones(B, T)
    flow = flow.repeat_transformer_encoder_layers(2, D, H, EPS, norm_first, rf.FfnActivation.RELU)
    found = np.asarray(flow.build(weights).compile()(x=x)["output"])
    y = x.astype(np.float64)
    for i in range(2):
        own = f"layers.{i}."
        layer = {n.removeprefix(own): a.astype(float) for n, a in weights.items() if own in n}
        y = torch_layer(layer, y, norm_first)
    np.testing.assert_allclose(found, y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("activation", rf.FfnActivation)
def test_activations_of_the_feed_forward(activation: rf.FfnActivation) -> None:
    flow = rf.ModelFlow("ffn").input("x", rf.Shape([B, T, D])).gelu_ffn("l", activation)
    text = flow.build(
        {
            "l.intermediate.dense.weight": normal(1, F, D),
            "l.intermediate.dense.bias": normal(2, F),
            "l.output.dense.weight": normal(3, D, F),
            "l.output.dense.bias": normal(4, D),
        }
    ).mlir("flow")
    assert f'activation = "{activation.value}"' in text
    wanted = {"GELU_ERF": "chlo.erf", "GELU_TANH": "stablehlo.tanh", "RELU": "stablehlo.maximum"}
    assert wanted[activation.name] in text
