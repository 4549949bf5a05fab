"""Choosing tokens: which may be chosen, how often each is, and what the options refuse."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlxflow.errors import InputError
from rlxflow.kernels.ffi import register_kernels
from rlxflow.runtime.draw import KERNELS, PLAIN, Search, penalise, sample_token
from rlxflow.runtime.noise import gumbel
from rlxflow.runtime.sampling import SamplingOptions

BAD = {
    "temperature": [-0.1, float("nan"), float("inf")],
    "top_k": [0, -3, 2.5],
    "top_p": [0.0, -0.5, 1.01, float("nan")],
    "min_p": [-0.01, 1.5, float("nan")],
    "repetition_penalty": [0.0, -1.0, float("inf")],
    "seed": [-1, 2**64, 0.5],
}


@functools.cache
def _many(width: int) -> object:
    """Returns a function that draws for each of 4096 steps at once."""
    return jax.jit(jax.vmap(functools.partial(sample_token, width=width), in_axes=(None, None, 0)))


def drawn(scores: np.ndarray, **options: object) -> np.ndarray:
    """Returns 4096 tokens drawn from f32[v] or f32[b, v]: [4096], or [4096, b].

    All run as three rows of eight scores, so that there are few programs. The best three decide
    sometimes, all eight always; where nothing is cut, neither is needed.
    """
    rows = np.atleast_2d(scores).astype(np.float32)
    padded = np.full((3, 8), -1e9, np.float32)
    padded[: len(rows), : rows.shape[1]] = rows
    numbers = SamplingOptions(**{"temperature": 1.0, **options}).numbers()
    widths = (3, 8, *(() if {"top_k", "top_p", "min_p"} & options.keys() else (0,)))
    tokens, *others = (np.asarray(_many(w)(padded, numbers, np.arange(4096))) for w in widths)
    assert all(np.array_equal(tokens, other) for other in others)
    tokens = tokens[:, : len(rows)]
    return tokens[:, 0] if scores.ndim == 1 else tokens


def probabilities(scores: np.ndarray, **options: object) -> np.ndarray:
    """The rules one after the other, in f64: temperature, top-k, top-p, min-p."""
    wanted = SamplingOptions(**{"temperature": 1.0, **options})
    scaled = scores.astype(np.float64) / wanted.temperature
    keep = np.ones(len(scaled), bool)
    if wanted.top_k is not None:
        keep &= scaled >= np.sort(scaled)[::-1][min(wanted.top_k, len(scaled)) - 1]

    def normal(kept: np.ndarray) -> np.ndarray:
        weights = np.where(kept, np.exp(scaled - scaled.max()), 0.0)
        return weights / weights.sum()

    p = normal(keep)
    if wanted.top_p is not None:
        best_first = np.sort(p)[::-1]
        count = int(np.argmax(np.cumsum(best_first) >= wanted.top_p - 1e-9)) + 1
        keep &= p >= best_first[count - 1]
    if wanted.min_p is not None:
        keep &= p >= wanted.min_p * p.max()
    return normal(keep)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in BAD.items() for v in values])
def test_bad_options_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{name}: expected .*, found {value}"):
        SamplingOptions(**{name: value})


def test_best_token_is_the_lowest_id_of_equals() -> None:
    scores = np.array([[1, 3, 3, 2], [0, 0, 0, 0], [-5, -7, -5, -9]], np.float32)
    assert PLAIN.best(scores).tolist() == [1, 0, 0]
    assert PLAIN.best(scores).dtype == jnp.int32


def test_temperature_0_is_greedy_and_others_are_not() -> None:
    assert SamplingOptions().greedy
    assert not SamplingOptions(temperature=1e-9).greedy
    assert not SamplingOptions().penalised
    assert SamplingOptions(repetition_penalty=0.5).penalised


SCORES = np.log(np.array([0.05, 0.4, 0.02, 0.2, 0.25, 0.08]))


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"top_k": 1}, {1}),
        ({"top_k": 3}, {1, 3, 4}),
        ({"top_k": 2**40}, {0, 1, 2, 3, 4, 5}),
        ({"top_p": 0.1}, {1}),
        ({"top_p": 0.41}, {1, 4}),
        ({"top_p": 0.64}, {1, 4}),
        ({"top_p": 0.66}, {1, 4, 3}),
        ({"top_p": 1.0}, {0, 1, 2, 3, 4, 5}),
        ({"min_p": 0.45}, {1, 3, 4}),
        ({"min_p": 1.0}, {1}),
        ({"min_p": 0.0}, {0, 1, 2, 3, 4, 5}),
        ({"top_k": 4, "top_p": 0.95, "min_p": 0.3}, {1, 3, 4}),
        ({"top_k": 2, "top_p": 0.6}, {1}),  # of the two that are left, the first has 0.62
        ({"temperature": 0.25, "top_p": 0.8}, {1}),
        ({"temperature": 4.0, "top_k": 5}, {0, 1, 3, 4, 5}),
    ],
)
def test_only_the_right_tokens_are_drawn(options: dict[str, float], kept: set[int]) -> None:
    assert set(drawn(SCORES, **options).tolist()) == kept
    assert set(np.flatnonzero(probabilities(SCORES, **options)).tolist()) == kept


def test_equals_at_the_border_are_all_kept() -> None:
    scores = np.log(np.array([0.3, 0.2, 0.2, 0.2, 0.1]))
    assert set(drawn(scores, top_k=2).tolist()) == {0, 1, 2, 3}
    assert set(drawn(scores, top_p=0.45).tolist()) == {0, 1, 2, 3}


@settings(max_examples=40)
@given(
    scores=st.lists(st.integers(-40, 40), min_size=7, max_size=7, unique=True),
    top_k=st.none() | st.integers(1, 9),
    top_p=st.none() | st.sampled_from([0.15, 0.5, 0.77, 0.93, 1.0]),
    min_p=st.none() | st.sampled_from([0.0, 0.03, 0.33, 1.0]),
    temperature=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_no_other_token_is_ever_drawn(scores: list[int], **options: float) -> None:
    row = np.array(scores) / 10
    allowed = np.flatnonzero(probabilities(row, **options))
    assert set(drawn(row, **options).tolist()) <= set(allowed.tolist())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 2.5},
        {"top_k": 4},
        {"top_p": 0.9, "temperature": 1.3},
        {"min_p": 0.2},
    ],
)
def test_frequencies_are_the_probabilities(options: dict[str, float]) -> None:
    """Pearson's sum over the kept tokens; 5 degrees of freedom exceed 20.5 once in a thousand."""
    wanted = probabilities(SCORES, **options) * 4096
    found = np.bincount(drawn(SCORES, **options), minlength=len(SCORES))
    kept = wanted > 0
    assert not found[~kept].any()
    assert ((found - wanted)[kept] ** 2 / wanted[kept]).sum() < 20.5


