"""The blocks of vision encoders against their formulas in plain numpy float64, on odd sizes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from vision_by_hand import attend, gelu_tanh, layer_norm, silu

import rlxflow as rf
from rlxflow.blocks.attention_pool import AttentionPool
from rlxflow.blocks.base import Block
from rlxflow.blocks.grid_rope import GridRope
from rlxflow.blocks.image_positions import GridPositions, ImagePositions
from rlxflow.blocks.layer_scale import LayerScale
from rlxflow.blocks.match import EosToken, MatchScores
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.patches import InsertTokens, PatchEmbed, PatchLinear
from rlxflow.blocks.pool import ClsAndMean, LastTokenPool
from rlxflow.blocks.swiglu_norm import VisionSwiGluFfn
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.resize import resize_matrix

Array = np.ndarray
B, T, D, H, F, EPS = 2, 5, 12, 3, 7, 0.07


def normal(seed: int, *shape: int) -> Array:
    """Returns random numbers that f32 holds exactly."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(np.float64)


def run(block: Block, weights: Mapping[str, Array], **inputs: Array) -> dict[str, Array]:
    """Returns all outputs of a block; the first input is its value."""
    flow, axes = rf.ModelFlow("probe"), {"pixels": "b c y x", "spatial_shapes": "b n"}
    axes |= dict.fromkeys(("images", "texts"), "b d")
    for name, array in inputs.items():
        dtype = "i32" if array.dtype.kind == "i" else "f32"
        flow = flow.input(name, rf.Shape(array.shape, dtype, axes=axes.get(name)))
    flow = flow.when("keep" in inputs, lambda f: f.attn_mask_from_input("keep"))
    flow = flow.when("texts" in inputs, lambda f: f.bind_inputs_to_streams([("texts", "text")]))
    built = flow.stage("block", block).build({k: v.astype("f") for k, v in weights.items()})
    given = {k: v if v.dtype.kind == "i" else v.astype("f") for k, v in inputs.items()}
    return {name: np.asarray(array) for name, array in built.compile()(**given).items()}


def close(found: Array, wanted: Array, tolerance: float = 3e-6) -> None:
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_patches_are_cut_in_rows_and_what_is_left_over_is_dropped() -> None:
    pixels, weight, bias = normal(1, B, 3, 7, 11), normal(2, D, 3, 2, 3), normal(3, D)
    block = PatchEmbed(
        weight_key="w", bias_key="b", input="pixels", hidden_size=D, patch_size=(2, 3)
    )
    wanted = [
        np.einsum("bcpq,dcpq->bd", pixels[:, :, y : y + 2, x : x + 3], weight) + bias
        for y in (0, 2, 4)
        for x in (0, 3, 6)
    ]
    close(run(block, {"w": weight, "b": bias}, pixels=pixels)["output"], np.stack(wanted, 1))
    with pytest.raises(ShapeError, match=r"patch embedding \(C1\): expected at least one patch"):
        run(block, {"w": weight, "b": bias}, pixels=pixels[:, :, :1])


def test_flat_patches_are_one_product() -> None:
    patches, weight, bias = normal(1, B, T, 6), normal(2, D, 6), normal(3, D)
    found = run(
        PatchLinear(prefix="p", input="rows", hidden_size=D),
        {"p.weight": weight, "p.bias": bias},
        rows=patches,
    )
    close(found["output"], patches @ weight.T + bias)


@pytest.mark.parametrize("at", [0, 1, T])
def test_tokens_are_inserted(at: int) -> None:
    x, tokens = normal(1, B, T, D), normal(2, 1, 2, D)
    found = run(InsertTokens(key="k", count=2, at=at), {"k": tokens}, x=x)["output"]
    both = np.broadcast_to(tokens, (B, 2, D))
    close(found, np.concatenate([x[:, :at], both, x[:, at:]], 1))


def test_a_flat_class_token_comes_first() -> None:
    x, token = normal(1, B, T, D), normal(2, D)
    found = run(InsertTokens(key="k", flat=True), {"k": token}, x=x)["output"]
    close(found, np.concatenate([np.broadcast_to(token, (B, 1, D)), x], 1))


