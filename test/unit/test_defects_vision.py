"""Vision layers that other code got wrong, against plain numpy: SigLIP, DINOv2, Nomic."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_vision import made_weights, write_config
from vision_by_hand import Weights, attend, gelu, gelu_tanh, rotate_neighbours, silu

import rlxflow as rf
from rlxflow.blocks.attention_pool import AttentionPool
from rlxflow.blocks.swiglu_norm import VisionSwiGluFfn
from rlxflow.errors import MissingState
from rlxflow.resize import resize_matrix
from rlxflow.runtime.model import load

B, T, D, F, H, EPS = 2, 7, 24, 10, 3, 0.04
Array = np.ndarray
Shapes = dict[str, tuple[int, ...]]


def normal(shape: tuple[int, ...], seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def filled(shapes: Shapes) -> dict[str, Array]:
    """Returns weights [out, in] and what belongs to them: a bias of each, norms by their size."""
    made: dict[str, Array] = {}
    for i, (name, shape) in enumerate(shapes.items()):
        weight = (
            name if name.rpartition(".")[2] in ("gamma", "probe", "latent") else f"{name}.weight"
        )
        made[weight] = normal(shape, i) * 0.4
        if weight != name:
            made[f"{name}.bias"] = normal(shape[:1], 50 + i)
    return made


def layers(prefix: str, one: Shapes) -> Shapes:
    return {f"{prefix}.{i}.{name}": shape for i in range(2) for name, shape in one.items()}


def run(
    change: Callable[[rf.ModelFlow], rf.ModelFlow], weights: dict[str, Array], x: Array
) -> Array:
    flow = change(rf.ModelFlow("probe").input("x", rf.Shape(x.shape)).attn_mask_ones(B, x.shape[1]))
    return np.asarray(flow.build(weights).compile()(x=x)["output"])


SIGLIP: Shapes = {
    "layer_norm1": (D,),
    **{f"self_attn.{name}_proj": (D, D) for name in ("q", "k", "v", "out")},
    "layer_norm2": (D,),
    "mlp.fc1": (F, D),
    "mlp.fc2": (D, F),
}
DINOV2: Shapes = {
    "norm1": (D,),
    "attn.qkv": (3 * D, D),
    "attn.proj": (D, D),
    "ls1.gamma": (D,),
    "norm2": (D,),
    "mlp.fc1": (F, D),
    "mlp.fc2": (D, F),
    "ls2.gamma": (D,),
}
NOMIC: Shapes = {
    "norm1": (D,),
    "attn.Wqkv": (3 * D, D),
    "attn.out_proj": (D, D),
    "norm2": (D,),
    "mlp.fc11": (F, D),
    "mlp.fc12": (F, D),
    "mlp.norm": (F,),
    "mlp.fc2": (D, F),
}


def test_defect_02_siglip_layers_are_siglip_layers_under_their_prefix() -> None:
    prefix = "tower.blocks"
    arrays, x = filled(layers(prefix, SIGLIP)), normal((B, T, D), 99)
    found = run(lambda f: f.repeat_siglip_layers(2, D, H, EPS, prefix=prefix), arrays, x)
    w, y = Weights(arrays), x.astype(np.float64)
    for i in range(2):
        at = f"{prefix}.{i}"
        inner = w.norm(y, f"{at}.layer_norm1", EPS)
        q, k, v = (w.linear(inner, f"{at}.self_attn.{name}_proj") for name in "qkv")
        y = y + w.linear(attend(q, k, v, H), f"{at}.self_attn.out_proj")
        wide = gelu_tanh(w.linear(w.norm(y, f"{at}.layer_norm2", EPS), f"{at}.mlp.fc1"))
        y = y + w.linear(wide, f"{at}.mlp.fc2")
    assert np.abs(found - y).max() < 2e-5


def dinov2_by_hand(w: Weights, y: Array, at: str, eps: float, heads: int) -> Array:
    """Returns what a DINOv2 layer under Meta's names makes of `y`."""
    q, k, v = np.split(w.linear(w.norm(y, f"{at}.norm1", eps), f"{at}.attn.qkv"), 3, axis=-1)
    mixed = w.linear(attend(q, k, v, heads), f"{at}.attn.proj")
    y = y + mixed * w.arrays[f"{at}.ls1.gamma"]
    wide = gelu(w.linear(w.norm(y, f"{at}.norm2", eps), f"{at}.mlp.fc1"))
    return y + w.linear(wide, f"{at}.mlp.fc2") * w.arrays[f"{at}.ls2.gamma"]


