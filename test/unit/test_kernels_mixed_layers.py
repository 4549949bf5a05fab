"""Files whose layers have blocks of several formats, in loops: packed, and as unrolled ones are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.cli import main as cli
from rlxflow.config.profile import CompileProfile
from rlxflow.errors import KernelError, PassError
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.runtime.model import Model, load

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import dense_file
from kernels import names_read

pytestmark = pytest.mark.kernels
HEAD = {"token_embd": "Q4_K", "output.weight": "Q6_K"}
# As many files have them: Q6_K in some layers' v and down.
Q4_K_M = {f"blk.{i}.{name}": "Q6_K" for i in (2, 4) for name in ("attn_v", "ffn_down")}
Q4_K_M |= HEAD | {"blk": "Q4_K"}
# Every weight mixed in a way of its own, one of them alike in all layers.
ALL = {"blk.0.attn_q": "Q5_K", "blk.1.attn_k": "Q8_0", "blk.2.attn_v": "Q6_K", "attn_o": "Q4_0"}
ALL |= {"blk.2.ffn_gate": "Q8_0", "blk.0.ffn_up": "Q4_0", "blk.1.ffn_down": "F32"}
ALL |= HEAD | {"blk.2": "Q5_K", "blk": "Q4_K"}
SIZES: Mapping[str, tuple[Mapping[str, str], int, int]] = {
    "q4_k_m": (Q4_K_M, 5, 768),
    "all": (ALL, 3, 1280),
}
IDS = np.array([[5, 11, 7, 20, 3, 41, 66]], np.int32)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("mixed")
    return {
        name: dense_file(folder / f"{name}.gguf", kinds, layers, inner)
        for name, (kinds, layers, inner) in SIZES.items()
    }


def opened(path: Path, layers: Any, kernels: Any = "required", **profile: Any) -> Model:
    made = CompileProfile(layers=layers, kernels=kernels, **profile)
    return load(path, profile=made, cache=False)


def dispatch(model: Model) -> dict[str, Dispatch]:
    found = kernel_dispatch(model.build(model.flow("decode", context=16)), "cpu")
    return {each.path: each for each in found}


@pytest.mark.parametrize("name", SIZES)
def test_layers_in_a_loop_give_the_numbers_of_unrolled_ones(
    files: dict[str, Path], name: str
) -> None:
    """In every bit, in the prompt's rows and in the one of a step; and the tokens of no kernels."""
    models = [opened(files[name], layers) for layers in ("loop", "unroll")]
    found, wanted = (np.asarray(model(input_ids=IDS)["logits"]) for model in models)
    assert np.array_equal(found, wanted)
    tokens = [model.generate(IDS, max_new_tokens=9).tolist() for model in models]
    assert tokens[0] == tokens[1]
    plain = opened(files[name], "unroll", "none")
    assert plain.generate(IDS, max_new_tokens=9).tolist() == tokens[0]
    logits = np.asarray(plain(input_ids=IDS)["logits"])
    assert np.abs(found - logits).max() <= 3e-4 * np.abs(logits).max()


