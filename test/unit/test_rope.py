"""Rotary positions: frequencies of every type, both spellings of configs, tables, the rotation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlxflow as rf
from rlxflow.blocks.rope import RopeTables, rotate
from rlxflow.blocks.rope_frequencies import RopeNumbers, inverse_frequencies
from rlxflow.blocks.tokens import Positions
from rlxflow.errors import ConfigError
from rlxflow.recipes import find_recipe

EVEN = np.arange(0, 64, 2) / 64


def frequencies(long: bool = False, **numbers: Any) -> tuple[np.ndarray, float]:
    return inverse_frequencies(
        RopeNumbers(**({"max_pos": 64, "head_dim": 64} | numbers)), long=long
    )


def test_default_is_a_geometric_row() -> None:
    found, attention = frequencies(theta=500.0)
    assert np.allclose(found, 500.0**-EVEN, rtol=1e-15)
    assert found.dtype == np.float64
    assert attention == 1.0


def test_linear_and_factors_divide() -> None:
    plain, _ = frequencies()
    assert np.array_equal(frequencies(rope_type="linear", factor=8.0)[0], plain / 8)
    each = tuple(np.linspace(1, 40, 32).tolist())
    assert np.array_equal(frequencies(rope_type="factors", factors=each)[0], plain / each)


LLAMA3 = {0: 1.0, 1: 0.663601, 12: 7.29266e-3, 13: 4.83942e-3, 14: 3.21145e-3, 15: 1.29055e-3}
LLAMA3 |= {16: 4.29557e-4, 17: 9.70829e-5, 18: 1.94616e-5, 31: 9.41831e-8}


def test_llama3_has_three_bands() -> None:
    found, attention = frequencies(
        rope_type="llama3",
        theta=5e5,
        factor=32.0,
        low_freq_factor=1.0,
        high_freq_factor=4.0,
        original_max_position_embeddings=8192,
    )
    assert attention == 1.0
    assert {i: float(f"{found[i]:.6g}") for i in LLAMA3} == pytest.approx(LLAMA3, rel=1e-6)
    plain, wavelengths = 5e5**-EVEN, 2 * math.pi * 5e5**EVEN
    assert np.allclose(found[wavelengths < 2048], plain[wavelengths < 2048], rtol=1e-15)
    assert np.allclose(found[wavelengths > 8192], plain[wavelengths > 8192] / 32, rtol=1e-15)


YARN = {"rope_type": "yarn", "theta": 1e6, "head_dim": 128, "factor": 4.0}
YARN |= {"original_max_position_embeddings": 32768}


def test_yarn_ramps_between_two_places() -> None:
    found, attention = frequencies(**YARN)
    wanted = {23: 6.97831e-3, 24: 5.37532e-3, 39: 6.49039e-5, 40: 4.44570e-5, 63: 3.10234e-7}
    assert {i: float(found[i]) for i in wanted} == pytest.approx(wanted, rel=2e-6)
    assert attention == pytest.approx(1.1386294, abs=1e-7)
    plain = 1e6 ** -(np.arange(0, 128, 2) / 128)
    assert np.allclose(found[:24], plain[:24], rtol=1e-15)
    assert np.allclose(found[40:], plain[40:] / 4, rtol=1e-15)


def test_yarn_without_truncation_begins_between_the_places() -> None:
    found, _ = frequencies(**YARN, truncate=False)
    truncated, _ = frequencies(**YARN)
    low, high = (
        128 * math.log(32768 / (turns * 2 * math.pi)) / (2 * math.log(1e6)) for turns in (32, 1)
    )
    ramp = np.clip((np.arange(64) - low) / (high - low), 0, 1)
    plain = 1e6 ** -(np.arange(0, 128, 2) / 128)
    assert np.allclose(found, plain / 4 * ramp + plain * (1 - ramp), rtol=1e-12)
    assert not np.allclose(found, truncated, rtol=1e-3)


@pytest.mark.parametrize(
    ("numbers", "attention"),
    [
        ({"attention_factor": 1.5}, 1.5),
        ({"factor": 1.0}, 1.0),
        (
            {"mscale": 1.0, "mscale_all_dim": 0.5},
            (1 + 0.1 * math.log(4)) / (1 + 0.05 * math.log(4)),
        ),
        ({"mscale": 1.0}, 1 + 0.1 * math.log(4)),
    ],
)
def test_yarn_attention_factor(numbers: dict[str, float], attention: float) -> None:
    assert frequencies(**YARN | numbers)[1] == pytest.approx(attention, rel=1e-15)


LONG = {"rope_type": "longrope", "head_dim": 8, "max_pos": 400}
LONG |= {"original_max_position_embeddings": 100}
LONG |= {"short_factor": (1.0, 1.5, 2.0, 3.0), "long_factor": (2.0, 4.0, 8.0, 16.0)}


def test_longrope_has_two_lists() -> None:
    plain = 1e4 ** -(np.arange(0, 8, 2) / 8)
    assert np.allclose(frequencies(**LONG)[0], plain / LONG["short_factor"], rtol=1e-15)
    assert np.allclose(frequencies(**LONG, long=True)[0], plain / LONG["long_factor"], rtol=1e-15)


@pytest.mark.parametrize(
    ("numbers", "attention"),
    [
        ({}, math.sqrt(1 + math.log(4) / math.log(100))),
        ({"factor": 9.0}, math.sqrt(1 + math.log(9) / math.log(100))),
        ({"max_pos": 100}, 1.0),
        ({"attention_factor": 1.25}, 1.25),
    ],
)
def test_longrope_attention_factor(numbers: dict[str, Any], attention: float) -> None:
    assert frequencies(**LONG | numbers)[1] == pytest.approx(attention, rel=1e-15)


def test_proportional_rests_behind_its_share() -> None:
    found, _ = frequencies(rope_type="proportional", theta=1e6, head_dim=512, proportion=0.25)
    assert found.shape == (256,)
    assert np.count_nonzero(found) == 64
    assert not found[64:].any()
    assert found[:3] == pytest.approx([1.0, 0.947464, 0.897687], abs=5e-7)
    halved, _ = frequencies(
        rope_type="proportional", theta=1e6, head_dim=512, proportion=0.25, factor=2.0
    )
    assert np.array_equal(halved, found / 2)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"rope_type": "lama3"}, r"^rope_type: expected .*found lama3; did you mean `llama3`\?"),
        ({"rotary_dim": 5}, r"^rope: expected an even number of at most 64, found 5"),
        ({"factor": 0.0}, "^rope: factor: expected above 0, found 0.0"),
        ({"theta": float("nan")}, "^rope: theta: expected above 0, found nan"),
        ({"low_freq_factor": 4.0}, "^rope: bands of frequencies: expected above 0, found 0.0"),
        ({"rotary_dim": 66}, "at most 64, found 66"),
        ({"rotary_dim": 0}, "at most 64, found 0"),
        (
            {"rope_type": "factors", "factors": (1.0,)},
            "`factors`: expected 32 factors, found 1",
        ),
        (LONG | {"long_factor": (1.0,) * 5}, "^rope `longrope`: expected 4 factors, found 5"),
    ],
)
def test_numbers_that_cannot_be(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        frequencies(**numbers)


# Configs


BASE = {"vocab_size": 9, "hidden_size": 32, "intermediate_size": 8, "num_hidden_layers": 6}
BASE |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 400}
SCALED: dict[str, dict[str, Any]] = {
    "linear": {"factor": 4.0},
    "dynamic": {"factor": 2.0},
    "llama3": {
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 50,
    },
    "yarn": {"factor": 4.0, "original_max_position_embeddings": 100, "beta_fast": 16.0},
}


def ropes(family: str, **keys: Any) -> tuple[RopeTables, ...]:
    raw = {"model_type": family, **BASE, **keys}
    recipe = find_recipe(raw, "config")
    return recipe.spec(recipe.config_class.from_dict(raw)).ropes


@pytest.mark.parametrize("kind", SCALED)
@pytest.mark.parametrize("type_key", ["rope_type", "type"])
def test_both_spellings_of_a_scaled_rope(kind: str, type_key: str) -> None:
    new = {"rope_type": kind, "rope_theta": 777.0, **SCALED[kind]}
    old = {type_key: kind, **SCALED[kind]}
    (found,) = ropes("llama", rope_theta=777.0, rope_scaling=old)
    assert (found,) == ropes("llama", rope_parameters=new)
    assert found.rope_type == kind
    assert found.theta == 777.0
    assert found.factor == SCALED[kind]["factor"]


def test_spellings_of_no_scaling() -> None:
    plain = ropes("llama", rope_theta=5e5)
    for keys in (
        {"rope_theta": 5e5, "rope_scaling": None},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}},
        {"rope_parameters": {"rope_theta": 5e5}},
    ):
        assert ropes("llama", **keys) == plain
    assert ropes("llama")[0].theta == 10_000.0


def test_spellings_of_a_partial_rope() -> None:
    old = ropes("qwen3_next", rope_theta=1e4, partial_rotary_factor=0.5)
    new = ropes("qwen3_next", rope_parameters={"rope_theta": 1e4, "partial_rotary_factor": 0.5})
    assert old == new
    assert old[0].dim == 4
    assert ropes("llama", partial_rotary_factor=1.0) == ropes("llama")


def test_spellings_of_two_ropes() -> None:
    old = ropes(
        "gemma3_text",
        rope_theta=2e6,
        rope_local_base_freq=2e4,
        rope_scaling={"rope_type": "linear", "factor": 8.0},
    )
    new = ropes(
        "gemma3_text",
        rope_parameters={
            "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
            "full_attention": {"rope_type": "linear", "rope_theta": 2e6, "factor": 8.0},
        },
    )
    assert old == new
    assert [(r.slot, r.theta, r.factor) for r in old] == [
        ("rope", 2e6, 8.0),
        ("rope_local", 2e4, 1),
    ]
    usual = ropes("gemma3_text")
    assert [(r.theta, r.rope_type) for r in usual] == [(1e6, "default"), (1e4, "default")]


def test_spellings_of_longrope() -> None:
    lists = {"short_factor": [1.0, 2.0, 3.0, 4.0], "long_factor": [5.0, 6.0, 7.0, 8.0]}
    old = ropes("phi3", rope_scaling={"type": "su", **lists}, original_max_position_embeddings=100)
    rope = {"rope_type": "longrope", "rope_theta": 1e4, **lists}
    new = ropes("phi3", rope_parameters={**rope, "original_max_position_embeddings": 100})
    assert old == new
    assert old[0].long_factor == (5.0, 6.0, 7.0, 8.0)


def test_proportional_takes_its_share_from_the_config() -> None:
    (found,) = ropes(
        "llama", rope_scaling={"rope_type": "proportional", "partial_rotary_factor": 0.5}
    )
    assert (found.dim, found.proportion) == (8, 0.5)
    assert np.count_nonzero(inverse_frequencies(found)[0]) == 2


@pytest.mark.parametrize("key", ["rope_scaling", "rope_parameters"])
def test_unknown_key_of_a_rope_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=r"found `beta_fats`; did you mean `beta_fast`\?"):
        ropes("llama", **{key: {"rope_type": "yarn", "factor": 2.0, "beta_fats": 3.0}})


@pytest.mark.parametrize("value", ["8", [1.0, "2"], {"a": 1}])
def test_rope_that_is_not_made_of_numbers_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^rope_parameters: factor: expected numbers, found "):
        ropes("llama", rope_scaling={"rope_type": "linear", "factor": value})


def test_unknown_type_of_a_rope_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"rope_type: expected .*, found spiral"):
        ropes("llama", rope_scaling={"rope_type": "spiral"})


# Tables and rotation


def tables(rope: RopeTables, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the cosines and sines of explicit positions."""

    def publish(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        for part in ("cos", "sin"):
            emit.publish_side_output(part, emit.named(f"rope.{part}"))
        return x

    shape = rf.Shape(positions.shape, "i32", axes=("b", "t"))
    flow = rf.ModelFlow("tables").input("positions", shape)
    explicit = replace(rope, positions_slot="positions")
    flow = flow.stage("positions", Positions(input="positions")).stage("rope", explicit)
    flow = flow.custom(publish, reads=("rope.cos", "rope.sin"), name="tables")
    found = flow.build().compile()(positions=positions)
    return np.asarray(found["cos"]), np.asarray(found["sin"])


def close(found: np.ndarray, wanted: np.ndarray, bound: float = 3e-6) -> bool:
    return bool(np.abs(found - wanted).max() <= bound)


def test_tables_take_each_rows_positions() -> None:
    positions = np.array([[0, 1, 2, 5], [7, 3, 40, 1]], np.int32)
    rope = RopeTables(rope_type="yarn", theta=100.0, head_dim=8, max_pos=64, factor=2.0)
    cos, sin = tables(rope, positions)
    inverse, attention = inverse_frequencies(rope)
    angles = positions[..., None] * inverse
    assert close(cos, np.cos(angles) * attention)
    assert close(sin, np.sin(angles) * attention)


@pytest.mark.parametrize("longest", [99, 100])
def test_longrope_goes_by_the_longest_row(longest: int) -> None:
    """100 positions (0 to 99) are still short."""
    positions = np.array([[0, 4], [3, longest]], np.int32)
    rope = RopeTables(**LONG)
    inverse, attention = inverse_frequencies(rope, long=longest > 99)
    cos, _ = tables(rope, positions)
    assert close(cos, np.cos(positions[..., None] * inverse) * attention, 1e-5)


@pytest.mark.parametrize("length", [50, 64, 65, 200])
def test_dynamic_base_grows_with_the_length(length: int) -> None:
    positions = np.array([[1, length - 1]], np.int32)
    rope = RopeTables(rope_type="dynamic", theta=100.0, head_dim=8, max_pos=64, factor=3.0)
    _, sin = tables(rope, positions)
    grown = max(3.0 * length / 64 - 2.0, 1.0) ** (8 / 6)
    inverse = (100.0 * grown) ** -(np.arange(0, 8, 2) / 8)
    assert close(sin, np.sin(positions[..., None] * inverse), 5e-5)


HALF = [-1.984111, 1.959901, 2.462378, 4.019800]
PAIRS = [-1.142640, 1.922076, 2.959851, 4.029800]


@pytest.mark.parametrize(("interleaved", "wanted"), [(False, HALF), (True, PAIRS)])
def test_rotation_of_one_token(evaluate: Any, interleaved: bool, wanted: list[float]) -> None:
    x = np.array([[[1, 2, 3, 4, 9, -9]], [[1, 2, 3, 4, 5, 6]]], np.float32)
    angles = np.array([[1.0, 0.01]])
    tables = {"cos": (np.cos(angles), "t r"), "sin": (np.sin(angles), "t r")}

    def turn(v: Any) -> dict[str, rf.Value]:
        return {"y": rotate(v["x"], v["cos"], v["sin"], interleaved=interleaved)}

    floats = {k: (a.astype(np.float32), axes.split()) for k, (a, axes) in tables.items()}
    found = evaluate(turn, {"x": (x, ("b", "t", "e")), **floats})["y"]
    assert close(found[:, 0, :4], np.array([wanted, wanted]))
    assert np.array_equal(found[..., 4:], x[..., 4:])


@settings(max_examples=12)
@given(
    pairs=st.integers(1, 4),
    rest=st.sampled_from([0, 1, 4]),
    interleaved=st.booleans(),
    per_row=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_rotation_is_that_of_complex_numbers(
    evaluate: Any, pairs: int, rest: int, interleaved: bool, per_row: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(2, 3, 2, 2 * pairs + rest)).astype(np.float32)
    angles = random.normal(size=(2, 3, pairs) if per_row else (3, pairs)) * 9
    axes = ("b", "t", "r") if per_row else ("t", "r")
    given = {"x": (x, ("b", "t", "k", "e"))}
    given |= {name: (getattr(np, name)(angles).astype("f4"), axes) for name in ("cos", "sin")}
    found = evaluate(
        lambda v: {"y": rotate(v["x"], v["cos"], v["sin"], interleaved=interleaved)}, given
    )["y"]
    turned = x[..., : 2 * pairs].astype(np.float64)
    if interleaved:
        z = turned[..., 0::2] + 1j * turned[..., 1::2]
    else:
        z = turned[..., :pairs] + 1j * turned[..., pairs:]
    z = z * np.exp(1j * angles)[..., None, :]
    both = np.stack([z.real, z.imag], axis=-1 if interleaved else -2)
    assert close(found[..., : 2 * pairs], both.reshape(*x.shape[:-1], 2 * pairs))
    assert np.array_equal(found[..., 2 * pairs :], x[..., 2 * pairs :])