@pytest.mark.parametrize("method", ["bicubic", "bicubic_antialias"])
def test_positions_are_resized(method: str) -> None:
    x, table = normal(1, B, 1 + 2 * 7, D), normal(2, 1, 1 + 3 * 4, D)
    block = ImagePositions(
        key="k", grid=(3, 4), target=(2, 7), prefix=1, method=method, batched=True
    )
    rows, columns = resize_matrix(3, 2, method), resize_matrix(4, 7, method)
    patches = np.einsum("ry,sx,yxd->rsd", rows, columns, table[0, 1:].reshape(3, 4, D))
    wanted = x + np.concatenate([table[0, :1], patches.reshape(14, D)])
    close(run(block, {"k": table}, x=x)["output"], wanted)
    with pytest.raises(ShapeError, match=r"positions \(C1\): expected 15 tokens"):
        run(block, {"k": table}, x=x[:, 1:])


def test_positions_of_the_same_grid_stay() -> None:
    x, table = normal(1, B, 6, D), normal(2, 6, D)
    close(
        run(ImagePositions(key="k", grid=(2, 3), target=(2, 3)), {"k": table}, x=x)["output"],
        x + table,
    )


def test_positions_are_resized_to_grids_known_at_run_time() -> None:
    x, table = normal(1, 3, 9, D), normal(2, 12, D)
    shapes = np.asarray([[2, 4], [3, 1], [1, 9]], np.int32)
    found = run(GridPositions(key="k", grid=(3, 4)), {"k": table}, x=x, spatial_shapes=shapes)
    for row, (height, width) in enumerate(shapes):
        rows = resize_matrix(3, height, "bilinear_antialias")
        columns = resize_matrix(4, width, "bilinear_antialias")
        grid = np.einsum("ry,sx,yxd->rsd", rows, columns, table.reshape(3, 4, D))
        grid = grid.reshape(-1, D)
        beyond = np.broadcast_to(grid[0], (9 - len(grid), D))
        close(found["output"][row], x[row] + np.concatenate([grid, beyond]))


def publish_tables(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
    for name in ("cos", "sin"):
        emit.publish_side_output(name, emit.named(f"rope.{name}"))
    return x


@pytest.mark.parametrize("centred", [True, False])
def test_angles_of_a_grid(centred: bool) -> None:
    grid, theta = (3, 2), 50.0
    if centred:
        rope = GridRope.centred(grid, 12, theta, prefix=2)
        places = [2 * np.pi * (2 * (np.arange(n) + 0.5) / n - 1) for n in grid]
    else:
        rope = GridRope.counted(grid, 12, theta, prefix=2, trained=(6, 5))
        places = [np.arange(n) * whole / n for n, whole in zip(grid, (6, 5), strict=True)]
    flow = rf.ModelFlow("probe").input("x", rf.Shape([1])).grid_rope(rope)
    flow = flow.custom(publish_tables, reads=("rope.cos", "rope.sin"))
    found = flow.build().compile()(x=np.zeros(1, "f"))
    frequencies = theta ** -(np.arange(3) / 3)
    angles = [[0.0] * 6] * 2 + [
        [*(y * frequencies), *(x * frequencies)] for y in places[0] for x in places[1]
    ]
    close(np.asarray(found["cos"]), np.cos(angles), 1e-6)
    close(np.asarray(found["sin"]), np.sin(angles), 1e-6)


def test_a_grid_of_angles_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match=r"rope of a grid: .*multiple of 4.*found 10,"):
        GridRope(grid=(2, 2), head_dim=10, theta=100.0)


