"""Ropes of three positions, of named slots and ragged rows, and the types that files name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.mrope import MRopeTables, mrope_rows
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.rope_frequencies import RopeNumbers, inverse_frequencies
from rlxflow.errors import ConfigError, FlowError

DIM, THETA = 16, 70.0
POSITIONS = np.random.default_rng(1).integers(0, 40, (3, 2, 5)).astype(np.int32)


def plain() -> np.ndarray:
    return THETA ** -(np.arange(0, DIM, 2) / DIM)


def tables(block: Any, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns cosine and sine that a block publishes for positions from an input."""
    axes = ("n", "b", "t")[-positions.ndim :]

    def names(x: Any) -> dict[str, str]:
        return dict(zip(x.axes, axes, strict=True))

    def read(emit: Any, x: Any) -> Any:
        emit.publish_side_output("sin", emit.named(f"{block.slot}.sin"))
        return emit.named(f"{block.slot}.cos")

    def write(emit: Any, x: Any) -> Any:
        emit.set_named(
            block.positions_slot, rf.ops.rename(x, **dict(zip(x.axes, axes, strict=True)))
        )
        return x

    flow = (
        rf.ModelFlow("rope")
        .input("p", rf.Shape(positions.shape, "i32"))
        .custom(write, name="positions", writes=(block.positions_slot,))
        .stage(block)
        .custom(read, name="read", reads=(f"{block.slot}.cos", f"{block.slot}.sin"))
    )
    found = flow.build().compile()(p=positions)
    return np.asarray(found["output"]), np.asarray(found["sin"])


@pytest.mark.parametrize("interleaved", [False, True])
def test_three_positions(interleaved: bool) -> None:
    sections = (2, 3, 3)
    block = MRopeTables(
        max_pos=64, head_dim=DIM, theta=THETA, sections=sections, interleaved=interleaved, slot="m"
    )
    cos, sin = tables(block, POSITIONS)
    rows = [0, 1, 2, 0, 1, 2, 0, 1] if interleaved else [0, 0, 1, 1, 1, 2, 2, 2]
    if interleaved:  # three of height and width each: the last angle is one of height
        assert mrope_rows(sections, 8, interleaved=True).tolist() == rows
    angles = np.stack([POSITIONS[row] * f for row, f in zip(rows, plain(), strict=True)], -1)
    assert np.abs(cos - np.cos(angles)).max() <= 5e-6
    assert np.abs(sin - np.sin(angles)).max() <= 5e-6


def test_interleaved_rows_end_with_their_section() -> None:
    found = mrope_rows((4, 2, 1), 7, interleaved=True)
    assert found.tolist() == [0, 1, 2, 0, 1, 0, 0]


def test_equal_positions_are_the_plain_rope() -> None:
    same = np.broadcast_to(POSITIONS[:1], POSITIONS.shape)
    numbers: dict[str, Any] = {"max_pos": 64, "head_dim": DIM, "theta": THETA, "slot": "r"}
    numbers |= {"rope_type": "linear", "factor": 3.0}
    three = tables(MRopeTables(**numbers, sections=(4, 2, 2), interleaved=True), same)
    one = tables(RopeTables(**numbers, positions_slot="where"), POSITIONS[0])
    for a, b in zip(three, one, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "numbers",
    [
        {"sections": (4, 4)},
        {"sections": (4, 2, 3)},
        {"sections": (9, -1, 0)},
        {"sections": (4, 2, 2), "rope_type": "dynamic", "factor": 2.0},
    ],
)
def test_sections_that_do_not_fit_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        MRopeTables(max_pos=64, head_dim=DIM, **numbers)


def test_two_rows_of_positions_are_refused() -> None:
    block = MRopeTables(max_pos=64, head_dim=DIM, sections=(4, 2, 2))
    with pytest.raises(FlowError, match=r"i32\[n=3, b, t\]"):
        tables(block, POSITIONS[:2])


def test_ragged_rows_of_named_slots() -> None:
    """Each row of a batch, and each slot, has positions and frequencies of its own."""
    ragged = np.array([[7, 8, 9], [0, 1, 2], [31, 31, 31]], np.int32)
    block = RopeTables(
        max_pos=64, head_dim=DIM, theta=THETA, slot="far", positions_slot="far_positions"
    )
    cos, sin = tables(block, ragged)
    angles = ragged[..., None] * plain()
    assert np.abs(cos - np.cos(angles)).max() <= 5e-6
    assert np.abs(sin - np.sin(angles)).max() <= 5e-6


