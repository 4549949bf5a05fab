"""Caches: steps equal one long row, where they stand, and that they stay there."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from tiny_decoders import CONTEXT, FAMILIES, WINDOW, decode_step, moved, smallest_cache, tiny

from rlxflow.recipes.decoder_phases import RING_SLACK
from rlxflow.runtime.compiled import CompiledModel
from rlxflow.runtime.sampling import SamplingOptions
from rlxflow.runtime.stepper import Cursor, Held

pytestmark = pytest.mark.numeric
TOLERANCE = 1e-4
WIDTH, TOTAL = 16, 40
LENGTHS = [16, 5, 1]  # of three prompts; the first is longer than a ring


def program(family: str, phase: str, batch: int, seq: int = 1) -> CompiledModel:
    """Returns a compiled phase with a cache."""
    model = tiny(family)
    return model.compiled(
        model.checkpoint.phase_request(phase, batch=batch, seq=seq, context=CONTEXT)
    )


@functools.cache
def rows(family: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns three rows of ids and their scores without a cache: [3, TOTAL], [3, TOTAL, v]."""
    ids = np.random.default_rng(7).integers(0, 31, (3, TOTAL))
    return ids, np.asarray(tiny(family)(input_ids=ids)["logits"])


class Run:
    """Prompts in the cache, then tokens after them; row i begins with row i of `rows`."""

    def __init__(self, family: str, lengths: list[int]) -> None:
        self.family, self.positions = family, np.array(lengths)
        self.ids, self.wanted = rows(family)
        given = np.full((len(lengths), WIDTH), 30)  # ids behind a row's end must not matter
        for row, length in enumerate(lengths):
            given[row, :length] = self.ids[row, :length]
        prefill = program(family, "prefill", len(lengths), WIDTH)
        found = prefill(input_ids=given, lengths=self.positions, **prefill.new_states())
        self.states = {k: v for k, v in found.items() if k != "logits"}
        self.worst = self._worst(found["logits"], self.positions[:, None] - 1)

    def _worst(self, logits: Any, places: np.ndarray) -> float:
        """Returns the largest difference from the plain scores at these positions."""
        wanted = [self.wanted[row, where] for row, where in enumerate(places)]
        return float(np.abs(np.asarray(logits) - np.stack(wanted)).max())

    def step(self, phase: str, count: int = 1) -> float:
        """Feeds the next tokens of every row; returns the largest difference."""
        step = program(self.family, phase, len(self.positions), count)
        places = self.positions[:, None] + np.arange(count)
        tokens = np.take_along_axis(self.ids[: len(places)], places, axis=1)
        found = step(input_ids=tokens, positions=self.positions, **self.states)
        self.states = {k: v for k, v in found.items() if k != "logits"}
        self.positions = self.positions + count
        return self._worst(found["logits"], places)


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_of_ragged_rows_equal_long_rows(family: str) -> None:
    run = Run(family, LENGTHS)
    assert run.worst <= TOLERANCE
    for _ in range(TOTAL - max(LENGTHS)):
        assert run.step("decode") <= TOLERANCE


@pytest.mark.parametrize("family", ["llama", "gemma3_text"])
def test_steps_of_one_row_equal_a_long_row(family: str) -> None:
    run = Run(family, [16])
    assert run.worst <= TOLERANCE
    for _ in range(TOTAL - 16):
        assert run.step("decode") <= TOLERANCE


@pytest.mark.parametrize("family", ["gemma2", "gpt2", "mistral", "qwen3_next"])
def test_several_tokens_at_once_equal_one_by_one(family: str) -> None:
    """Scores and, so that both can go on, caches."""
    together, alone = Run(family, LENGTHS), Run(family, LENGTHS)
    for _ in range(3):
        assert together.step("verify", 4) <= TOLERANCE
        for _ in range(4):
            alone.step("decode")
    assert together.states.keys() == alone.states.keys()
    for name, state in together.states.items():
        assert np.abs(np.asarray(state) - alone.states[name]).max() <= TOLERANCE, name


def test_most_tokens_at_once_fit_a_ring() -> None:
    run = Run("mistral", [16])
    for _ in range(3):
        assert run.step("verify", RING_SLACK + 1) <= TOLERANCE


def test_rejected_tokens_leave_no_trace() -> None:
    """Four tokens are tried and one is kept: what the others wrote is never seen."""
    run = Run("mistral", [16])
    for _ in range(6):
        assert run.step("verify", 4) <= TOLERANCE
        run.positions = run.positions - 3


def test_wrong_position_would_show() -> None:
    run = Run("llama", LENGTHS)
    run.positions = run.positions + 1
    assert run.step("decode") > 100 * TOLERANCE


# What caches are


def cache(layer: int, heads: int, size: int, slots: int, batch: int) -> dict[str, Any]:
    """Keys are stored [b, k, e, s], values [b, k, s, e]."""
    return {
        f"layers.{layer}.key": ("f32", (batch, heads, size, slots)),
        f"layers.{layer}.value": ("f32", (batch, heads, slots, size)),
    }


