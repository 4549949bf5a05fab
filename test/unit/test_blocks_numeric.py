"""Each block against its formula in plain numpy float64, through XLA, on odd sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.blocks.activation import ACTIVATIONS, activate
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.embedding import Embed, GatherAdd, GatherFromInput, LearnedPositions
from rlxflow.blocks.head import LogitSoftcap, MlmHead, Pooler
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.mask import positions_mask
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.pool import ClsTokenPool, Normalize, Pool

B, T, D, F, V = 2, 5, 7, 11, 13
BF16 = np.dtype(ml_dtypes.bfloat16)
KEYS = {"query_key": "q", "key_key": "k", "value_key": "v", "output_key": "o"}
Array = np.ndarray
Weights = Mapping[str, Array]


def normal(seed: int, *shape: int) -> Array:
    """Returns random numbers that f32 holds exactly."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(np.float64)


def narrow(arrays: Weights, dtype: Any = np.float32) -> dict[str, Array]:
    return {name: array.astype(dtype) for name, array in arrays.items()}


def run(block: Block, weights: Weights, x: Array, **inputs: Array) -> Array:
    """Returns what a block makes of `x`; other inputs are i32, `keep` is published as the mask."""
    flow = rf.ModelFlow("probe").input(
        "x", rf.Shape(x.shape, "i32" if x.dtype.kind == "i" else "f32")
    )
    for name, array in inputs.items():
        flow = flow.input(name, rf.Shape(array.shape, "i32"))
    flow = flow.when("keep" in inputs, lambda f: f.attn_mask_from_input("keep"))
    model = flow.stage("block", block).build(narrow(weights)).compile()
    given = {"x": x if x.dtype.kind == "i" else x.astype(np.float32), **inputs}
    return np.asarray(model(**given)["output"])


def close(found: Array, wanted: Array, tolerance: float = 2e-6) -> None:
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found.astype(np.float64), wanted, rtol=tolerance, atol=tolerance)


# What the blocks compute, written down once more.

ERF = np.vectorize(math.erf)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + ERF(x / np.sqrt(2)))


def gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


FORMULAS: dict[str, Callable[[Array], Array]] = {
    "gelu": gelu,
    "gelu_erf": gelu,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "gelu_tanh": gelu_tanh,
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "relu": lambda x: np.maximum(x, 0),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "tanh": np.tanh,
}


def layer_norm(x: Array, weight: Array, bias: Array | float, eps: float) -> Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) * weight + bias


