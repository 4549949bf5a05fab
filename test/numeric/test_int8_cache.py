"""Caches of int8: what is kept, who reads it alike, and how far scores move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_decoders import CONTEXT, moved, smallest_cache, tiny
from tiny_whisper import MULTILINGUAL, write_checkpoint

import rlxflow as rf
from rlxflow.amounts import amount
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.kv_cache import keep
from rlxflow.blocks.tokens import Positions
from rlxflow.ir.interpreter import interpret
from rlxflow.ir.module import IrModule
from rlxflow.runtime.compiled import CompiledModel, compile_built
from rlxflow.runtime.model import Model, load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
# Of the largest score: the largest difference. Of their standard deviation: the root of the mean
# square. Of int8 against f32, as docs/states.md says.
MOST, MEAN = 5e-2, 4e-2
# Kernels against bodies, of the largest: they may make integers of 16 bits of queries and weights.
CLOSE = 2e-4
PHASES = (("prefill", 2), ("decode", 1))

pytestmark = pytest.mark.numeric
needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference checkpoints")


def step_of(model: Model, batch: int, seq: int = 1, **profile: Any) -> CompiledModel:
    checkpoint = replace(model.checkpoint, profile=rf.CompileProfile(**profile))
    request = checkpoint.phase_request("decode", batch=batch, seq=seq, context=CONTEXT)
    return compile_built(checkpoint.build(checkpoint.flow(request)), None, model.weights.on_device)


def run_both(
    steps: dict[str, CompiledModel], ids: np.ndarray, starts: list[int], caches: str = ""
) -> list[dict[str, dict[str, np.ndarray]]]:
    """Returns what each step gives for each column of ids, in turns.

    Each has its own caches, or all have those of `caches`.
    """
    held = {name: step.new_states() for name, step in steps.items()}
    found: list[dict[str, dict[str, np.ndarray]]] = []
    width = steps[next(iter(steps))].inputs[0].shape[1]
    for at in range(0, ids.shape[1] - width + 1, width):
        given = {"input_ids": ids[:, at : at + width], "positions": np.array(starts) + at}
        made = {name: step(**given, **held[name]) for name, step in steps.items()}
        seen = {
            name: {key: np.array(value) for key, value in each.items()}
            for name, each in made.items()
        }
        held = {name: {key: seen[caches or name][key] for key in held[name]} for name in steps}
        found.append(seen)
    return found


def test_the_nearest_integers_and_a_scale_for_each_row() -> None:
    """Halves go to the even integer; what is not finite shows in the scale alone."""
    rows = np.zeros((1, 5, 1, 6), np.float32)
    rows[0, 0, 0] = [127, 0.5, 1.5, -2.5, 3.49, -127]
    rows[0, 1, 0] = [-3, 1.5, 0, 0.012, 0.011, 1]
    rows[0, 3, 0, 2], rows[0, 3, 0, 4] = np.nan, 8
    rows[0, 4, 0, 5] = -np.inf

    def build(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        made = keep(emit.flow_input("rows"), "i8")
        emit.publish_side_output("whole", made.rows)
        assert made.scale is not None
        emit.publish_side_output("scale", made.scale)
        return x

    flow = rf.ModelFlow("keep").input("rows", rf.Shape(rows.shape, "f32", axes=tuple("btke")))
    found = flow.custom(build, name="keep").build().compile()(rows=rows)
    whole, scale = np.asarray(found["whole"])[0, :, 0], np.asarray(found["scale"])[0, :, 0]
    assert whole.dtype == np.int8
    assert whole[0].tolist() == [127, 0, 2, -2, 3, -127]
    assert whole[1].tolist() == [-127, 64, 0, 1, 0, 42]
    assert (whole[2:] == 1).all()
    assert np.allclose(scale[:2], [1, 3 / 127], rtol=1e-6)
    assert scale[2] == 0
    assert np.isnan(scale[3])
    assert np.isposinf(scale[4])


def bytes_read(batch: int, seq: int, slots: int) -> str:
    """Of 4 queries over 2 heads of 8: caches, scales, positions, queries, new keys and values."""
    cache = 2 * 2 * batch * slots * (8 + 4)
    return f"reads {amount(cache + 4 * batch * seq * (1 + 4 * 8 + 2 * 2 * 8), 'B')}"


@pytest.mark.kernels
@pytest.mark.parametrize(("family", "batch", "seq"), [("gemma2", 2, 3), ("gemma3_text", 3, 1)])
def test_kernels_keep_the_same_integers(family: str, batch: int, seq: int) -> None:
    """Rows of different lengths, further than any ring is long; caches stay where they are."""
    steps = {
        "fast": step_of(tiny(family), batch, seq, cache="int8"),
        "slow": step_of(tiny(family), batch, seq, cache="int8", kernels="none"),
    }
    kernels = {e.path: e.reason for e in steps["fast"].dispatch() if e.mode == "kernel"}
    assert {f"layers.{i}/attention/cache-attend" for i in range(2)} <= kernels.keys()
    assert f": {bytes_read(batch, seq, 13)}," in kernels["layers.0/attention/cache-attend"]
    assert "dynamic-update-slice" not in steps["fast"].hlo()
    assert not list(moved(steps["fast"].hlo(), smallest_cache(steps["fast"])))
    ids = np.random.default_rng(batch).integers(0, 31, (batch, 36))
    for made in run_both(steps, ids, [0, 7, 2][:batch], caches="slow"):
        fast, slow = made["fast"], made["slow"]
        assert np.abs(fast["logits"] - slow["logits"]).max() < CLOSE * np.ptp(slow["logits"])
        for name in slow.keys() - {"logits"}:
            apart = np.abs(fast[name].astype(np.float32) - slow[name])
            if slow[name].dtype == np.int8:  # of layers behind others, which differ a little
                assert apart.max() <= 1, name
                assert np.count_nonzero(apart) <= apart.size // 100, name
            else:
                assert apart.max() <= CLOSE * np.abs(slow[name]).max(), name


def test_the_reference_interpreter_agrees() -> None:
    step = step_of(tiny("gemma2"), 2, cache="int8")
    checkpoint = replace(tiny("gemma2").checkpoint, profile=rf.CompileProfile(cache="int8"))
    request = checkpoint.phase_request("decode", batch=2, context=CONTEXT)
    built = checkpoint.build(checkpoint.flow(request))
    module = IrModule.parse(built.mlir("stablehlo"))
    held = step.new_states()
    for at in (40, 41):
        given = {"input_ids": np.array([[3], [7]], np.int32), "positions": np.array([at, 2], "i4")}
        named = {**given, **{name: np.array(value) for name, value in held.items()}}
        arrays = [
            named[port.name] if port.name in named else built.plan.read(port.name)
            for port in module.arguments()
        ]
        wanted = interpret(module, arrays)
        made = step(**given, **held)
        held = {name: made[name] for name in held}
        for port, value in zip(module.results(), wanted, strict=True):
            found = np.asarray(made[port.name])
            close = 0 if found.dtype == np.int8 else 2e-6 * np.abs(value).max()
            assert np.abs(found.astype(np.float32) - value).max() <= close, port.name


def test_states_and_their_bytes() -> None:
    step = step_of(tiny("gemma3_text"), 2, cache="int8")
    states = {name: (str(a.dtype), a.shape) for name, a in step.new_states().items()}
    assert states["layers.0.key"] == ("int8", (2, 2, 8, 13))
    assert states["layers.0.value"] == ("int8", (2, 2, 13, 8))
    assert states["layers.0.key_scale"] == ("float32", (2, 2, 13))
    assert states["layers.1.value_scale"] == ("float32", (2, 2, CONTEXT))
    aliased = step.program.memory_analysis().alias_size_in_bytes
    assert aliased == sum(state.nbytes for state in step.new_states().values())


def opened(family: str, **profile: Any) -> Model:
    made = rf.CompileProfile(**profile)
    return Model(replace(tiny(family).checkpoint, profile=made), cache=False)


@pytest.mark.parametrize(("family", "form"), [("llama", "loop"), ("mistral", "call")])
def test_layers_of_every_form_generate_the_same(family: str, form: str) -> None:
    """Prompts of two lengths, the first of which is longer than a ring of a window."""
    ids = np.random.default_rng(8).integers(1, 31, (2, 16))
    mask = np.ones_like(ids)
    mask[1, 5:] = 0
    tokens = [
        opened(family, cache="int8", layers=each).generate(
            ids, attention_mask=mask, max_new_tokens=14, eos_token_id=[]
        )
        for each in ("unroll", form)
    ]
    assert np.array_equal(*tokens)


@pytest.mark.kernels_if_built
def test_a_saved_program_keeps_its_caches(tmp_path: Path) -> None:
    step = step_of(tiny("llama"), 1, cache="int8")
    again = CompiledModel.load(step.save(tmp_path / "step.rlx"), tiny("llama").checkpoint.source)
    ids = np.array([[3, 9, 4]])
    for made in run_both({"first": step, "again": again}, ids, [0]):
        for name, value in made["first"].items():
            assert np.array_equal(value, made["again"][name]), name


def test_caches_of_what_an_encoder_said(tmp_path: Path) -> None:
    """Whisper's decoder attends to a cache that the prompt fills once."""
    source = load(write_checkpoint(tmp_path, MULTILINGUAL))
    scores = []
    for kept in ("f32", "int8"):
        checkpoint = replace(source.checkpoint, profile=rf.CompileProfile(cache=kept))
        model = Model(checkpoint, cache=False)
        phases = [model.flow(phase, 2, seq, context=8) for phase, seq in PHASES]
        prompt, step = (checkpoint.build(flow).compile() for flow in phases)
        port = next(port for port in prompt.inputs if port.name == "encoder_hidden_states")
        heard = np.random.default_rng(3).normal(size=port.shape).astype(np.float32)
        given = {"decoder_input_ids": [[256, 240], [256, 7]], "lengths": [2, 2]}
        states = prompt(**given, encoder_hidden_states=heard, **prompt.new_states())
        assert str(states["layers.1.cross.value"].dtype) == {"f32": "float32"}.get(kept, kept)
        held = {name: states[name] for name in step.new_states()}
        made = step(decoder_input_ids=[[11], [31]], positions=[2, 2], **held)
        scores.append(np.asarray(made["logits"]))
    wide, narrow = scores
    assert 1e-5 < np.abs(narrow - wide).max() / np.abs(wide).max() < MOST


