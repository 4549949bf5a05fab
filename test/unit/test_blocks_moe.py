"""Mixture of experts against a loop over tokens in f64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlxflow.blocks.moe import FORMS, MoeMlp
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape

B, T, D, F, SHARED = 2, 20, 6, 5, 7  # enough tokens for `grouped` not to fall back to `dense`
KEYS = {"router_key": "router", "gate_key": "gate", "up_key": "up", "down_key": "down"}
pytestmark = pytest.mark.numeric


def block(**changes: Any) -> MoeMlp:
    numbers = {
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "norm_topk_prob": True,
        "moe_intermediate_size": F,
    }
    return MoeMlp(**KEYS | numbers | changes)


def weights(experts: int = 8, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return {
        "router": draw(experts, D),
        "gate": draw(experts, F, D),
        "up": draw(experts, F, D),
        "down": draw(experts, D, F),
        "shared.gate_proj.weight": draw(SHARED, D),
        "shared.up_proj.weight": draw(SHARED, D),
        "shared.down_proj.weight": draw(D, SHARED),
        "shared_gate": draw(1, D),
    }


def run(made: MoeMlp, held: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    dtype = "f32" if x.dtype == np.float32 else "bf16"
    flow = ModelFlow("moe").input("x", Shape(x.shape, dtype)).stage("mlp", made)
    used = {k: v for k, v in held.items() if made.shared_key or not k.startswith("shared")}
    if not made.shared_gate_key:
        used.pop("shared_gate", None)
    return np.asarray(flow.build(used, dtype=dtype).compile()(x=x)["output"])


def silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-x))


def feed(x: np.ndarray, gate: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    return down @ (silu(gate @ x) * (up @ x))


def expected(made: MoeMlp, held: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    w = {name: array.astype(np.float64) for name, array in held.items()}
    y = np.zeros(x.shape)
    for at in np.ndindex(*x.shape[:-1]):
        token = x[at].astype(np.float64)
        scores = np.exp(w["router"] @ token)
        scores /= scores.sum()
        best = sorted(range(len(scores)), key=lambda e: (-scores[e], e))
        best = best[: made.num_experts_per_tok]
        whole = scores[best].sum() if made.norm_topk_prob else 1.0
        for e in best:
            y[at] += scores[e] / whole * feed(token, w["gate"][e], w["up"][e], w["down"][e])
        if made.shared_key:
            parts = [w[f"shared.{part}_proj.weight"] for part in ("gate", "up", "down")]
            gate = (w["shared_gate"] @ token)[0] if made.shared_gate_key else np.inf
            y[at] += feed(token, *parts) / (1 + np.exp(-gate))
    return y


def inputs(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_weighted_sum(form: str, norm: bool) -> None:
    made, held, x = block(form=form, norm_topk_prob=norm), weights(), inputs(B, T, D)
    np.testing.assert_allclose(run(made, held, x), expected(made, held, x), rtol=5e-6, atol=1e-5)


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_the_shared_expert_is_added(form: str, gated: bool) -> None:
    shared = {"shared_key": "shared", "shared_intermediate_size": SHARED}
    made = block(form=form, **shared, shared_gate_key="shared_gate" if gated else "")
    held, x = weights(), inputs(B, T, D)
    np.testing.assert_allclose(run(made, held, x), expected(made, held, x), rtol=5e-6, atol=1e-5)


@pytest.mark.parametrize(("experts", "chosen"), [(1, 1), (3, 3), (16, 1), (16, 5)])
@pytest.mark.parametrize("form", FORMS)
def test_any_number_of_experts(form: str, experts: int, chosen: int) -> None:
    made = block(form=form, num_experts=experts, num_experts_per_tok=chosen)
    held, x = weights(experts), inputs(B, 20, D)
    np.testing.assert_allclose(run(made, held, x), expected(made, held, x), rtol=5e-6, atol=1e-5)


def test_grouped_takes_as_many_rounds_as_the_fullest_expert_needs() -> None:
    held = weights(16)
    held["router"][5] += 30  # with positive inputs all tokens choose expert 5 first
    x = np.abs(inputs(3, 20, D))
    made = block(form="grouped", num_experts=16)
    np.testing.assert_allclose(run(made, held, x), expected(made, held, x), rtol=5e-6, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_of_equal_experts_the_lower_index_comes_first(form: str) -> None:
    held = weights()
    held["router"][...] = held["router"][0]
    made, x = block(form=form), inputs(1, T, D)
    np.testing.assert_allclose(run(made, held, x), expected(made, held, x), rtol=5e-6, atol=1e-5)
    held["gate"][2:] = np.nan
    assert np.isfinite(run(block(form="gathered"), held, x)).all()


@pytest.mark.parametrize("form", FORMS)
def test_a_broken_token_does_not_touch_its_neighbours(form: str) -> None:
    made, held, x = block(form=form), weights(), inputs(1, T, D)
    x[0, 3] = np.nan
    y = run(made, held, x)
    others = np.arange(T) != 3
    want = expected(made, held, np.nan_to_num(x))
    np.testing.assert_allclose(y[:, others], want[:, others], rtol=5e-6, atol=1e-5)


def test_the_router_weights_are_those_of_the_formula() -> None:
    # Logits 1, 2, 3, 0 and experts that give back 1, 10, 100, 1000.
    held = {
        "router": np.asarray([[1.0], [2.0], [3.0], [0.0]], np.float32),
        "gate": np.full((4, 1, 1), 40.0, np.float32),  # silu(40) = 40
        "up": np.full((4, 1, 1), 1 / 40, np.float32),
        "down": np.asarray([1.0, 10.0, 100.0, 1000.0], np.float32).reshape(4, 1, 1),
    }
    made = block(num_experts=4, moe_intermediate_size=1)
    y = run(made, held, np.ones((1, 1, 1), np.float32))[0, 0, 0]
    assert y == pytest.approx(100 * 0.7310586 + 10 * 0.2689414, rel=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_bf16_stays_near(form: str) -> None:
    import ml_dtypes

    held = {k: v.astype(ml_dtypes.bfloat16) for k, v in weights().items()}
    x, made = inputs(B, T, D).astype(ml_dtypes.bfloat16), block(form=form)
    y = run(made, held, x)
    assert y.dtype == ml_dtypes.bfloat16
    want = expected(made, held, x)
    assert np.abs(y.astype(np.float64) - want).max() < 0.03 * np.abs(want).max()


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"\(C1\): expected num_experts_per_tok of 1 to 8"):
        block(num_experts_per_tok=9)
    with pytest.raises(ConfigError, match=r"\(C2\): expected shared_key and shared_inter"):
        block(shared_key="shared")
    with pytest.raises(ConfigError, match="expected one of dense, grouped, gathered"):
        block(form="sparse")
    with pytest.raises(ConfigError, match="found `relu7`"):
        block(activation="relu7")