def test_weights_stay_packed_from_the_file_to_the_step(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    expanded = names_read(monkeypatch)
    model = opened(files["q4_k_m"], "loop")
    built = bind_built(model.build(model.flow("decode", context=16)), "cpu")
    layouts = {param.name: param.packed for param in built.params if param.packed}
    mixed = "q4_k|q4_k|q6_k|q4_k|q6_k.v1 5x"
    assert layouts["model.layers.{0..4}.mlp.down_proj.weight"] == f"{mixed}256x768"
    assert layouts["model.layers.{0..4}.self_attn.v_proj.weight"] == f"{mixed}128x256"
    assert layouts["model.layers.{0..4}.mlp.up_proj.weight"] == "q4_k.v1 5x768x256"
    step = built.compile()
    step(input_ids=[[3]], positions=[0], **step.new_states())
    assert expanded
    assert [name for name in expanded if "norm" not in name] == []
    hlo = step.hlo()
    assert hlo.count("custom_call_target") == 7
    assert "u8[1," not in hlo  # no slice of weights
    assert (
        max(np.prod([int(size) for size in sizes.split(",")]) for sizes in _arrays(hlo, "f32"))
        < 128 * 256
    )  # no matrix of numbers


def _arrays(hlo: str, dtype: str) -> set[str]:
    parts = hlo.split(f"{dtype}[")[1:]
    return {sizes for part in parts if (sizes := part.partition("]")[0])}


def test_the_report_says_what_each_stage_reads(files: dict[str, Path]) -> None:
    looped, alone = (dispatch(opened(files["q4_k_m"], form)) for form in ("loop", "unroll"))
    down = looped["layers/mlp/down_proj"]
    assert down.reason.startswith("`rlxflow.linear.v1`: reads ")
    assert down.reason.endswith("; weights as stored: q4_k, q6_k")
    assert down.blocks is not None
    assert (down.blocks.stored, down.blocks.quantised) == (("q4_k", "q6_k"), ())
    q4, q6 = (alone[f"layers.{i}/mlp/down_proj"].reason for i in (0, 2))
    assert (
        q4.partition(", ")[2].partition(";")[0] == down.reason.partition(", ")[2].partition(";")[0]
    )
    sizes = [float(text.partition("reads ")[2].partition(" ")[0]) for text in (q4, down.reason, q6)]
    assert sizes[1] == pytest.approx(0.6 * sizes[0] + 0.4 * sizes[2], rel=0.01)
    assert {path for path, each in looped.items() if "; no kernel: " in each.reason} == set()


def test_the_ledger_counts_what_the_layers_of_a_mixed_stack_take(files: dict[str, Path]) -> None:
    costs = {}
    for form in ("loop", "unroll"):
        model = opened(files["q4_k_m"], form)
        ledger = model.build(model.flow("decode", context=40)).compile().ledger()
        costs[form] = {row.path: row.cost for row in ledger.rows()}
    for stage in ("attention/q_proj-k_proj-v_proj", "mlp/gate_proj-up_proj", "mlp/down_proj"):
        looped = costs["loop"][f"layers/{stage}"]
        single = [costs["unroll"][f"layers.{i}/{stage}"] for i in range(5)]
        assert looped.read == pytest.approx(sum(each.read for each in single), rel=2e-3), stage
        assert looped.flops == sum(each.flops for each in single), stage


def test_numbers_and_blocks_may_be_in_one_stack(tmp_path: Path) -> None:
    """A layer in f32 goes to the kernel with the others; a rule quantises it alone."""
    kinds = {"blk.1.ffn_down": "F32", "blk.0.ffn_up": "F32", **HEAD, "blk": "Q8_0"}
    path = dense_file(tmp_path / "some.gguf", kinds, 3, 512)
    models = [opened(path, layers, "required") for layers in ("loop", "unroll")]
    found, wanted = (np.asarray(model(input_ids=IDS)["logits"]) for model in models)
    assert np.array_equal(found, wanted)
    built = bind_built(models[0].build(models[0].flow("decode", context=16)), "cpu")
    assert "q8_0|f32|q8_0.v1 3x256x512" in {param.packed for param in built.params}
    assert dispatch(opened(path, "loop", "auto"))["layers/mlp/down_proj"].mode == "kernel"
    rule = {"layers.*/mlp/*": "q8_0"}
    ruled, alone = (dispatch(opened(path, form, quant=rule)) for form in ("loop", "unroll"))
    blocks, single = ruled["layers/mlp/down_proj"].blocks, alone["layers.1/mlp/down_proj"].blocks
    assert blocks is not None
    assert single is not None
    assert (blocks.stored, blocks.quantised) == (("q8_0",), ("q8_0",))
    assert single.relative is not None
    assert (blocks.relative, blocks.largest) == (single.relative, single.largest)
    with pytest.raises(PassError, match="weights q8_0 in the file, q4_0 asked for"):
        dispatch(opened(path, "loop", quant={"layers.*/mlp/*": "q4_0"}))


def test_a_layer_of_a_format_without_kernels_leaves_its_stage_to_xla(tmp_path: Path) -> None:
    kinds = {"blk.1.attn_v": "Q4_1", **HEAD, "blk": "Q4_K"}
    path = dense_file(tmp_path / "one.gguf", kinds, 3, 256)
    found = dispatch(opened(path, "loop", "auto"))
    assert (
        "no kernel: weights q4_1; there are kernels for f32"
        in found["layers/attention/v_proj"].reason
    )
    assert found["layers/attention/q_proj-k_proj"].mode == "kernel"
    with pytest.raises(KernelError, match="layers/attention/v_proj: weights q4_1; there are"):
        dispatch(opened(path, "loop"))


def test_a_printed_module_runs_with_the_layers_of_a_file(
    files: dict[str, Path], tmp_path: Path
) -> None:
    path, file, out = files["all"], tmp_path / "x.mlir", tmp_path / "x.npz"
    profile = tmp_path / "loop.toml"
    profile.write_text('[layers]\nform = "loop"\n')
    emit = ["emit", str(path), "--phase", "prefill", "--seq", "7", "--level", "stablehlo"]
    emit += ["--kernels", "required", "--profile", str(profile), "-o", str(file)]
    assert cli.main(emit) == 0
    given = {"input_ids": IDS, "attention_mask": np.ones_like(IDS)}
    given |= {"position_ids": np.arange(7, dtype=np.int32)[None]}
    np.savez(tmp_path / "in.npz", **given)
    run = ["run", str(file), "--inputs", str(tmp_path / "in.npz"), "--weights", str(path)]
    assert cli.main([*run, "-o", str(out)]) == 0
    model = opened(path, "unroll")
    wanted = model.build(model.flow("prefill", seq=7)).compile()(**given)
    found = np.load(out)["logits"]
    assert found.size > 50
    assert np.array_equal(found, wanted["logits"])