def test_layers_may_share_what_is_kept() -> None:
    """The second layer has queries alone; it reads keys, values and scales of the first."""
    numbers = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "padding": False}
    rng, found = np.random.default_rng(6), {}
    shapes = {"q": (24, 10), "k": (12, 10), "v": (12, 10), "o": (10, 24), "p": (24, 10)}
    held = {f"{key}.weight": rng.normal(size=s).astype("f4") for key, s in shapes.items()}
    tokens = rng.normal(size=(7, 2, 1, 10)).astype(np.float32)
    for kept in ("f32", "i8"):
        cached = {
            **numbers,
            "phase": "decode",
            "cache_slots": 9,
            "cache_dtype": kept,
            "bias": False,
        }
        lender = SelfAttention(
            query_key="q",
            key_key="k",
            value_key="v",
            output_key="o",
            kv_to="kv",
            cache_key="c",
            **cached,
        )
        borrower = SelfAttention(query_key="p", output_key="o", kv_from="kv", **cached)
        flow = rf.ModelFlow("two").input("x", rf.Shape([2, 1, 10]))
        flow = flow.input("positions", rf.Shape([2], "i32"))
        flow = flow.stage("at", Positions(input="positions")).stage("a", lender)
        step = flow.stage("b", borrower).build(held).compile()
        states = step.new_states()
        assert len(states) == {"f32": 2, "i8": 4}[kept]
        for at, x in enumerate(tokens):
            made = step(x=x, positions=[at, at + 4], **states)
            states = {name: made[name] for name in states}
        found[kept] = np.asarray(made["output"])
    difference = np.abs(found["i8"] - found["f32"]).max()
    assert 1e-5 < difference / np.abs(found["f32"]).max() < MOST


