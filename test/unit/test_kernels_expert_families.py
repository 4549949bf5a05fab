"""Every family with experts: which get the kernel, and what repacking their folders does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.cli import main as cli
from rlxflow.config.profile import CompileProfile
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.lazy import load_attribute
from rlxflow.recipes import RECIPES
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.model import load
from rlxflow.weights import open_weights, take_packed, write_safetensors

pytestmark = pytest.mark.kernels
SIZES: dict[str, Any] = {
    "vocab_size": 61,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.01,
    "head_dim": 16,
}
QWEN = SIZES | {"num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
SHARED = {"shared_expert_intermediate_size": 160}
LINEAR = {
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "full_attention_interval": 2,
}
GEMMA = SIZES | {
    "sliding_window": 7,
    "global_head_dim": 16,
    "hidden_size_per_layer_input": 0,
    "enable_moe_block": True,
    "num_experts": 5,
    "top_k_experts": 2,
    "moe_intermediate_size": 32,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "gemma4": {"text_config": GEMMA | {"model_type": "gemma4_text"}},
    "gemma4_text": GEMMA,
    "mixtral": SIZES | {"num_local_experts": 5, "intermediate_size": 32},
    "qwen2_moe": QWEN | SHARED,
    "qwen3_moe": QWEN,
    "qwen3_next": QWEN | SHARED | LINEAR,
}
IDS = np.array([[3, 41, 7, 7, 60, 5, 22]], np.int32)


def of(*families: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("folder", families, indirect=True)


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp(request.param)
    config = FAMILIES[request.param] | {"model_type": request.param}
    (made / "config.json").write_text(json.dumps(config))
    checkpoint = open_checkpoint(made, weights=None)
    stacks = checkpoint.recipe.stacks(checkpoint.config)
    built = checkpoint.build(checkpoint.flow(checkpoint.request("prefill", batch=1, seq=4)))
    shapes = {param.name: param.shape for param in built.params}
    parts = {part: shapes[name][1:] for name, each in stacks.items() for part in each}
    single = {name: shape for name, shape in shapes.items() if name not in stacks} | parts
    rng = np.random.default_rng(5)
    write_safetensors(
        made / "model.safetensors",
        {
            name: (rng.normal(size=shape) * shape[-1] ** -0.5).astype(np.float32)
            if len(shape) > 1
            else rng.uniform(0.5, 1.5, shape).astype(np.float32)
            for name, shape in single.items()
        },
    )
    return made


def logits(folder: Path, kernels: Any = "auto", **quant: Any) -> np.ndarray:
    profile = CompileProfile(kernels=kernels, **quant)
    return np.asarray(load(folder, profile=profile, cache=False)(input_ids=IDS)["logits"])


def near(found: np.ndarray, wanted: np.ndarray, bound: float) -> bool:
    return float(np.abs(found - wanted).max()) <= bound * float(np.abs(wanted).max())


def experts_of(folder: Path) -> list[str]:
    return [name for name in open_weights(folder).names() if ".experts." in name]


def test_all_families_with_experts_are_here() -> None:
    """Also those that a new recipe adds. Qwen3.5 text models share a config, and are dense."""
    classes = {name: load_attribute(path).config_class for name, path in RECIPES.items()}
    counts = {"num_experts_per_tok", "top_k_experts"}
    found = {name for name, made in classes.items() if counts & set(made.model_fields)}
    assert found == {*FAMILIES, "qwen3_5_text"}


@of(*FAMILIES)
def test_experts_of_every_layer_have_the_kernel(folder: Path) -> None:
    model = load(folder)
    for flow in (model.flow("prefill", seq=9), model.flow("decode", context=32)):
        decisions = kernel_dispatch(model.build(flow), "cpu")
        found = [each for each in decisions if each.block == "experts"]
        assert [each.mode for each in found] == ["kernel"] * 2
        assert all("`rlxflow.experts.v1`" in each.reason for each in found)


@pytest.mark.parametrize(
    ("folder", "format_"),
    [("gemma4", "q8_0"), ("gemma4_text", "int8"), ("qwen2_moe", "q8_0"), ("qwen3_next", "q4_0")],
    indirect=["folder"],
)
def test_experts_are_repacked(folder: Path, tmp_path: Path, format_: str) -> None:
    target = tmp_path / "small"
    rule = f"layers.*/**/experts={format_}"
    assert cli.main(["repack", str(folder), "-o", str(target), "--stage", rule]) == 0
    source = open_weights(target)
    names = experts_of(target)
    assert names == experts_of(folder)
    for name in names:
        packed, shape = take_packed(source, name), open_weights(folder).info(name).shape
        assert packed is not None
        assert packed.scheme == format_.upper()
        assert (packed.out_dim, packed.in_dim) == (int(np.prod(shape[:-1])), shape[-1])
        assert source.info(name).shape == source.read(name).shape == shape
    built = bind_built((model := load(target)).build(model.flow("decode", context=16)), "cpu")
    banks = {p.name: p.packed for p in built.params if ".experts." in p.name}
    assert len(banks) in (4, 6)
    assert all(text.startswith(f"{format_}.v1 ") for text in banks.values())
    found = [each for each in built.dispatch() if each.block == "experts"]
    assert all(each.blocks and each.blocks.stored == (format_,) for each in found)
    assert near(logits(target), logits(target, "none"), 3e-4)


@of("gemma4_text", "mixtral")
def test_rules_of_a_profile_quantise_experts(folder: Path, tmp_path: Path) -> None:
    """As repacking with the same rule does."""
    target = tmp_path / "small"
    rule = "layers.*/**/experts"
    assert cli.main(["repack", str(folder), "-o", str(target), "--stage", f"{rule}=q4_0"]) == 0
    assert near(logits(folder, quant={rule: "q4_0"}), logits(target), 1e-6)


@of("gemma4_text")
def test_a_folder_that_cannot_be_written_whole_leaves_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number is in the last of the experts' rows."""
    name, source = "model.layers.1.experts.gate_up_proj", open_weights(folder)
    arrays = {each: source.read(each) for each in source.names()}
    arrays[name] = arrays[name].copy()
    arrays[name][4, 63, 2] = np.inf
    made = tmp_path / "source"
    made.mkdir()
    (made / "config.json").write_bytes((folder / "config.json").read_bytes())
    write_safetensors(made / "model.safetensors", arrays)
    assert cli.main(["repack", str(made), "-o", str(tmp_path / "b"), "--quant", "int8"]) == 1
    said = capsys.readouterr().err
    assert (
        f"`{name}`: expected values that int8 can hold, found one that is NaN or infinite" in said
    )
    assert [*tmp_path.iterdir()] == [made]


@of("gemma4_text")
def test_a_repacked_folder_is_repacked_in_part(folder: Path, tmp_path: Path) -> None:
    """What has its format, or is named by no rule, stays byte by byte."""
    first, second = tmp_path / "first", tmp_path / "second"
    rules = ["--quant", "q8_0", "--stage", "layers.1/**=int8"]
    assert cli.main(["repack", str(folder), "-o", str(first), *rules]) == 0
    again = ["--stage", "layers.0/**/experts=q8_0", "--stage", "lm_head=int8"]
    assert cli.main(["repack", str(first), "-o", str(second), *again]) == 0
    old, new = open_weights(first), open_weights(second)
    other = []
    for name in old.names():
        a, b = take_packed(old, name), take_packed(new, name)
        if a is None or b is None:
            assert a is b is None
            assert np.array_equal(old.read(name), new.read(name))
        elif a.scheme != b.scheme or not np.array_equal(a.w_q, b.w_q):
            other.append((a.scheme, b.scheme))
    assert other == [("Q8_0", "INT8")]
