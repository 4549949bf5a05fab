"""The key/value cache as pictures: what stands where, and who sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlxflow as rf
from rlxflow.blocks.kv_cache import visible_slots, write_prompt, write_step

KEYS, VALUES = ("b", "k", "e", "s"), ("b", "k", "s", "e")
EMPTY = -1.0


def picture(text: str) -> np.ndarray:
    """Returns the rows of a picture: `#` is True."""
    return np.array([[mark == "#" for mark in line] for line in text.split()])


def seen(evaluate: Any, positions: Any, slots: int, window: int | None = None) -> np.ndarray:
    """Returns i1[b, t, s] of `visible_slots`."""
    array = np.asarray(positions, np.int32)
    found = evaluate(
        lambda v: {"seen": visible_slots(v["positions"], slots, window)},
        {"positions": (array, ("b", "t"))},
    )
    return found["seen"]


def written(
    evaluate: Any, axes: tuple[str, ...], slots: int, tokens: Any, **how: Any
) -> np.ndarray:
    """Returns [b, s]: which token stands in each slot after a write, EMPTY where none does.

    Every head and element of a token holds its number.
    """
    numbers = np.asarray(tokens, np.float32)
    size = {"b": len(numbers), "k": 2, "s": slots, "e": 3}
    rows = np.broadcast_to(numbers[:, :, None, None], (*numbers.shape, 2, 3)).copy()
    cache = np.full([size[axis] for axis in axes], EMPTY, np.float32)
    given = {"cache": (cache, axes), "rows": (rows, ("b", "t", "k", "e"))}
    for name, value in how.items():
        where = np.asarray(value, np.int32)
        given[name] = (where, ("b", "t")[: where.ndim])

    def write(v: Any) -> dict[str, rf.Value]:
        if "positions" in how:
            return {"cache": write_step(v["cache"], v["rows"], v["positions"])}
        return {"cache": write_prompt(v["cache"], v["rows"], v.get("lengths"))}

    found = evaluate(write, given)["cache"]
    ordered = np.transpose(found, [axes.index(axis) for axis in ("b", "s", "k", "e")])
    flat = ordered.reshape(size["b"], slots, 6)
    assert (flat == flat[..., :1]).all()
    return flat[..., 0]


def test_linear_cache_shows_what_is_not_later(evaluate: Any) -> None:
    found = seen(evaluate, [[0], [2], [4]], slots=5)
    assert np.array_equal(found[:, 0], picture("#.... ###.. #####"))


def test_window_shows_that_many(evaluate: Any) -> None:
    found = seen(evaluate, [[0], [2], [4]], slots=5, window=3)
    assert np.array_equal(found[:, 0], picture("#.... ###.. ..###"))


def test_tokens_of_one_step_see_each_other_in_order(evaluate: Any) -> None:
    found = seen(evaluate, [[2, 3, 4], [0, 1, 2]], slots=6, window=4)
    assert np.array_equal(found[0], picture("###... ####.. .####."))
    assert np.array_equal(found[1], picture("#..... ##.... ###..."))


def test_ring_wraps(evaluate: Any) -> None:
    """Four slots, window 3: position 5 stands in slot 1, beside 4, 3 and the forgotten 2."""
    found = seen(evaluate, [[3], [4], [5], [6], [7], [400]], slots=4, window=3)
    assert np.array_equal(found[:, 0], picture(".### #.## ##.# ###. .### #.##"))


def test_ring_with_two_tokens_a_step(evaluate: Any) -> None:
    """Window 2 and two tokens need three slots: positions 3 and 4 stand in slots 0 and 1."""
    found = seen(evaluate, [[3, 4]], slots=3, window=2)
    assert np.array_equal(found[0], picture("#.# ##."))


def test_slot_behind_a_rejected_token_is_not_seen(evaluate: Any) -> None:
    """After positions 4 to 6 were written and only 4 was kept, 5 sees slots 0 to 5 and not 6."""
    assert np.array_equal(seen(evaluate, [[5]], slots=8)[0], picture("######.."))
    ring = seen(evaluate, [[5]], slots=4, window=2)[0]  # slot 2 holds the rejected 6
    assert np.array_equal(ring, picture("##.."))


@pytest.mark.parametrize("axes", [KEYS, VALUES])
def test_step_goes_to_each_rows_own_slot(evaluate: Any, axes: tuple[str, ...]) -> None:
    found = written(evaluate, axes, 4, [[7], [8], [9]], positions=[[0], [3], [6]])
    assert found.tolist() == [[7, -1, -1, -1], [-1, -1, -1, 8], [-1, -1, 9, -1]]


def test_tokens_of_one_step_wrap_one_by_one(evaluate: Any) -> None:
    found = written(evaluate, KEYS, 4, [[7, 8, 9], [1, 2, 3]], positions=[[2, 3, 4], [0, 1, 2]])
    assert found.tolist() == [[9, -1, 7, 8], [1, 2, 3, -1]]


@pytest.mark.parametrize("axes", [KEYS, VALUES])
def test_prompt_that_fits_goes_to_the_first_slots(evaluate: Any, axes: tuple[str, ...]) -> None:
    found = written(evaluate, axes, 5, [[7, 8, 9], [4, 5, 6]], lengths=[3, 1])
    assert found[0].tolist() == [7, 8, 9, -1, -1]
    assert found[1].tolist()[:1] == [4]  # what stands behind it is never seen


@pytest.mark.parametrize("axes", [KEYS, VALUES])
def test_prompt_longer_than_the_ring_leaves_its_end(evaluate: Any, axes: tuple[str, ...]) -> None:
    tokens = [[0, 1, 2, 3, 4, 5, 6]] * 3
    found = written(evaluate, axes, 3, tokens, lengths=[7, 5, 2])
    assert found[0].tolist() == [6, 4, 5]
    assert found[1].tolist() == [3, 4, 2]
    assert found[2].tolist()[:2] == [0, 1]


def test_prompt_without_lengths_is_full(evaluate: Any) -> None:
    assert written(evaluate, KEYS, 3, [[0, 1, 2, 3, 4]]).tolist() == [[3, 4, 2]]


@settings(max_examples=15)
@given(data=st.data())
def test_every_query_sees_its_window_and_nothing_else(evaluate: Any, data: st.DataObject) -> None:
    """Prompts of any length, then steps: slots hold the positions that `visible_slots` supposes."""
    window = data.draw(st.none() | st.integers(1, 5), "window")
    count = data.draw(st.integers(1, 3), "tokens a step")
    width = data.draw(st.integers(1, 9), "prompt")
    slack = data.draw(st.integers(0, 3), "slack")
    steps = data.draw(st.integers(1, 4), "steps")
    lengths = data.draw(st.lists(st.integers(1, width), min_size=2, max_size=2), "lengths")
    slots = width + steps * count if window is None else window + count - 1 + slack
    cache = written(evaluate, KEYS, slots, [range(width)] * 2, lengths=lengths)
    for step in range(steps):
        positions = np.array(lengths)[:, None] + step * count + np.arange(count)
        new = written(evaluate, VALUES, slots, positions, positions=positions)
        cache = np.where(new == EMPTY, cache, new)
        found = seen(evaluate, positions, slots, window)
        for row, query in np.ndindex(positions.shape):
            last = int(positions[row, query])
            first = 0 if window is None else max(last - window + 1, 0)
            shown = cache[row, found[row, query]].tolist()
            assert sorted(shown) == list(range(first, last + 1))


def test_one_slot_too_few_would_show(evaluate: Any) -> None:
    """Two tokens a step overwrite what the first of them still has to see."""
    found = seen(evaluate, [[3, 4]], slots=2, window=2)
    assert not np.array_equal(found[0].sum(axis=1), [2, 2])