def test_defect_10_dinov2_layers_use_the_exact_gelu() -> None:
    arrays, x = filled(layers("blocks", DINOV2)), normal((B, T, D), 99)
    found = run(lambda f: f.repeat_dinov2_layers(2, D, H, EPS), arrays, x)
    w, y = Weights(arrays), x.astype(np.float64)
    for i in range(2):
        y = dinov2_by_hand(w, y, f"blocks.{i}", EPS, H)
    assert np.abs(found - y).max() < 2e-5


META = {
    "embeddings.patch_embeddings.projection": "patch_embed.proj",
    "embeddings.cls_token": "cls_token",
    "embeddings.position_embeddings": "pos_embed",
    "embeddings.register_tokens": "register_tokens",
    "attention.output.dense": "attn.proj",
    "layer_scale1.lambda1": "ls1.gamma",
    "layer_scale2.lambda1": "ls2.gamma",
    "encoder.layer": "blocks",
    "layernorm": "norm",
}


def meta_names(weights: dict[str, Array]) -> dict[str, Array]:
    """Returns Hugging Face's tensors as Meta names and joins them."""
    made: dict[str, Array] = {"mask_token": np.zeros((1, 24), "f")}
    for name, array in weights.items():
        at, fused, kind = name.partition(".attention.attention.")
        new, suffix = name, kind.rpartition(".")[2]
        if fused:
            new = f"{at}.attn.qkv.{suffix}"
            parts = [weights[f"{at}{fused}{n}.{suffix}"] for n in ("query", "key", "value")]
        for theirs, metas in META.items():
            new = new.replace(theirs, metas)
        made[new] = np.concatenate(parts) if fused else array
    return made


@pytest.mark.parametrize("family", ["dinov2", "dinov2_with_registers"])
def test_defect_10_positions_resize_and_both_sets_of_names_load(
    family: str, tmp_path: Path
) -> None:
    weights = made_weights(write_config(tmp_path, family))
    pixels = normal((1, 3, 12, 20), 3)
    arrays = meta_names(weights)
    assert "blocks.0.attn.qkv.weight" in arrays
    found = load(tmp_path, weights=arrays)(pixel_values=pixels)["last_hidden_state"]
    if family == "dinov2":
        named = load(tmp_path, weights=weights)(pixel_values=pixels)["last_hidden_state"]
        assert np.abs(np.asarray(found) - np.asarray(named)).max() < 1e-6
    w = Weights(arrays)
    patches = pixels.reshape(1, 3, 3, 4, 5, 4).transpose(0, 2, 4, 1, 3, 5).reshape(15, 48)
    kernel = w.arrays["patch_embed.proj.weight"].reshape(24, 48)
    y = patches @ kernel.T + w.arrays["patch_embed.proj.bias"]
    method = "bicubic_antialias" if "registers" in family else "bicubic"
    table = w.arrays["pos_embed"][0]
    rows, columns = resize_matrix(2, 3, method), resize_matrix(2, 5, method)
    y = y + np.einsum("ry,sx,yxd->rsd", rows, columns, table[1:].reshape(2, 2, 24)).reshape(15, 24)
    tokens = [w.arrays["cls_token"][0] + table[:1], y]
    if "registers" in family:
        tokens.insert(1, w.arrays["register_tokens"][0])
    y = dinov2_by_hand(w, np.concatenate(tokens)[None], "blocks.0", 0.03, 3)
    assert np.abs(found - w.norm(y, "norm", 0.03)).max() < 5e-5


def nomic_by_hand(w: Weights, y: Array, at: str, angles: Array | None) -> Array:
    inner = w.norm(y, f"{at}.norm1", EPS)
    q, k, v = np.split(w.linear(inner, f"{at}.attn.Wqkv"), 3, axis=-1)
    if angles is not None:
        q, k = (rotate_neighbours(part, angles, H) for part in (q, k))
    y = y + w.linear(attend(q, k, v, H), f"{at}.attn.out_proj")
    inner = w.norm(y, f"{at}.norm2", EPS)
    gated = w.linear(inner, f"{at}.mlp.fc11") * silu(w.linear(inner, f"{at}.mlp.fc12"))
    return y + w.linear(w.norm(gated, f"{at}.mlp.norm", EPS), f"{at}.mlp.fc2")