RING = WINDOW + RING_SLACK
CACHES: dict[str, dict[str, Any]] = {
    "llama": cache(0, 2, 6, CONTEXT, 3) | cache(1, 2, 6, CONTEXT, 3),
    "gemma2": cache(0, 2, 8, RING, 3) | cache(1, 2, 8, CONTEXT, 3),
    "mistral": cache(0, 2, 6, RING, 3) | cache(1, 2, 6, RING, 3),
    "gpt2": cache(0, 3, 8, CONTEXT, 3) | cache(1, 3, 8, CONTEXT, 3),
    "qwen3_next": {
        "layers.0.conv_state": ("f32", (3, 2 * 2 * 4 + 4 * 6, 3)),
        "layers.0.recurrent_state": ("f32", (3, 4, 4, 6)),
        **cache(1, 2, 8, CONTEXT, 3),
    },
}


@pytest.mark.parametrize("family", CACHES)
@pytest.mark.parametrize(("phase", "seq"), [("prefill", WIDTH), ("decode", 1), ("verify", 4)])
def test_states_are_the_same_in_every_phase(family: str, phase: str, seq: int) -> None:
    module = tiny(family).flow(phase, 3, seq, context=CONTEXT).build(None).module
    arguments = [port for port in module.arguments() if port.kind == "state"]
    logits, *results = module.results()
    assert logits.name == "logits"
    for ports in (arguments, results):
        assert {port.name: (port.dtype, port.shape) for port in ports} == CACHES[family]


@pytest.mark.parametrize("dtype", ["bf16", "f16"])
def test_caches_have_the_type_of_the_activations(dtype: str) -> None:
    narrow = replace(tiny("gemma2").checkpoint, dtype=dtype)
    request = narrow.phase_request("decode", context=CONTEXT)
    module = narrow.build(narrow.flow(request)).module
    assert {p.dtype for p in module.arguments() if p.kind == "state"} == {dtype}


# Where caches stay


@pytest.mark.parametrize(("family", "batch"), [("llama", 1), ("llama", 3), ("gemma2", 2)])
def test_compiled_step_copies_no_cache(family: str, batch: int) -> None:
    step = decode_step(family, batch)
    assert not list(moved(step.hlo(), smallest_cache(step)))
    caches = sum(p.nbytes for p in step.bound.arguments if p.kind == "state")
    assert step.memory()["temporaries"] < caches


def test_copies_would_be_found() -> None:
    """A step that may not reuse its arguments has to copy them."""
    step = decode_step("llama", 1)
    kept = jax.jit(step.bound.__call__).lower(*step.lowered.args_info[0])
    assert len(list(moved(kept.compile().as_text() or "", smallest_cache(step)))) >= 4


def test_write_that_is_not_fenced_is_found() -> None:
    """Fused with the products that read the cache, the write costs copies of it."""
    step = decode_step("llama", 1, **{"layers.*/attention/cache": "fuse"})
    assert list(moved(step.hlo(), smallest_cache(step)))


@pytest.mark.parametrize(("family", "batch"), [("llama", 1), ("gemma3_text", 3), ("qwen3_next", 2)])
def test_caches_stay_where_they_are(family: str, batch: int) -> None:
    step = decode_step(family, batch)
    held = step.new_states()
    places = {name: state.unsafe_buffer_pointer() for name, state in held.items()}
    assert len(set(places.values())) == len(places)
    for position in range(100):
        token = np.full((batch, 1), position % 31)
        where = np.full(batch, position % CONTEXT)
        found = step(input_ids=token, positions=where, **held)
        held = {name: found[name] for name in places}
    assert {name: state.unsafe_buffer_pointer() for name, state in held.items()} == places


@pytest.mark.parametrize(("family", "tables"), [("llama", 1), ("gemma3_text", 2)])
def test_angles_are_turned_into_sines_once_a_step(family: str, tables: int) -> None:
    """Not once for every rotation, into which XLA would fuse them."""
    text = decode_step(family, 2).hlo()
    assert len(re.findall(r" sine\(", text)) == tables
    assert len(re.findall(r" cosine\(", text)) == tables


def test_states_that_were_handed_in_are_gone() -> None:
    step = decode_step("llama", 1)
    held = step.new_states()
    step(input_ids=[[1]], positions=[0], **held)
    assert all(state.is_deleted() for state in held.values())


def test_sampling_step_keeps_caches_in_place() -> None:
    """The program that `generate` runs: the module and the choice of a token in one."""
    generator, options = tiny("llama").generator, SamplingOptions(temperature=1.0)
    step = generator.program("decode", 3, 1, CONTEXT, options)
    held = Held(step.new_states(), np.zeros(0, bool))
    places = [state.unsafe_buffer_pointer() for state in held.states]
    cursor = Cursor(np.zeros((3, 1), np.int32), np.array([0, 5, 9], np.int32), np.int32(0))
    for _ in range(30):
        held, cursor = step(held, cursor, options.numbers())
    assert np.asarray(cursor.positions).tolist() == [30, 35, 39]
    assert [state.unsafe_buffer_pointer() for state in held.states] == places
    smallest = min(state.size for state in held.states)
    assert not list(moved(step.program.as_text() or "", smallest))


def test_phases_share_the_weights() -> None:
    generator, options = tiny("llama").generator, SamplingOptions()
    programs = [
        generator.program("prefill", 1, WIDTH, CONTEXT, options),
        generator.program("decode", 1, 1, CONTEXT, options),
    ]
    first, second = (
        {
            port.name: array.unsafe_buffer_pointer()
            for port, array in zip(
                [p for p in program.arguments if p.kind == "param"],
                program.params,
                strict=True,
            )
        }
        for program in programs
    )
    assert first == second
    assert len(first) == len(tiny("llama").flow(seq=4).build(None).params)