def softmax(x: Array) -> Array:
    exps = np.exp(x - x.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def attention(x: Array, w: Weights, block: SelfAttention, keep: Array) -> Array:
    """Returns attention head by head; `keep` [b, t, s] is True where a key is visible."""
    heads, groups, size = block.num_attention_heads, block.num_key_value_heads, block.head_dim
    mixed = np.zeros((x.shape[0], x.shape[1], heads * size))
    for head in range(heads):
        own = slice(head * size, (head + 1) * size)
        group = head // (heads // groups)
        shared = slice(group * size, (group + 1) * size)
        q = x @ w["q.weight"][own].T + (w["q.bias"][own] if block.bias else 0)
        k = x @ w["k.weight"][shared].T + (w["k.bias"][shared] if block.bias else 0)
        v = x @ w["v.weight"][shared].T + (w["v.bias"][shared] if block.bias else 0)
        scores = q @ k.transpose(0, 2, 1) * (size**-0.5 if block.scale is None else block.scale)
        if block.softcap:
            scores = block.softcap * np.tanh(scores / block.softcap)
        mixed[..., own] = softmax(np.where(keep, scores, -1e30)) @ v
    return mixed @ w["o.weight"].T + (w["o.bias"] if block.bias else 0)


def attention_weights(seed: int, heads: int, groups: int, size: int, *, bias: bool) -> Weights:
    rows = {"q": heads * size, "k": groups * size, "v": groups * size}
    made = {f"{name}.weight": normal(seed + i, rows[name], D) for i, name in enumerate(rows)}
    made["o.weight"] = normal(seed + 3, D, heads * size)
    biases = {f"{name}.bias": normal(seed + 4 + i, rows[name]) for i, name in enumerate(rows)}
    return made | biases | {"o.bias": normal(seed + 8, D)} if bias else made


def visible(length: int, *, causal: bool, window: int | None) -> Array:
    """Returns [t, s] by asking for each pair."""
    reach = window or length
    near = [[abs(t - s) < reach for s in range(length)] for t in range(length)]
    past = [[s <= t or not causal for s in range(length)] for t in range(length)]
    return np.array(near) & np.array(past)


# Norms, products, tables


def test_layer_norm_with_and_without_bias():
    x, w, b = normal(1, B, T, D), normal(2, D), normal(3, D)
    biased = LayerNorm(weight_key="w", bias_key="b", eps=0.013)
    close(run(biased, {"w": w, "b": b}, x), layer_norm(x, w, b, 0.013))
    plain = LayerNorm(weight_key="w", eps=0.37)
    close(run(plain, {"w": w}, x), layer_norm(x, w, 0.0, 0.37))


def test_layer_norm_of_one_two_three_four():
    block = LayerNorm(weight_key="w", bias_key="b", eps=1e-12)
    x = np.array([[[1.0, 2, 3, 4]]])
    found = run(block, {"w": np.ones(4), "b": np.zeros(4)}, x)
    close(found[0, 0], np.array([-1.341641, -0.447214, 0.447214, 1.341641]), 1e-6)


def test_layer_norm_does_not_cancel_under_a_large_mean():
    x = np.round(normal(4, B, T, D) * 8) / 8 + 4096.0
    block = LayerNorm(weight_key="w", eps=0.013)
    close(run(block, {"w": np.ones(D)}, x), layer_norm(x, np.ones(D), 0.0, 0.013), 1e-3)


def test_linear_with_and_without_bias():
    x, w, b = normal(1, B, T, D), normal(2, F, D), normal(3, F)
    close(run(Linear(weight_key="w", bias_key="b"), {"w": w, "b": b}, x), x @ w.T + b, 5e-6)
    close(run(Linear(weight_key="w"), {"w": w}, x), x @ w.T, 5e-6)
    square = normal(5, D, D)
    close(run(Linear(weight_key="w"), {"w": square}, x), x @ square.T, 5e-6)


def test_rows_of_tables():
    table, kinds = normal(1, V, D), normal(2, 3, D)
    rng = np.random.default_rng(3)
    ids = rng.integers(0, V, (B, T)).astype(np.int32)
    kind = rng.integers(0, 3, (B, T)).astype(np.int32)
    x = normal(4, B, T, D)
    close(run(Embed(key="e"), {"e": table}, ids), table[ids], 0)
    found = run(GatherFromInput(input="kind", key="e"), {"e": kinds}, x, kind=kind)
    close(found, kinds[kind], 0)
    close(run(GatherAdd(input="kind", key="e"), {"e": kinds}, x, kind=kind), x + kinds[kind])


@pytest.mark.parametrize("offset", [0, 2, 8])
def test_positions_count_from_the_offset(offset):
    table, x = normal(1, V, D), normal(2, B, T, D)
    block = LearnedPositions(key="p", positions=V, offset=offset)
    close(run(block, {"p": table}, x), x + table[offset : offset + T])


# Activations and feed-forward


def test_every_activation_has_a_formula_here():
    assert set(ACTIVATIONS) >= set(FORMULAS)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("form", ["plain", "gated", "fused"])
def test_feed_forward(name, form):
    x = normal(1, B, T, D)
    w = {
        "up.weight": normal(2, F, D),
        "down.weight": normal(3, D, F),
        "gate.weight": normal(4, F, D),
    }
    b = {"up.bias": normal(5, F), "down.bias": normal(6, D), "gate.bias": normal(7, F)}
    act, up = FORMULAS[name], x @ w["up.weight"].T
    gate = x @ w["gate.weight"].T
    if form == "plain":
        block = Mlp(up_key="up", down_key="down", activation=name)
        weights = {k: v for k, v in (w | b).items() if "gate" not in k}
        wanted = act(up + b["up.bias"]) @ w["down.weight"].T + b["down.bias"]
    elif form == "gated":
        block = Mlp(up_key="up", down_key="down", gate_key="gate", activation=name)
        weights = w | b
        wanted = (act(gate + b["gate.bias"]) * (up + b["up.bias"])) @ w["down.weight"].T
        wanted = wanted + b["down.bias"]
    else:
        block = Mlp(gate_up_key="both", down_key="down", activation=name, bias=False)
        both = np.concatenate([w["gate.weight"], w["up.weight"]])
        weights = {"both.weight": both, "down.weight": w["down.weight"]}
        wanted = (act(gate) * up) @ w["down.weight"].T
    close(run(block, weights, x), wanted, 3e-5)


GOLDEN_ACTIVATIONS = {
    "gelu": [-0.0455003, -0.1542688, 0.8413447, 2.9959503],
    "gelu_tanh": [-0.0454023, -0.1542860, 0.8411920, 2.9963626],
    "silu": [-0.2384058, -0.1887703, 0.7310586, 2.8577224],
}


def test_known_values_of_activations_and_softcaps(evaluate):
    x = np.array([-2, -0.5, 1, 3], np.float32)
    found = evaluate(
        lambda v: {name: activate(name, v["x"]) for name in GOLDEN_ACTIVATIONS}, {"x": (x, "d")}
    )
    for name, values in GOLDEN_ACTIVATIONS.items():
        close(found[name], np.array(values), 4e-7)
    for cap, at, value in ((50.0, 100.0, 48.201379), (30.0, 10.0, 9.645382)):
        found = run(LogitSoftcap(cap=cap), {}, np.full((1, 1, 1), at))
        close(found.reshape(1), np.array([value]), 1e-6)


# Attention

FORMS = {
    "bidirectional": {},
    "bidirectional with biases": {"bias": True},
    "causal": {"causal": True},
    "causal with biases": {"causal": True, "bias": True},
    "window": {"causal": True, "window": 3},
    "window on either side": {"window": 2},
    "softcap": {"causal": True, "softcap": 1.25},
    "softcap on both sides": {"softcap": 0.75, "scale": 1.5},
    "scale": {"scale": 0.11},
    "everything": {"causal": True, "window": 3, "softcap": 1.75, "scale": 0.61, "bias": True},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("heads", "groups"), [(3, 3), (6, 2), (4, 1)])
@pytest.mark.parametrize("padding", [False, True])
def test_attention(form, heads, groups, padding):
    numbers: dict[str, Any] = {"bias": False, **FORMS[form]}
    block = SelfAttention(
        **KEYS,
        num_attention_heads=heads,
        num_key_value_heads=groups,
        head_dim=3,
        padding=padding,
        **numbers,
    )
    x, w = normal(1, B, T, D), attention_weights(2, heads, groups, 3, bias=block.bias)
    keep = visible(T, causal=block.causal, window=block.window)[None].repeat(B, 0)
    mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]], np.int32)
    if padding:
        keep = keep & (mask[:, None, :] != 0)
    found = run(block, w, x, **({"keep": mask} if padding else {}))
    rows = keep.any(-1)  # a row without any visible key is looked at elsewhere
    close(found[rows], attention(x, w, block, keep)[rows], 2e-5)