def test_wrong_temperature_would_show() -> None:
    wanted = probabilities(SCORES) * 4096
    found = np.bincount(drawn(SCORES, temperature=1.2), minlength=len(SCORES))
    assert ((found - wanted) ** 2 / wanted).sum() > 50


def test_lowest_temperature_takes_the_best() -> None:
    scores = np.array([5.0, 80.0, 79.99, -3.0])
    for temperature in (1e-3, 1e-20, 1e-37, 1e-44):
        assert set(drawn(scores, temperature=temperature).tolist()) == {1}


def test_rows_are_drawn_by_themselves() -> None:
    scores = np.stack([np.eye(5)[i] * 50 for i in (3, 0, 4)])
    assert (drawn(scores) == [3, 0, 4]).all()
    equal = drawn(np.zeros((2, 5)))
    assert 0.1 < (equal[:, 0] == equal[:, 1]).mean() < 0.3  # one in five by chance


def test_seed_decides() -> None:
    scores = np.zeros(8)
    first = drawn(scores, seed=11)
    assert (first == drawn(scores, seed=11)).all()
    for other in (12, 11 + 2**32, 2**64 - 1):
        assert 0.05 < (first == drawn(scores, seed=other)).mean() < 0.2


def test_penalty_divides_the_good_and_multiplies_the_bad() -> None:
    scores = np.array([[2.0, -2.0, 4.0, -4.0], [1.0, 1.0, -1.0, 0.0]], np.float32)
    seen = np.array([[True, True, False, False], [False, True, True, True]])
    found = penalise(scores, seen, jnp.float32(2.0))
    assert found.tolist() == [[1.0, -4.0, 4.0, -4.0], [1.0, 0.5, -2.0, 0.0]]
    assert penalise(scores, seen, jnp.float32(0.5))[0, 0] == 4.0


