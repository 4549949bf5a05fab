"""Layers in a loop with kernels: the numbers, tokens and weights that unrolled ones have."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.cli import main as cli
from rlxflow.config.profile import CompileProfile
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.runtime.model import Model, load

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import mixture_file
from kernels import GGUF, ORACLE, names_read, needs_files

pytestmark = pytest.mark.kernels
KINDS = {"gate_inp": "F32", "blk.1.attn_v": "Q6_K", "attn_v": "Q4_K", "attn": "Q8_0"}
KINDS |= {"blk.0.ffn_down_exps": "Q4_K", "down_exps": "Q6_K", "exps": "Q4_K", "output": "Q8_0"}
IDS = np.array([[5, 11, 7, 20, 3]], np.int32)
STEP = [
    "layers/attention/q_proj-k_proj-v_proj",
    "layers/attention/cache-attend",
    "layers/attention/o_proj",
    "layers/mlp/gate_proj-up_proj",
    "layers/mlp/down_proj",
]


def opened(path: Path, layers: Any, kernels: Any = "required", **profile: Any) -> Model:
    made = CompileProfile(layers=layers, kernels=kernels, **profile)
    return load(path, profile=made, cache=False)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose layers differ in the blocks of v and of the experts' last weight."""
    return mixture_file(tmp_path_factory.mktemp("mixed") / "mixed.gguf", KINDS)


@needs_files
@pytest.mark.parametrize(
    ("file", "bound"),
    [("llama_q8_0", 0), ("llama_q4_k", 0), ("qwen3moe_f16", 1e-6)],
)
def test_files_give_the_numbers_of_unrolled_layers(file: str, bound: float) -> None:
    """In every bit, but where XLA does parts of a layer and fuses them otherwise."""
    path = GGUF / f"{file}.gguf"
    reference = np.load(path.with_suffix(".npz"))
    prompt, expected = reference["in/prompt_ids"], reference["out/generated_ids"]
    looped, alone = (opened(path, layers) for layers in ("loop", "unroll"))
    logits, wanted = (np.asarray(model(input_ids=prompt)["logits"]) for model in (looped, alone))
    assert np.abs(logits - wanted).max() <= bound * np.abs(wanted).max()
    new = expected.shape[1] - prompt.shape[1]
    assert np.array_equal(looped.generate(prompt, max_new_tokens=new), expected)


@needs_files
def test_the_report_names_a_kernel_for_each_stage_of_the_loop() -> None:
    model = opened(GGUF / "llama_q8_0.gguf", "loop")
    found = kernel_dispatch(model.build(model.flow("decode", context=24)), "cpu")
    alone = opened(GGUF / "llama_q8_0.gguf", "unroll")
    single = kernel_dispatch(alone.build(alone.flow("decode", context=24)), "cpu")
    said = {each.path: each.reason for each in found if each.mode == "kernel"}
    first = {each.path: each.reason for each in single if each.mode == "kernel"}
    assert [path for path in said if path.startswith("layers")] == STEP
    assert said == {path: first[path.replace("layers/", "layers.0/")] for path in said}


@needs_files
def test_nothing_of_the_size_of_a_layer_is_copied_in_a_step() -> None:
    model = opened(GGUF / "llama_q8_0.gguf", "loop")
    step = model.build(model.flow("decode", context=40)).compile()
    hlo = step.hlo()
    assert hlo.count("custom_call_target") == 7
    assert "dynamic-update-slice" not in hlo
    assert "u8[1," not in hlo  # no slice of weights
    states = step.new_states()
    places = {name: state.unsafe_buffer_pointer() for name, state in states.items()}
    assert step.memory()["temporaries"] < min(state.nbytes for state in states.values())
    for position in range(3):
        given = {"input_ids": [[position]], "positions": [position]}
        made = step(**given, **states)
        states = {name: made[name] for name in states}
    assert {name: state.unsafe_buffer_pointer() for name, state in states.items()} == places