@pytest.mark.parametrize("share", [1, 2, 4])
def test_grouped_heads_are_repeated_one_after_the_other(share):
    groups, size = 3, 2
    x, w = normal(1, B, T, D), dict(attention_weights(2, groups * share, groups, size, bias=False))
    numbers = {"head_dim": size, "bias": False, "padding": False, "causal": True}
    grouped = SelfAttention(
        **KEYS, num_attention_heads=groups * share, num_key_value_heads=groups, **numbers
    )
    found = run(grouped, w, x)
    for name in ("k.weight", "v.weight"):
        w[name] = w[name].reshape(groups, size, D).repeat(share, 0).reshape(-1, D)
    count = groups * share
    plain = SelfAttention(**KEYS, num_attention_heads=count, num_key_value_heads=count, **numbers)
    close(found, run(plain, w, x).astype(np.float64), 5e-6)


def test_four_query_heads_on_two_key_value_heads():
    """Values of kv head j are all j, so that each query head tells which one it used."""
    w = {
        f"{name}.weight": normal(i, rows, 4) for i, (name, rows) in enumerate([("q", 4), ("k", 2)])
    }
    w["v.weight"] = np.array([[0.0] * 4, [1.0] * 4])
    w["o.weight"] = np.eye(4)
    block = SelfAttention(
        **KEYS, num_attention_heads=4, num_key_value_heads=2, head_dim=1, bias=False, padding=False
    )
    x = np.full((1, 3, 4), 0.25)
    close(run(block, w, x), np.broadcast_to([0.0, 0.0, 1.0, 1.0], (1, 3, 4)))