def test_other_numbers_need_no_other_program() -> None:
    scores = np.zeros((1, 6), np.float32)
    step = jax.jit(functools.partial(sample_token, width=4))
    for options in (
        {"temperature": 0.3},
        {"temperature": 1.0, "top_k": 3, "seed": 9},
        {"temperature": 2.0, "top_p": 0.4, "min_p": 0.1},
    ):
        step(scores, SamplingOptions(**options).numbers(), jnp.int32(1))
    assert step._cache_size() == 1


def test_widths_follow_from_what_is_cut() -> None:
    def width(**options: float) -> int:
        return SamplingOptions(**{"temperature": 0.7, **options}).width

    assert (width(), width(top_p=1.0), width(min_p=0.0), width(temperature=0, top_k=5)) == (0,) * 4
    assert (width(top_k=1), width(top_k=63), width(top_k=64), width(top_k=10**6)) == (
        64,
        64,
        128,
        1024,
    )
    assert width(top_p=0.9) == width(min_p=0.1) == 256


def test_noise_is_that_of_jax_at_every_place() -> None:
    key = jax.random.fold_in(SamplingOptions(seed=2**63 + 5).numbers().key, 7)
    wanted = jax.random.gumbel(key, (3, 1001))
    places = np.arange(3003, dtype=np.uint32).reshape(3, 1001)
    found = jax.jit(gumbel)(key, places)
    assert np.array_equal(found, wanted)
    some = np.array([[2002, 0, 77]], np.uint32)
    assert np.array_equal(jax.jit(gumbel)(key, some)[0], wanted.reshape(-1)[some[0]])


WORDS = 70001


def vocabulary(kind: str) -> np.ndarray:
    """Two rows of scores, of which many are equal."""
    scores = np.random.default_rng(8).standard_normal((2, WORDS)).astype(np.float32)
    if kind == "peaked":
        scores[:, [5, 69999, 65536, 31]] += np.float32([5, 7, 7, 6])
    if kind == "barred":
        scores[:, 100:] = -np.inf
    return np.round(scores * 16) / 16


@functools.cache
def _drawing(search: Search, width: int) -> object:
    return jax.jit(functools.partial(sample_token, width=width, search=search))


@pytest.mark.kernels
@pytest.mark.parametrize(
    "options",
    [{}, {"top_k": 40}, {"top_p": 0.9}, {"min_p": 0.3}, {"top_k": 60, "top_p": 0.5}],
)
def test_kernels_draw_what_jax_draws(options: dict[str, float]) -> None:
    """Compared with looking at one score first, which never decides."""
    wanted = SamplingOptions(temperature=0.9, seed=4, **options)
    register_kernels(KERNELS.kernels, "a test")
    for kind in ("peaked", "flat", "barred"):
        found, plain = (
            [
                _drawing(search, width)(vocabulary(kind), wanted.numbers(), jnp.int32(i)).tolist()
                for i in range(8)
            ]
            for search, width in ((KERNELS, wanted.width), (PLAIN, min(wanted.width, 1)))
        )
        assert found == plain
        assert kind == "peaked" or len({tuple(row) for row in found}) > 4


@pytest.mark.kernels
def test_kernels_take_the_best_as_jax_does() -> None:
    scores = vocabulary("flat")
    scores[0, [7, 12000, 70000]] = scores[0].max() + 1
    scores[1, [66001, 65999]] = np.nan
    register_kernels(KERNELS.kernels, "a test")
    for odd in (scores, -np.abs(scores), np.zeros_like(scores), np.full_like(scores, -np.inf)):
        odd[0, 3] = -0.0
        assert jax.jit(KERNELS.best)(odd).tolist() == jnp.argmax(odd, axis=-1).tolist()
    assert jax.jit(KERNELS.best)(scores).tolist() == [7, 65999]