@needs_files
def test_the_ledger_counts_the_layer_of_a_stack_in_each_pass() -> None:
    """What a program reads and writes is what it does with its layers unrolled."""
    costs = {}
    for form in ("loop", "unroll"):
        model = opened(GGUF / "llama_q8_0.gguf", form)
        ledger = model.build(model.flow("decode", context=40)).compile().ledger()
        costs[form] = {row.path: row.cost for row in ledger.rows()}
    for path in STEP:
        looped = costs["loop"][path]
        single = [costs["unroll"][path.replace("layers/", f"layers.{i}/")] for i in (0, 1)]
        assert looped.read == pytest.approx(sum(each.read for each in single), rel=1e-3), path
        assert looped.written == sum(each.written for each in single), path
        assert looped.flops == sum(each.flops for each in single), path


def test_experts_of_layers_with_other_blocks_have_a_kernel(mixed: Path) -> None:
    """Every layer its own blocks, none of them quantised anew."""
    models = [opened(mixed, layers) for layers in ("loop", "unroll")]
    flow = models[0].flow("decode", context=16)
    found = {each.path: each for each in kernel_dispatch(models[0].build(flow), "cpu")}
    experts = found["layers/mlp/experts"]
    assert experts.mode == "kernel"
    assert experts.blocks is not None
    assert (experts.blocks.stored, experts.blocks.quantised) == (("q4_k", "q6_k"), ())
    built = bind_built(models[0].build(flow), "cpu")
    packed = {param.packed for param in built.params if "layers" in param.name}
    assert {"q4_k|q6_k.v1 2x128x256", "q4_k|q6_k.v1 2x5x256x512"} < packed
    logits, wanted = (np.asarray(model(input_ids=IDS)["logits"]) for model in models)
    assert np.abs(logits - wanted).max() <= 1e-6 * np.abs(wanted).max()
    tokens = [model.generate(IDS, max_new_tokens=6).tolist() for model in models]
    assert tokens[0] == tokens[1]


@needs_files
def test_blocks_reach_a_stack_unexpanded_and_programs_share_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expanded = names_read(monkeypatch)
    model = opened(GGUF / "llama_q8_0.gguf", "loop")
    model.generate(IDS, max_new_tokens=3)
    assert expanded
    assert all(name.endswith("norm.weight") for name in expanded)
    programs = list(model.generator._programs.values())
    assert len(programs) > 1
    stacks = [{p.name: p.packed for p in each.arguments if p.kind == "param"} for each in programs]
    assert stacks[0] == stacks[1]
    assert "q8_0.v1 2x256x256" in stacks[0].values()
    assert len(expanded) == len(set(expanded))  # each once for all programs


@needs_files
def test_a_file_of_a_loop_runs_and_packs_its_stacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, file, out = ORACLE / "checkpoints" / "llama", tmp_path / "x.mlir", tmp_path / "x.npz"
    profile = tmp_path / "loop.toml"
    profile.write_text('[layers]\nform = "loop"\n')
    emit = ["emit", str(path), "--phase", "prefill", "--seq", "5", "--level", "stablehlo"]
    emit += ["--kernels", "required", "--profile", str(profile), "-o", str(file)]
    assert cli.main(emit) == 0
    text = file.read_text()
    model = opened(path, "loop")
    program = model.build(model.flow("prefill", seq=5)).compile()
    given = {"input_ids": IDS, "attention_mask": np.ones_like(IDS)}
    given |= {"position_ids": np.arange(5, dtype=np.int32)[None]}
    np.savez(tmp_path / "in.npz", **given)
    run = ["run", str(file), "--inputs", str(tmp_path / "in.npz"), "--weights", str(path)]
    assert cli.main([*run, "-o", str(out)]) == 0
    wanted = program(**given)
    found = np.load(out)
    assert "@rlxflow.linear.v1" in text
    assert found["logits"].size > 50
    assert np.array_equal(found["logits"], wanted["logits"])
    capsys.readouterr()
    layout = re.search(r'"f32\.v1 (\d+)x(\d+)x\d+"', text)
    assert layout is not None
    assert layout[1] == "3"
    file.write_text(text.replace(layout[0], layout[0].replace(f" {layout[1]}x", " 7x")))
    assert cli.main(run) == 1
    layers = f"layout of a stack: expected {layout[1]} layers, found `f32.v1 7x{layout[2]}x"
    assert layers in capsys.readouterr().err