def frequencies(**numbers: Any) -> tuple[np.ndarray, float]:
    return inverse_frequencies(RopeNumbers(max_pos=64, head_dim=DIM, theta=THETA, **numbers))


def test_ntk_keeps_the_fastest_angle_and_slows_the_slowest() -> None:
    found, attention = frequencies(rope_type="ntk", factor=4.0)
    assert attention == 1.0
    np.testing.assert_allclose(found, (THETA * 4.0 ** (16 / 14)) ** -(np.arange(0, 16, 2) / 16))
    assert found[0] == 1.0
    np.testing.assert_allclose(found[-1], plain()[-1] / 4.0)


def test_factors_of_a_file_divide() -> None:
    factors = tuple(1.0 + 0.5 * i for i in range(8))
    found, _ = frequencies(rope_type="factors", factors=factors)
    np.testing.assert_allclose(found, plain() / np.array(factors))


def test_dynamic_ntk_grows_with_the_length() -> None:
    block = RopeTables(
        max_pos=16,
        head_dim=DIM,
        theta=THETA,
        rope_type="dynamic",
        factor=2.0,
        positions_slot="where",
    )
    for length in (16, 29):
        cos, _ = tables(block, np.arange(length, dtype=np.int32)[None])
        grown = max(2.0 * length / 16 - 1.0, 1.0) ** (16 / 14)
        angles = np.arange(length)[:, None] * (THETA * grown) ** -(np.arange(0, 16, 2) / 16)
        assert np.abs(cos[0] - np.cos(angles)).max() <= 2e-5


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        ({"factor": 4.0}, 0.1 * np.log(4.0) + 1.0),
        ({"factor": 0.5}, 1.0),
        ({"factor": 4.0, "attention_factor": 0.7}, 0.7),
        (
            {"factor": 4.0, "mscale": 0.6, "mscale_all_dim": 0.9},
            (0.06 * np.log(4.0) + 1.0) / (0.09 * np.log(4.0) + 1.0),
        ),
        ({"factor": 4.0, "mscale": 0.6}, 0.1 * np.log(4.0) + 1.0),
    ],
)
def test_defect_18_yarn_has_an_attention_factor(numbers: dict[str, Any], wanted: float) -> None:
    """Cosine and sine are multiplied by it."""
    yarn = {"rope_type": "yarn", "original_max_position_embeddings": 32, **numbers}
    found, attention = frequencies(**yarn)
    assert abs(attention - wanted) <= 1e-12
    block: Any = RopeTables(max_pos=64, head_dim=DIM, theta=THETA, positions_slot="where", **yarn)
    where = np.array([[0, 3, 50]], np.int32)
    cos, sin = tables(block, where)
    angles = where[..., None] * found
    assert np.abs(cos - wanted * np.cos(angles)).max() <= 1e-5
    assert np.abs(sin - wanted * np.sin(angles)).max() <= 1e-5


@pytest.mark.parametrize("truncate", [True, False])
def test_defect_18_yarn_mixes_by_the_number_of_turns(truncate: bool) -> None:
    theta, original, factor, dim = 10_000.0, 4096, 8.0, 64
    rope = RopeNumbers(
        max_pos=32768,
        head_dim=dim,
        theta=theta,
        rope_type="yarn",
        factor=factor,
        original_max_position_embeddings=original,
        truncate=truncate,
    )
    found, _ = inverse_frequencies(rope)
    low, high = (
        dim * np.log(original / (turns * 2 * np.pi)) / (2 * np.log(theta)) for turns in (32, 1)
    )
    low, high = (np.floor(low), np.ceil(high)) if truncate else (low, high)
    ramp = np.clip((np.arange(dim // 2) - low) / (high - low), 0, 1)
    whole = theta ** -(np.arange(0, dim, 2) / dim)
    np.testing.assert_allclose(found, whole / factor * ramp + whole * (1 - ramp), rtol=1e-12)
    assert found[0] == whole[0]
    np.testing.assert_allclose(found[-1], whole[-1] / factor)
