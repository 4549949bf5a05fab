"""Numbers computed once by other means, six digits or more of each, that must never change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.blocks.activation import activate
from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.base import Block
from rlxflow.blocks.head import LogitSoftcap
from rlxflow.blocks.mask import positions_mask
from rlxflow.blocks.moe import MoeMlp
from rlxflow.blocks.norm import LayerNorm, RmsNorm
from rlxflow.blocks.relative_bias import buckets
from rlxflow.blocks.rope import rotate
from rlxflow.blocks.rope_frequencies import RopeNumbers, inverse_frequencies
from rlxflow.recipes.dinov2 import Dinov2Config

Values = Mapping[str, rf.Value]
POINTS = np.array([-2.0, -0.5, 1.0, 3.0], np.float32)
RAMP = np.array([1.0, 2.0, 3.0, 4.0], np.float32)

# One program holds all of these: what it takes, what is done with it, what must come out.
POINTWISE: dict[str, tuple[np.ndarray, Callable[[rf.Value], rf.Value], list[float], float]] = {
    "gelu": (
        POINTS,
        lambda x: activate("gelu", x),
        [-0.0455003, -0.1542688, 0.8413447, 2.9959503],
        1e-7,
    ),
    "gelu_tanh": (
        POINTS,
        lambda x: activate("gelu_pytorch_tanh", x),
        [-0.0454023, -0.1542860, 0.8411920, 2.9963626],
        1e-7,
    ),
    "silu": (
        POINTS,
        lambda x: activate("silu", x),
        [-0.2384058, -0.1887703, 0.7310586, 2.8577224],
        1e-7,
    ),
    "rope_half": (
        RAMP[None],
        lambda x: turned(x, interleaved=False),
        [-1.984111, 1.959901, 2.462378, 4.019800],
        1e-6,
    ),
    "rope_interleaved": (
        RAMP[None],
        lambda x: turned(x, interleaved=True),
        [-1.142640, 1.922076, 2.959851, 4.029800],
        1e-6,
    ),
}


def turned(x: rf.Value, *, interleaved: bool) -> rf.Value:
    """Rotates a head of 4 at position 1, theta 1e4."""
    numbers = RopeNumbers(max_pos=4, head_dim=4, theta=1e4)
    angles = inverse_frequencies(numbers)[0].astype(np.float32)
    table = ops.constant(x, angles, "r")
    head = x.rename(t="t", d="e")
    return rotate(head, ops.cosine(table), ops.sine(table), interleaved=interleaved)


def test_pointwise(evaluate: Any) -> None:
    arrays = {
        name: (case[0], "t d" if case[0].ndim == 2 else "d") for name, case in POINTWISE.items()
    }

    def operations(values: Values) -> Values:
        return {name: case[1](values[name]) for name, case in POINTWISE.items()}

    found = evaluate(operations, arrays)
    for name, (_, _, wanted, tolerance) in POINTWISE.items():
        np.testing.assert_allclose(
            found[name].reshape(-1), wanted, rtol=0, atol=3 * tolerance, err_msg=name
        )


def run(block: Block, x: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    flow = rf.ModelFlow("golden").input("x", rf.Shape(x.shape)).stage("block", block)
    built = flow.build({name: w.astype(np.float32) for name, w in weights.items()})
    return np.asarray(built.compile()(x=x.astype(np.float32))["output"])


BLOCKS: dict[str, tuple[Block, np.ndarray, dict[str, np.ndarray], list[float]]] = {
    "softcap 50 at 100": (LogitSoftcap(cap=50.0), np.full((1, 1, 1), 100.0), {}, [48.201379]),
    "softcap 30 at 10": (LogitSoftcap(cap=30.0), np.full((1, 1, 1), 10.0), {}, [9.645382]),
    "rms": (
        RmsNorm(weight_key="w", eps=1e-6),
        RAMP[None, None],
        {"w": np.ones(4)},
        [0.365148, 0.730297, 1.095445, 1.460593],
    ),
    "layer norm": (
        LayerNorm(weight_key="w", eps=1e-12),
        RAMP[None, None],
        {"w": np.ones(4)},
        [-1.341641, -0.447214, 0.447214, 1.341641],
    ),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_block(case: str) -> None:
    block, x, weights, wanted = BLOCKS[case]
    np.testing.assert_allclose(run(block, x, weights).reshape(-1), wanted, rtol=0, atol=2e-6)


LLAMA3 = {0: 1.0, 1: 0.663601, 12: 7.29266e-3, 13: 4.83942e-3, 14: 3.21145e-3, 15: 1.29055e-3}
LLAMA3 |= {16: 4.29557e-4, 17: 9.70829e-5, 18: 1.94616e-5, 31: 9.41831e-8}
YARN = {23: 6.97831e-3, 24: 5.37532e-3, 39: 6.49039e-5, 40: 4.44570e-5, 63: 3.10234e-7}
PROPORTIONAL = {0: 1.0, 1: 0.947464, 2: 0.897687}
ROPES: dict[str, tuple[RopeNumbers, dict[int, float], float]] = {
    "llama3": (
        RopeNumbers(
            max_pos=131072,
            head_dim=64,
            theta=5e5,
            rope_type="llama3",
            factor=32.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=8192,
        ),
        LLAMA3,
        1.0,
    ),
    "yarn": (
        RopeNumbers(
            max_pos=131072,
            head_dim=128,
            theta=1e6,
            rope_type="yarn",
            factor=4.0,
            original_max_position_embeddings=32768,
        ),
        YARN,
        1.1386294,
    ),
    "proportional": (
        RopeNumbers(
            max_pos=131072, head_dim=512, theta=1e6, rope_type="proportional", proportion=0.25
        ),
        PROPORTIONAL,
        1.0,
    ),
}


@pytest.mark.parametrize("case", ROPES)
def test_frequencies(case: str) -> None:
    numbers, wanted, factor = ROPES[case]
    found, attention = inverse_frequencies(numbers)
    np.testing.assert_allclose(found[[*wanted]], [*wanted.values()], rtol=3e-6)
    assert attention == pytest.approx(factor, abs=5e-8)


def test_yarn_ramps_from_23_to_40_and_proportional_rests_behind_64() -> None:
    yarn = ROPES["yarn"][0]
    plain = 1e6 ** -(np.arange(0, 128, 2) / 128)
    mixed = inverse_frequencies(yarn)[0]
    np.testing.assert_allclose(mixed[:24], plain[:24])
    np.testing.assert_allclose(mixed[40:], plain[40:] / 4)
    assert mixed[24] < plain[24]
    assert mixed[39] > plain[39] / 4
    resting = inverse_frequencies(ROPES["proportional"][0])[0]
    assert (len(resting), np.count_nonzero(resting), np.count_nonzero(resting[64:])) == (256, 64, 0)


def test_routing_of_two_experts_out_of_four() -> None:
    """Logits 1, 2, 3, 0: expert 2 gets 0.7310586 and expert 1 0.2689414.

    Expert e answers with `silu(1) * (e + 1)` in element e, so that the answer shows the shares.
    """
    answers = np.zeros((4, 1, 1, 4))  # expert, f, one, d
    answers[np.arange(4), 0, 0, np.arange(4)] = [1.0, 2.0, 3.0, 4.0]
    weights = {
        "router": np.diag([1.0, 2.0, 3.0, 0.0]),
        "gate": np.ones((4, 1, 4)) / 4,
        "up": np.ones((4, 1, 4)) / 4,
        "down": answers[:, :, 0].transpose(0, 2, 1),
    }
    block = MoeMlp(
        router_key="router",
        gate_key="gate",
        up_key="up",
        down_key="down",
        num_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=1,
        norm_topk_prob=True,
        activation="silu",
        form="dense",
    )
    found = run(block, np.ones((1, 1, 4)), weights)[0, 0] / 0.7310586  # silu(1)
    np.testing.assert_allclose(found, [0, 2 * 0.2689414, 3 * 0.7310586, 0], atol=1e-6)


GDN = {
    "gdn.q": np.array([[1.0, 0.0], [0.6, 0.8]]),
    "gdn.k": np.array([[0.6, 0.8], [1.0, 0.0]]),
    "gdn.v": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "gdn.g": np.array([-0.1, -0.2]),
    "gdn.beta": np.array([0.5, 0.25]),
}


@pytest.mark.parametrize("tokens", [2, 11])
def test_two_tokens_of_the_gated_delta_rule(tokens: int) -> None:
    """Two steps, and the same in the chunked form with tokens behind that change nothing."""

    def publish(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        for name, rows in GDN.items():
            filled = np.zeros((tokens, *rows.shape[1:]), np.float32)
            filled[:2] = rows
            wide = filled[None, :, None].astype(np.float32)
            emit.set_named(name, emit.constant_array(wide, "b t h e"[: 2 * wide.ndim - 1]))
        return x

    flow = (
        rf.ModelFlow("gdn")
        .input("x", rf.Shape([1, tokens, 2]))
        .custom(publish, name="publish", writes=[*GDN])
        .gdn_scan(rf.GdnScan.prefill(2, (1, tokens, 2)).with_carry("layers.0.state"))
    )
    model = flow.build().compile()
    out = model(x=np.zeros((1, tokens, 2), np.float32), **model.new_states())
    answers = [[0.212132, 0.424264], [0.581611, 0.951090]]
    np.testing.assert_allclose(out["output"][0, :2], answers, rtol=0, atol=2e-6)
    state = [[0.934214, 1.368429], [0.327492, 0.654985]]
    np.testing.assert_allclose(out["layers.0.state"][0, 0], state, rtol=0, atol=2e-6)


def test_query_heads_share_and_a_window_ends(evaluate: Any) -> None:
    """Heads 0, 1 use keys of head 0 and 2, 3 those of head 1; query 4 of window 3 sees 2, 3, 4."""
    q = np.zeros((1, 5, 2, 2, 1), np.float32)
    v = np.array([10.0, 20.0], np.float32)[None, None, :, None] * np.ones((1, 5, 2, 1), np.float32)

    def operations(values: Values) -> Values:
        query, key = values["q"], values["v"]
        mask = positions_mask(query, key, causal=True, window=3)
        assert mask is not None
        mixed = attend(query, key, key, scale=1.0)
        return {"mask": mask.astype("i32"), "mixed": mixed.merge("k g", "h")}

    found = evaluate(operations, {"q": (q, "b t k g e"), "v": (v, "b s k e")})
    np.testing.assert_array_equal(np.flatnonzero(found["mask"][4]), [2, 3, 4])
    np.testing.assert_array_equal(np.flatnonzero(found["mask"][1]), [0, 1])
    np.testing.assert_allclose(found["mixed"][0, 0, :, 0], [10, 10, 20, 20], rtol=1e-6)


def test_width_of_the_largest_dinov2() -> None:
    config = Dinov2Config.model_construct(hidden_size=1536, mlp_ratio=4, use_swiglu_ffn=True)
    assert config.inner_size == 4096


def test_buckets_of_mpnet() -> None:
    distances = np.array([-200, -20, -8, -7, -1, 0, 1, 7, 8, 20, 127])
    wanted = [15, 10, 8, 7, 1, 0, 17, 23, 24, 26, 31]
    np.testing.assert_array_equal(buckets(distances, 32, 128), wanted)