@needs_oracle
@pytest.mark.kernels_if_built
@pytest.mark.parametrize("name", ["llama", "qwen2_window", "gemma2", "gemma3_text"])
def test_scores_are_near_those_of_f32(name: str) -> None:
    """Windows in three of them, softcap in gemma2; rows of different lengths."""
    model = load(ORACLE / "checkpoints" / name, dtype="f32")
    steps = {kept: step_of(model, 2, cache=kept) for kept in ("f32", "int8")}
    ids = np.random.default_rng(5).integers(3, 60, (2, 32))
    for made in run_both(steps, ids, [0, 3]):
        wide, narrow = (np.float64(made[kept]["logits"]) for kept in steps)
        difference = narrow - wide
        assert 0 < np.abs(difference).max() <= MOST * np.abs(wide).max()
        assert np.sqrt(np.mean(difference**2)) <= MEAN * wide.std()
        best, second = np.sort(wide, -1)[..., -1:], np.sort(wide, -1)[..., -2:-1]
        clear = (best - second)[..., 0] > 2 * np.abs(difference).max()
        assert (narrow.argmax(-1) == wide.argmax(-1))[clear].all()


@needs_oracle
@pytest.mark.kernels_if_built
def test_a_trained_model_says_the_same() -> None:
    path = ORACLE / "gguf" / "tinystory_q8_0.gguf"
    texts = {
        kept: load(path, profile=rf.CompileProfile(cache=kept), cache=False).generate(
            ["Once upon a time", "The little dog"], max_new_tokens=40
        )
        for kept in ("f32", "int8")
    }
    assert texts["f32"] == texts["int8"]