@pytest.mark.parametrize("window", [1, 2, 5])
def test_windows_count_the_own_key(evaluate, window):
    q = np.zeros((5, 1), np.float32)
    found = evaluate(
        lambda v: {
            "causal": positions_mask(v["q"], v["k"], causal=True, window=window),
            "both": positions_mask(v["q"], v["k"], causal=False, window=window),
        },
        {"q": (q, "t e"), "k": (q, "s e")},
    )
    np.testing.assert_array_equal(found["causal"], visible(5, causal=True, window=window))
    np.testing.assert_array_equal(found["both"], visible(5, causal=False, window=window))
    assert found["causal"].sum(-1).tolist() == [min(t + 1, window) for t in range(5)]


def test_query_four_sees_three_keys_in_a_window_of_three(evaluate):
    def build(v: Any) -> dict[str, rf.Value]:
        mask = positions_mask(v["q"], v["k"], causal=True, window=3)
        last = positions_mask(ops.slice(v["q"], "t", 3, 5), v["k"], causal=True, window=3)
        assert mask is not None
        assert last is not None
        return {"mask": mask, "last": last}

    q = np.zeros((5, 1), np.float32)
    found = evaluate(build, {"q": (q, "t e"), "k": (q, "s e")})
    assert np.flatnonzero(found["mask"][4]).tolist() == [2, 3, 4]
    np.testing.assert_array_equal(found["last"], found["mask"][3:])


@pytest.mark.parametrize("softcap", [None, 2.5])
def test_a_query_that_sees_nothing_gets_the_mean_of_all_values(softcap):
    x, w = normal(1, B, T, D), attention_weights(2, 2, 1, 3, bias=False)
    block = SelfAttention(
        **KEYS,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=3,
        bias=False,
        softcap=softcap,
    )
    mask = np.array([[0] * T, [1] * T], np.int32)
    found = run(block, w, x, keep=mask)
    mean = (x[0] @ w["v.weight"].T).mean(0)
    wanted = np.tile(mean, 2) @ w["o.weight"].T
    close(found[0], np.broadcast_to(wanted, (T, D)), 1e-5)


def test_hidden_keys_count_for_nothing_in_spite_of_a_softcap():
    """If the cap came after the mask, hidden scores would be -cap and their values would leak."""
    x, w = normal(1, B, T, D), attention_weights(2, 2, 2, 3, bias=False)
    block = SelfAttention(
        **KEYS, num_attention_heads=2, num_key_value_heads=2, head_dim=3, bias=False, softcap=0.5
    )
    mask = np.array([[1, 1, 0, 1, 0]] * B, np.int32)
    other = x.copy()
    other[:, [2, 4]] = 1e3
    kept = [0, 1, 3]
    first, second = run(block, w, x, keep=mask), run(block, w, other, keep=mask)
    np.testing.assert_array_equal(first[:, kept], second[:, kept])


def test_a_mask_of_ones_is_no_mask():
    x, w = normal(1, B, T, D), attention_weights(2, 2, 1, 3, bias=False)
    numbers = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 3, "bias": False}
    masked = SelfAttention(**KEYS, **numbers)
    flow = rf.ModelFlow("ones").input("x", rf.Shape(x.shape)).attn_mask_ones(B, T)
    model = flow.stage("block", masked).build(narrow(w)).compile()
    found = np.asarray(model(x=x.astype(np.float32))["output"])
    close(found, run(SelfAttention(**KEYS, **numbers, padding=False), w, x).astype(np.float64))


# Pooling, heads, residuals

MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 0]], np.int32)


@pytest.mark.parametrize("pooling", ["cls", "mean", "last", "max"])
def test_pooling_leaves_pads_out(pooling):
    x = normal(1, B, T, D) - 3.0  # the largest kept number is below 0
    rows = [x[b][MASK[b] != 0] for b in range(B)]
    wanted = {
        "cls": x[:, 0],
        "mean": np.stack([row.mean(0) for row in rows]),
        "last": np.stack([row[-1] for row in rows]),
        "max": np.stack([row.max(0) for row in rows]),
    }[pooling]
    close(run(Pool(pooling=pooling), {}, x, keep=MASK), wanted)


def test_the_mean_of_no_token_is_zero():
    x = normal(1, B, T, D)
    found = run(Pool(pooling="mean"), {}, x, keep=np.zeros((B, T), np.int32))
    np.testing.assert_array_equal(found, np.zeros((B, D)))


def test_vectors_of_length_one():
    x = normal(1, B, T, D)
    x[0, 0], x[1, 1] = 0.0, 1e-4
    length = np.sqrt((x * x).sum(-1, keepdims=True))
    close(run(Normalize(), {}, x), x / np.maximum(length, 1e-12))
    close(run(Normalize(floor=0.7), {}, x), x / np.maximum(length, 0.7))


