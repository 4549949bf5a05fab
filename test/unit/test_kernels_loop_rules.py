"""Rules for modes and formats name layers in a loop as they were before: all of them or none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.config.profile import CompileProfile
from rlxflow.errors import KernelError, PassError
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.runtime.model import Model, load

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kernels import ORACLE, needs_files

pytestmark = [pytest.mark.kernels, needs_files]
LLAMA = ORACLE / "checkpoints" / "llama"
# Integer formats meet activations rounded to this part of the largest of 32. XLA does not fuse
# around both forms alike on every CPU, so activations differ in their last bit (7e-7 of the largest
# logit without integers, on AVX-512), and some of them are rounded to the next step.
STEP = 1 / 65278
BY_TURNS: dict[str, Any] = {
    "model_type": "gemma2",
    "vocab_size": 61,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 64,
    "sliding_window": 5,
    "query_pre_attn_scalar": 9,
    "attn_logit_softcapping": 4.0,
}
IDS = np.array([[5, 11, 7, 20, 3]], np.int32)


def opened(path: Path, layers: Any = "loop", **profile: Any) -> Model:
    return load(path, profile=CompileProfile(layers=layers, **profile), cache=False)


def dispatch(model: Model) -> dict[str, Dispatch]:
    found = kernel_dispatch(model.build(model.flow("decode", context=16)), "cpu")
    return {each.path: each for each in found}


@pytest.mark.parametrize(
    "pattern",
    ["layers.*/attention*", "layers.*/attention/*", "layers/attention", "layers/*/?_proj"],
)
def test_weights_of_all_layers_are_quantised(pattern: str) -> None:
    """A stack of norms is no matrix."""
    found = dispatch(opened(LLAMA, quant={pattern: "q8_0"}))
    said = [path for path, each in found.items() if each.blocks and each.blocks.quantised]
    assert said == ["layers/attention/q_proj-k_proj-v_proj", "layers/attention/o_proj"]
    alone = dispatch(opened(LLAMA, "unroll", quant={"layers.*/attention": "q8_0"}))
    errors = [alone[f"layers.{i}/attention/o_proj"].blocks for i in range(3)]
    relative = [each.relative for each in errors if each and each.relative]
    blocks = found["layers/attention/o_proj"].blocks
    assert blocks is not None
    assert blocks.relative is not None
    assert min(relative) < blocks.relative < max(relative)
    assert blocks.largest == max(each.largest for each in errors if each and each.largest)


def test_quantised_layers_give_the_numbers_of_unrolled_ones() -> None:
    quant = {"layers.*/attention": "q8_0"}
    models = [opened(LLAMA, layers, quant=quant) for layers in ("loop", "unroll")]
    found, wanted = (np.asarray(model(input_ids=IDS)["logits"]) for model in models)
    plain = np.asarray(opened(LLAMA)(input_ids=IDS)["logits"])
    assert np.abs(found - wanted).max() <= 2 * STEP * np.abs(wanted).max()
    assert np.abs(found - plain).max() > 1e-3 * np.abs(wanted).max()


@pytest.mark.parametrize("pattern", ["layers.1/attention", "layers.2/*"])
def test_a_rule_for_some_layers_is_an_error(pattern: str) -> None:
    with pytest.raises(PassError) as caught:
        dispatch(opened(LLAMA, quant={pattern: "q8_0"}))
    message = str(caught.value)
    assert f"rule `{pattern}=q8_0`: expected all layers of the loop" in message
    assert "found 1 of 3; name all, or take the layers `unroll`" in message


@pytest.fixture
def by_turns(tmp_path: Path) -> Callable[..., Model]:
    """Opens a decoder of six layers, local and global by turns, in a form."""
    (tmp_path / "config.json").write_text(json.dumps(BY_TURNS))
    shapes = load(tmp_path, weights=None).flow(seq=4).build(None).params
    rng = np.random.default_rng(1)
    held = {s.name: rng.normal(size=s.shape, scale=0.2).astype(np.float32) for s in shapes}

    def open_as(layers: Any, **profile: Any) -> Model:
        made = CompileProfile(layers=layers, **profile)
        return load(tmp_path, weights=held, profile=made, cache=False)

    return open_as


def test_layers_by_turns_are_named_as_they_were(by_turns: Callable[..., Model]) -> None:
    """They are stages `0` and `1` of a loop."""
    with pytest.raises(PassError, match=r"`layers\.1/mlp=q4_0`: expected all .*found 1 of 3"):
        dispatch(by_turns("loop", quant={"layers.1/mlp": "q4_0"}))
    models = [by_turns(form, quant={"layers.*/mlp": "q4_0"}) for form in ("loop", "unroll")]
    said = [path for path, each in dispatch(models[0]).items() if each.blocks]
    assert [path for path in said if path.endswith("down_proj")] == [
        "layers/0/mlp/down_proj",
        "layers/1/mlp/down_proj",
    ]
    prompt = np.random.default_rng(4).integers(0, 61, (1, 9))
    found, wanted = (np.asarray(model(input_ids=prompt)["logits"]) for model in models)
    assert np.abs(found - wanted).max() <= 2 * STEP * np.abs(wanted).max()
    assert np.ptp(wanted, axis=1).min() > 0.1


@pytest.mark.parametrize("cache", ["int8", "bf16"])
def test_caches_of_any_type_are_written_in_their_stacks(
    by_turns: Callable[..., Model], cache: str
) -> None:
    """Steps beyond the ring of local layers; no slice of a cache is left."""
    made = {form: by_turns(form, cache=cache, kernels="required") for form in ("loop", "unroll")}
    steps = {
        form: model.build(model.flow("decode", context=16)).compile()
        for form, model in made.items()
    }
    held = {form: step.new_states() for form, step in steps.items()}
    assert "dynamic-update-slice" not in steps["loop"].hlo()
    for position in range(14):
        given = {"input_ids": [[7 * position % 61]], "positions": [position]}
        found = {form: step(**given, **held[form]) for form, step in steps.items()}
        held = {form: {name: found[form][name] for name in held[form]} for form in held}
        logits = {form: np.asarray(each["logits"]) for form, each in found.items()}
        largest = np.abs(logits["unroll"]).max()
        assert np.abs(logits["loop"] - logits["unroll"]).max() <= 1e-5 * largest


def test_rules_give_products_of_a_loop_a_kernel() -> None:
    """They are no stages yet when layers are rolled."""
    found = dispatch(opened(LLAMA, policy="skip", modes={"layers.*/mlp/*": "kernel"}))
    kernels = [path for path, each in found.items() if each.mode == "kernel"]
    assert kernels == ["layers/mlp/gate_proj-up_proj", "layers/mlp/down_proj"]
    apart = dispatch(opened(LLAMA, modes={"layers.0/mlp/*": "kernel"}))
    assert apart["layers.0/mlp/down_proj"].mode == "kernel"
    assert [path for path, each in apart.items() if each.mode == "loop"] == ["layers.1", "layers.2"]
    with pytest.raises(PassError, match=r"rule `layers\.\*/nlp/\*=kernel`: expected a pattern"):
        dispatch(opened(LLAMA, modes={"layers.*/nlp/*": "kernel"}))


def test_products_with_f32_weights_have_kernels_in_a_loop_alone() -> None:
    """There XLA copies the slice of each layer; elsewhere it reads them in place."""
    found = {form: dispatch(opened(LLAMA, form, kernels="auto")) for form in ("loop", "unroll")}
    down, head = found["loop"]["layers/mlp/down_proj"], found["loop"]["lm_head/lm_head"]
    assert down.mode == "kernel"
    assert down.blocks is None
    assert "no kernel: f32 weights, which XLA reads in place" in head.reason
    alone = found["unroll"]["layers.2/mlp/down_proj"]
    assert "no kernel: f32 weights, which XLA reads in place" in alone.reason


@pytest.mark.parametrize("mode", ["fuse", "fence"])
def test_a_rule_keeps_the_write_of_a_cache_apart_as_it_does_unrolled(mode: str) -> None:
    """Also one that gives it the mode that it has by itself."""
    rule = {"layers.*/attention/cache": mode}
    for layers, path in (("loop", "layers"), ("unroll", "layers.1")):
        found = dispatch(opened(LLAMA, layers, modes=rule))
        assert f"{path}/attention/cache-attend" not in found
        assert found[f"{path}/attention/cache"].mode == mode
        assert found[f"{path}/attention/attend"].mode == "kernel"
    mixed = dispatch(opened(LLAMA, modes={"layers.1/attention/cache": mode}))
    alone = [path for path in mixed if path.endswith("/cache")]
    assert alone == ["layers.1/attention/cache"]


def test_a_rule_that_cannot_be_met_in_a_loop_says_why() -> None:
    model = opened(LLAMA, modes={"layers.*/mlp/*": "kernel"}, compute="f16")
    with pytest.raises(KernelError) as caught:
        bind_built(model.build(model.flow("decode", context=16)), "cpu")
    assert "layers/mlp/down_proj: activations f16; the kernel takes f32 and bf16" in str(
        caught.value
    )