POOL = {
    "probe": (1, 1, D),
    "in_weight": (3 * D, D),
    "in_bias": (3 * D,),
    "out.weight": (D, D),
    "out.bias": (D,),
    "ln.weight": (D,),
    "ln.bias": (D,),
    "up.weight": (F, D),
    "up.bias": (F,),
    "down.weight": (D, F),
    "down.bias": (D,),
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("fused", [True, False])
def test_a_probe_attends_to_the_tokens(fused: bool, masked: bool) -> None:
    x, w = normal(1, B, T, D), {name: normal(7, *shape) for name, shape in POOL.items()}
    keep = np.asarray([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1]], np.int32)
    block = AttentionPool(
        probe_key="probe",
        qkv_key="in" if fused else "",
        query_key="" if fused else "q",
        key_value_key="" if fused else "kv",
        output_key="out",
        norm_key="ln",
        num_attention_heads=H,
        mlp=Mlp(up_key="up", down_key="down", activation="gelu_tanh"),
        eps=EPS,
        masked=masked,
    )
    q, k, v = np.split(w["in_weight"], 3)
    bq, bk, bv = np.split(w["in_bias"], 3)
    query = np.broadcast_to(w["probe"][0] @ q.T + bq, (B, 1, D))
    seen = keep if masked else None
    mixed = attend(query, x @ k.T + bk, x @ v.T + bv, H, seen)
    a = mixed @ w["out.weight"].T + w["out.bias"]
    inner = gelu_tanh(
        layer_norm(a, w["ln.weight"], w["ln.bias"], EPS) @ w["up.weight"].T + w["up.bias"]
    )
    wanted = (a + inner @ w["down.weight"].T + w["down.bias"])[:, 0]
    if not fused:
        w |= {"q.weight": q, "q.bias": bq}
        w |= {"kv.weight": np.concatenate([k, v]), "kv.bias": np.concatenate([bk, bv])}
        del w["in_weight"], w["in_bias"]
    close(run(block, w, x=x, **({"keep": keep} if masked else {}))["output"], wanted, 1e-5)


def test_heads_that_do_not_divide_the_hidden_size() -> None:
    block = AttentionPool(
        probe_key="p", qkv_key="q", output_key="o", norm_key="n", num_attention_heads=5,
        mlp=Mlp(up_key="u", down_key="d", activation="gelu"), eps=EPS,
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"attention pool \(C1\): expected .*divides 12, found 5"):
        run(block, {}, x=normal(1, B, T, D))


def test_layer_scale() -> None:
    x, weight = normal(1, B, T, D), normal(2, D)
    close(run(LayerScale(key="k"), {"k": weight}, x=x)["output"], x * weight)


def test_gated_feed_forward_with_a_norm_inside() -> None:
    shapes = {"fc11": (F, D), "fc12": (F, D), "fc2": (D, F)}
    w = {f"m.{name}.weight": normal(i, *shape) for i, (name, shape) in enumerate(shapes.items())}
    w |= {f"m.{name}.bias": normal(9 + i, s[0]) for i, (name, s) in enumerate(shapes.items())}
    w |= {"m.norm.weight": normal(20, F), "m.norm.bias": normal(21, F)}
    x = normal(22, B, T, D)
    up, gate = (x @ w[f"m.{n}.weight"].T + w[f"m.{n}.bias"] for n in ("fc11", "fc12"))
    inner = layer_norm(up * silu(gate), w["m.norm.weight"], w["m.norm.bias"], EPS)
    wanted = inner @ w["m.fc2.weight"].T + w["m.fc2.bias"]
    close(run(VisionSwiGluFfn(prefix="m", eps=EPS), w, x=x)["output"], wanted, 1e-5)


@pytest.mark.parametrize("scalar", [False, True])
def test_scores_of_texts_and_images(scalar: bool) -> None:
    images, texts = normal(1, 3, D), normal(2, 4, D)
    scale, bias = (np.full(() if scalar else (1,), number) for number in (0.75, -1.5))
    block = MatchScores(scale_key="s", bias_key="b", scalar=scalar)
    found = run(block, {"s": scale, "b": bias}, images=images, texts=texts)
    wanted = images @ texts.T * np.exp(0.75) - 1.5
    close(found["output"], wanted, 1e-5)
    close(found["logits_per_text"], wanted.T, 1e-5)


@pytest.mark.parametrize(("eos", "wanted"), [(9, (1, 3)), (None, (0, 2)), (7, (0, 0))])
def test_the_token_that_ends_a_text(eos: int | None, wanted: tuple[int, int]) -> None:
    x = normal(1, B, T, D)
    ids = np.asarray([[12, 9, 9, 1, 12], [3, 4, 11, 9, 5]], np.int32)
    found = run(EosToken(input="ids", eos_token_id=eos), {}, x=x, ids=ids)["output"]
    close(found, x[np.arange(B), wanted])


def test_first_and_mean_and_last() -> None:
    x = normal(1, B, T, D)
    wanted = np.concatenate([x[:, 0], x[:, 3:].mean(1)], 1)
    close(run(ClsAndMean(skip=2), {}, x=x)["output"], wanted)
    close(run(LastTokenPool(), {}, x=x)["output"], x[:, -1])