def test_first_token_and_pooler():
    x, w, b = normal(1, B, T, D), normal(2, D, D), normal(3, D)
    close(run(ClsTokenPool(), {}, x), x[:, 0])
    found = run(Pooler(prefix="p"), {"p.weight": w, "p.bias": b}, x)
    close(found, np.tanh(x[:, 0] @ w.T + b), 3e-6)


def test_vocabulary_scores_of_a_tied_head():
    ids = np.random.default_rng(1).integers(0, V, (B, T)).astype(np.int32)
    w = {
        "words": normal(2, V, D),
        "m.transform.dense.weight": normal(3, D, D),
        "m.transform.dense.bias": normal(4, D),
        "m.transform.LayerNorm.weight": normal(5, D),
        "m.transform.LayerNorm.bias": normal(6, D),
        "m.bias": normal(7, V),
    }
    keys = {"dense_key": "m.transform.dense.weight", "norm_key": "m.transform.LayerNorm.weight"}
    keys |= {k.replace("_key", "_bias_key"): f"{n[:-6]}bias" for k, n in keys.items()}
    keys |= {"decoder_key": "words", "bias_key": "m.bias"}
    head = MlmHead(**keys, vocab_size=V, activation="gelu", eps=0.021)
    flow = rf.ModelFlow("tied").input("ids", rf.Shape([B, T], "i32")).stage("e", Embed(key="words"))
    built = flow.stage("head", head).build(narrow(w))
    assert [param.name for param in built.params].count("words") == 1
    y = gelu(w["words"][ids] @ w["m.transform.dense.weight"].T + w["m.transform.dense.bias"])
    norm = "m.transform.LayerNorm"
    y = layer_norm(y, w[f"{norm}.weight"], w[f"{norm}.bias"], 0.021)
    wanted = y @ w["words"].T + w["m.bias"]
    close(np.asarray(built.compile()(ids=ids)["output"]), wanted, 1e-5)


def test_nested_residuals_and_side_outputs():
    x, w, u = normal(1, B, T, D), normal(2, D, D), normal(3, 3, D)
    flow = (
        rf.ModelFlow("nested")
        .input("x", rf.Shape(x.shape))
        .residual_save()
        .linear("w")
        .residual_save()
        .custom(lambda emit, y: ops.tanh(y), name="tanh")
        .tap("early")
        .branch("beside", Linear(weight_key="u"))
        .residual_add()
        .residual_add()
        .output("late")
    )
    found = flow.build(narrow({"w": w, "u": u})).compile()(x=x.astype(np.float32))
    assert list(found) == ["late", "early", "beside"]
    inner = x @ w.T
    close(np.asarray(found["early"]), np.tanh(inner), 5e-6)
    close(np.asarray(found["beside"]), np.tanh(inner) @ u.T, 1e-5)
    close(np.asarray(found["late"]), x + inner + np.tanh(inner), 5e-6)


# Narrow weights


def encoder(dtype: str) -> rf.ModelFlow:
    """Returns table, norm, attention, feed-forward and norm in a row."""
    block = SelfAttention(
        **KEYS, num_attention_heads=4, num_key_value_heads=2, head_dim=3, causal=True, padding=False
    )
    return (
        rf.ModelFlow(f"encoder_{dtype}")
        .input("ids", rf.Shape([B, T], "i32"))
        .embed("words")
        .layer_norm("n.weight", "n.bias", eps=0.013)
        .residual_save()
        .stage("attention", block)
        .residual_add()
        .residual_save()
        .stage("mlp", Mlp(up_key="up", down_key="down", activation="gelu"))
        .residual_add()
        .layer_norm("m.weight", "m.bias", eps=0.027)
    )


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
def test_a_whole_layer_in_each_dtype(dtype):
    ids = np.random.default_rng(1).integers(0, V, (B, T)).astype(np.int32)
    w = {"words": normal(9, V, D), **attention_weights(2, 4, 2, 3, bias=True)}
    w |= {"up.weight": normal(10, F, D), "up.bias": normal(11, F)}
    w |= {"down.weight": normal(12, D, F), "down.bias": normal(13, D)}
    w |= {f"{n}.{p}": normal(14 + i, D) for i, n in enumerate("nm") for p in ("weight", "bias")}
    w = {
        name: array / (1.0 if "n." in name or name == "words" else 4.0) for name, array in w.items()
    }
    numpy_dtype = BF16 if dtype == "bf16" else np.dtype(np.float32)
    stored = narrow(w, numpy_dtype)
    w = {name: array.astype(np.float64) for name, array in stored.items()}
    built = encoder(dtype).build(stored, dtype=dtype)
    assert {param.dtype for param in built.params} == {dtype}
    found = np.asarray(built.compile()(ids=ids)["output"])
    assert found.dtype == numpy_dtype
    block = encoder(dtype).stages[3].block
    assert isinstance(block, SelfAttention)
    x = layer_norm(w["words"][ids], w["n.weight"], w["n.bias"], 0.013)
    keep = visible(T, causal=True, window=None)[None].repeat(B, 0)
    x = x + attention(x, w, block, keep)
    inner = gelu(x @ w["up.weight"].T + w["up.bias"])
    x = x + inner @ w["down.weight"].T + w["down.bias"]
    wanted = layer_norm(x, w["m.weight"], w["m.bias"], 0.027)
    scale = np.abs(wanted).max()
    close(found.astype(np.float64) / scale, wanted / scale, {"f32": 3e-6, "bf16": 2e-2}[dtype])


