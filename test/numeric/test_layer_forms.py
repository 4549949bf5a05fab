"""Layers as calls and as a loop: the same numbers as layer by layer, in every phase (defect 37)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_decoders import tensors

import rlxflow as rf
from rlxflow.ir.module import IrModule
from rlxflow.runtime.compiled import DeviceWeights, compile_module
from rlxflow.runtime.devices import find_device
from rlxflow.runtime.model import Model, load

pytestmark = pytest.mark.numeric

DECODER = {
    "vocab_size": 61,
    "hidden_size": 24,
    "intermediate_size": 20,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.02,
}
GEMMA = {"head_dim": 6, "query_pre_attn_scalar": 9, "sliding_window": 5}
GEMMA |= {"attn_logit_softcapping": 4.0, "final_logit_softcapping": 6.0}
MOE = {"head_dim": 6, "num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 7}
BERT = {"vocab_size": 61, "hidden_size": 24, "intermediate_size": 20, "num_attention_heads": 3}
BERT |= {"max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 0.02}
CONFIGS: dict[str, dict[str, Any]] = {
    "llama": DECODER | {"model_type": "llama", "num_hidden_layers": 3},
    "gemma2": DECODER | GEMMA | {"model_type": "gemma2", "num_hidden_layers": 5},
    "qwen3_moe": DECODER | MOE | {"model_type": "qwen3_moe", "num_hidden_layers": 3},
    "bert": BERT | {"model_type": "bert", "num_hidden_layers": 3},
}


@cache
def weights(name: str, folder: Path) -> dict[str, np.ndarray]:
    checkpoint = load(folder, weights=None).checkpoint
    phase = checkpoint.recipe.phases[0]
    flow = checkpoint.flow(checkpoint.request(phase, batch=1, seq=4))
    shapes = {spec.name: spec.shape for spec in checkpoint.build(flow).params}
    stacks = checkpoint.recipe.stacks(checkpoint.config)
    single = {part: shapes[whole][1:] for whole, parts in stacks.items() for part in parts}
    kept = {key: shape for key, shape in shapes.items() if key not in stacks}
    return tensors(kept | single, 3, name)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Returns a function that loads a family with its layers in a form."""

    def load_as(name: str, form: str, **profile: Any) -> Model:
        folder = tmp_path_factory.getbasetemp() / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(CONFIGS[name]))
        made = rf.CompileProfile(layers=form, **profile)
        return load(folder, weights=weights(name, folder), profile=made)

    return load_as


def inputs() -> dict[str, np.ndarray]:
    ids = np.random.default_rng(2).integers(0, 61, (2, 9))
    mask = np.ones_like(ids)
    mask[1, 6:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def outputs(model: Model) -> dict[str, np.ndarray]:
    found = model(**inputs(), output_hidden_states=True)
    states = dict(enumerate(found.pop("hidden_states")))
    named = found | {f"hidden_states.{i}": value for i, value in states.items()}
    return {name: np.asarray(value) for name, value in named.items()}


def outputs_of_text(model: Model) -> dict[str, np.ndarray]:
    """Runs what the StableHLO text says."""
    flow = model.flow(batch=2, seq=9, hidden_states=True)
    built = model.build(flow)
    module = IrModule.parse(built.mlir("stablehlo"))
    program = compile_module("again", module, DeviceWeights(find_device("cpu")), built.plan)
    counted = np.broadcast_to(np.arange(9), (2, 9))
    given = {"position_ids": counted, "token_type_ids": np.zeros((2, 9))}
    wanted = {port.name for port in program.inputs}
    rest = {name: value.astype(np.int32) for name, value in given.items() if name in wanted}
    return {name: np.asarray(value) for name, value in program(**inputs(), **rest).items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_defect_37_forms_give_equal_numbers(opened: Any, name: str) -> None:
    """Calls in every bit; a loop as far as XLA's fusions, which are others there, sum alike."""
    expected = outputs(opened(name, "unroll"))
    assert len(expected) > CONFIGS[name]["num_hidden_layers"]
    called, looped = outputs(opened(name, "call")), outputs_of_text(opened(name, "loop"))
    assert called.keys() == looped.keys() == expected.keys()
    for key, value in expected.items():
        largest = np.abs(value).max()
        assert largest > 0.1
        assert np.array_equal(called[key], value), key
        assert np.abs(looped[key] - value).max() <= 1e-6 * largest, key


@pytest.mark.parametrize("name", ["llama", "gemma2"])
def test_defect_37_a_loop_generates_the_same_tokens(opened: Any, name: str) -> None:
    """Caches go from prefill to decode; gemma's prompt is longer than a ring of 12 slots."""
    prompt = np.random.default_rng(4).integers(0, 61, (1, 15))
    looped = opened(name, "loop")
    found = looped.generate(prompt, max_new_tokens=12)
    assert np.array_equal(found, opened(name, "unroll").generate(prompt, max_new_tokens=12))
    assert len(set(found[0, 15:].tolist())) > 2
    programs = list(looped.generator._programs.values())
    ports = [[p.name for p in each.arguments if p.kind == "state"] for each in programs]
    assert ports[0] == ports[1]
    assert all("{" in port for port in ports[0]) == (name == "llama")


def test_a_loop_updates_its_caches_in_place(opened: Any) -> None:
    built = {form: opened("llama", form) for form in ("unroll", "loop")}
    flows = {form: each.build(each.flow("decode", context=64)) for form, each in built.items()}
    compiled = flows["loop"].compile()
    states = compiled.new_states()
    assert {name: value.shape for name, value in states.items()} == {
        "layers.{0..2}.key": (3, 1, 2, 6, 64),
        "layers.{0..2}.value": (3, 1, 2, 64, 6),
    }
    nbytes = sum(value.nbytes for value in states.values())
    aliased = compiled.program.memory_analysis().alias_size_in_bytes
    assert aliased == nbytes
    weights_of_one = sum(spec.info.nbytes for spec in flows["loop"].params if "{" in spec.name) / 3
    assert compiled.memory()["temporaries"] < weights_of_one + nbytes


def test_op_names_tell_the_layers(opened: Any) -> None:
    """A loop's have no number; those of calls have that of each call."""
    for form, stage in (("loop", "layers"), ("call", "layers.2")):
        model = opened("llama", form)
        text = model.build(model.flow("prefill", seq=3)).compile().hlo()
        assert f"/{stage}/attention/q_proj" in text
        assert ("layers.0/" in text) == (form == "call")