def test_defect_12_nomic_vision_turns_patches_and_pools_by_attention() -> None:
    head: Shapes = {"selector.attn.latent": (1, 1, D), "selector.attn.Wq": (D, D)}
    head |= {"selector.attn.Wkv": (2 * D, D), "selector.attn.out_proj": (D, D)}
    head |= {"selector.norm1": (D,), "selector.mlp.fc11": (F, D), "selector.mlp.fc12": (F, D)}
    head |= {"selector.mlp.norm": (F,), "selector.mlp.fc2": (D, F)}
    arrays, x = filled(layers("layers", NOMIC) | head), normal((B, T, D), 99)
    pool = AttentionPool(
        probe_key="selector.attn.latent",
        query_key="selector.attn.Wq",
        key_value_key="selector.attn.Wkv",
        output_key="selector.attn.out_proj",
        norm_key="selector.norm1",
        num_attention_heads=H,
        mlp=VisionSwiGluFfn(prefix="selector.mlp", eps=EPS),
        eps=EPS,
    )
    rope = rf.GridRope.counted((2, 3), D // H, 100.0, prefix=1, trained=(4, 4))
    found = run(
        lambda f: (
            f.grid_rope(rope)
            .repeat_vision_layers(2, D, H, EPS, rope="rope")
            .stage("selector", pool)
        ),
        arrays,
        x,
    )
    w, y = Weights(arrays), x.astype(np.float64)
    bands = 100.0 ** -(np.arange(2) / 2)
    places = [(i * 4 / 2, j * 4 / 3) for i in range(2) for j in range(3)]
    angles = np.asarray([[0.0] * 4] + [[*(i * bands), *(j * bands)] for i, j in places])
    for i in range(2):
        y = nomic_by_hand(w, y, f"layers.{i}", angles)
    probe = np.broadcast_to(w.arrays["selector.attn.latent"][0], (B, 1, D))
    k, v = np.split(w.linear(y, "selector.attn.Wkv"), 2, axis=-1)
    mixed = attend(w.linear(probe, "selector.attn.Wq"), k, v, H)
    a = w.linear(mixed, "selector.attn.out_proj")
    inner = w.norm(a, "selector.norm1", EPS)
    gated = w.linear(inner, "selector.mlp.fc11") * silu(w.linear(inner, "selector.mlp.fc12"))
    a = a + w.linear(w.norm(gated, "selector.mlp.norm", EPS), "selector.mlp.fc2")
    assert np.abs(found - a[:, 0]).max() < 3e-5


def test_fluent_parts_make_the_layer_that_is_repeated() -> None:
    arrays, x = filled(layers("layers", NOMIC)), normal((B, T, D), 99)
    attention = rf.VitSelfAttn.nomic_vision("layers.0", D, H)
    found = run(
        lambda f: (
            f.residual_save()
            .layer_norm("layers.0.norm1.weight", "layers.0.norm1.bias", EPS)
            .vit_self_attn(attention)
            .residual_add()
            .residual_save()
            .layer_norm("layers.0.norm2.weight", "layers.0.norm2.bias", EPS)
            .vision_swiglu_ffn("layers.0", EPS)
            .residual_add()
            .cls_token_pool(B, D)
        ),
        {name: array for name, array in arrays.items() if name.startswith("layers.0.")},
        x,
    )
    wanted = nomic_by_hand(Weights(arrays), x.astype(np.float64), "layers.0", None)
    assert np.abs(found - wanted[:, 0]).max() < 2e-5


def test_fluent_dinov2_parts() -> None:
    arrays, x = filled(layers("blocks", DINOV2)), normal((B, T, D), 99)
    found = run(
        lambda f: (
            f.vit_self_attn(rf.VitSelfAttn.dinov2("blocks.0", D, H))
            .layer_scale("blocks.0.ls1.gamma")
            .gelu_ffn(rf.GeluFfn.dinov2("blocks.0"))
        ),
        {
            k: v
            for k, v in arrays.items()
            if k.startswith(("blocks.0.attn", "blocks.0.ls1", "blocks.0.mlp"))
        },
        x,
    )
    w = Weights(arrays)
    q, k, v = np.split(w.linear(x, "blocks.0.attn.qkv"), 3, axis=-1)
    y = w.linear(attend(q, k, v, H), "blocks.0.attn.proj") * w.arrays["blocks.0.ls1.gamma"]
    y = w.linear(gelu(w.linear(y, "blocks.0.mlp.fc1")), "blocks.0.mlp.fc2")
    assert np.abs(found - y).max() < 2e-5


def test_vision_layers_ask_for_a_mask() -> None:
    flow = rf.ModelFlow("probe").input("x", rf.Shape([B, T, D]))
    with pytest.raises(MissingState, match=r"`layer0/attention`: expected slot `attn_mask`"):
        flow.repeat_dinov2_layers(1, D, H, EPS).check()


def test_a_class_token_of_another_size() -> None:
    flow = rf.ModelFlow("probe").input("x", rf.Shape([B, T, D])).cls_token_pool(B + 1, D)
    with pytest.raises(rf.FlowError, match=r"class token \(C1\): expected b=3, found f32\[b=2"):
        flow.build()