def test_norms_and_softmax_of_narrow_values_are_computed_in_f32():
    """In bf16 the mean of 300 numbers near 1 and their variance would be far off."""
    x = (1.0 + np.arange(301) / 512)[None, None].astype(BF16)
    flow = rf.ModelFlow("narrow").input("x", rf.Shape(x.shape, "bf16"))
    model = flow.layer_norm("w", "", eps=1e-6).build({"w": np.ones(301, BF16)}).compile()
    found = np.asarray(model(x=x)["output"])
    assert found.dtype == BF16
    close(found.astype(np.float64), layer_norm(x.astype(np.float64), np.ones(301), 0.0, 1e-6), 5e-3)


def test_weights_are_cast_when_the_flow_asks_for_another_dtype():
    x, w = normal(1, B, T, D), normal(2, F, D)
    flow = rf.ModelFlow("cast").input("x", rf.Shape(x.shape)).linear("w")
    built = flow.build(narrow({"w": w}), dtype="bf16")
    assert [str(param.dtype) for param in built.params] == ["bf16"]
    found = np.asarray(built.compile()(x=x.astype(np.float32))["output"])
    assert found.dtype == np.float32
    close(found, x @ w.astype(BF16).astype(np.float64).T, 5e-6)


def test_spans_show_pairs_that_causality_hides_but_no_pads():
    """Tokens 1 and 2 see each other; token 0 still sees itself alone, and pads stay hidden."""
    block = SelfAttention(
        query_key="q",
        key_key="k",
        value_key="v",
        output_key="o",
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=3,
        causal=True,
        span_slot="spans",
        bias=False,
    )
    spans = np.zeros((1, 4, 4), np.int32)
    spans[0, 1:3, 1:3] = 1
    spans[0, 0, 3] = 1  # a pad: must not show
    mask = np.array([[1, 1, 1, 0]], np.int32)
    x = normal(1, 1, 4, 3)
    w = {"q.weight": normal(2, 3, 3), "k.weight": normal(3, 3, 3), "v.weight": np.eye(3)}
    w["o.weight"] = np.eye(3)

    def publish(emit, value):
        emit.set_named("spans", rf.ops.compare(emit.flow_input("spans"), "NE", 0))
        return value

    flow = (
        rf.ModelFlow("spans")
        .input("x", rf.Shape([1, 4, 3]))
        .input("mask", rf.Shape([1, 4], "i32"))
        .input("spans", rf.Shape([1, 4, 4], "i32", axes="b t s"))
        .attn_mask_from_input("mask")
        .custom(publish, name="spans", writes=["spans"])
        .stage("attention", block)
    )
    arrays = {name: np.asarray(array, np.float32) for name, array in w.items()}
    model = flow.build(arrays).compile()
    found = np.asarray(model(x=x.astype(np.float32), mask=mask, spans=spans)["output"])
    keep = np.tril(np.ones((4, 4), bool)) | (spans[0] != 0)
    keep &= mask[0] != 0
    scores = (x[0] @ w["q.weight"].T) @ (x[0] @ w["k.weight"].T).T / np.sqrt(3)
    scores = np.where(keep, scores, -np.inf)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    close(found[0], shares / shares.sum(-1, keepdims=True) @ x[0])
