"""`rlxflow repack`: what is written, what is said of it, and that it is read again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from rlxflow.cli import main as cli
from rlxflow.config.profile import CompileProfile
from rlxflow.errors import WeightError
from rlxflow.kernels.built import bind_built
from rlxflow.runtime.model import load
from rlxflow.weights import open_weights, take_packed, write_safetensors

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kernels import ORACLE, needs_files

LLAMA = ORACLE / "checkpoints" / "llama"


@pytest.mark.kernels
@needs_files
def test_a_folder_is_written_and_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "small"
    rules = ["--quant", "q8_0", "--stage", "layers.*/mlp=q4_0", "--stage", "lm_head=int8"]
    assert cli.main(["repack", str(LLAMA), "-o", str(target), *rules, "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    errors = {name: row["relative"] for name, row in rows.items()}
    assert 1e-3 < errors["model.layers.0.self_attn.q_proj.weight"] < 2e-2
    assert 4e-2 < errors["model.layers.0.mlp.gate_proj.weight"] < 2e-1
    source, original = open_weights(target), open_weights(LLAMA)
    assert set(source.names()) == set(original.names())
    for name in source.names():
        off = np.linalg.norm(source.read(name).astype(np.float32) - original.read(name))
        wanted = errors.get(name, 0.0)
        assert abs(off / np.linalg.norm(original.read(name)) - wanted) < 1e-6
    packed = take_packed(source, "lm_head.weight")
    assert packed is not None
    assert packed.scheme == "INT8"
    assert (target / "config.json").read_bytes() == (LLAMA / "config.json").read_bytes()
    assert cli.main(["repack", str(LLAMA), "-o", str(target), "--quant", "q8_0"]) == 1
    assert "expected a folder that is not there yet, found one" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


@pytest.mark.kernels
@needs_files
def test_every_expert_is_quantised_and_reaches_its_kernel(tmp_path: Path) -> None:
    target = tmp_path / "small"
    rules = ["--quant", "q8_0", "--stage", "layers.*/mlp=int8"]
    assert (
        cli.main(["repack", str(ORACLE / "checkpoints" / "mixtral"), "-o", str(target), *rules])
        == 0
    )
    kept = take_packed(open_weights(target), "model.layers.1.block_sparse_moe.experts.3.w2.weight")
    assert kept is not None
    assert (kept.scheme, kept.out_dim, kept.in_dim) == ("INT8", 64, 112)
    model = load(target)
    built = bind_built(model.build(model.flow("decode", context=16)), "cpu")
    packed = {param.name: param.packed for param in built.params}
    down = "model.layers.1.block_sparse_moe.experts.down_proj.weight"
    assert packed[down] == "int8.v1 4x64x112"
    ids = np.array([[3, 41, 7, 7, 90]], np.int32)
    plain = load(target, profile=CompileProfile(kernels="none"))(input_ids=ids)["logits"]
    assert np.abs(model(input_ids=ids)["logits"] - plain).max() <= 1e-3 * np.abs(plain).max()


@pytest.mark.parametrize(
    ("tensor", "quant", "message"),
    [
        (np.zeros((2, 35), np.uint8), '{"w": "q8_0"}', "expected rows of q8_0, found ui8"),
        (np.zeros((2, 34), np.uint8), '{"w": "q9"}', "with one of q8_0, q4_0, int8, found `w`"),
        (np.zeros((2, 34), np.uint8), '{"v": "q8_0"}', "found `v`"),
        (np.zeros((2, 34), np.float32), '{"w": "q8_0"}', "expected rows of q8_0, found f32"),
        (np.zeros((2, 34), np.uint8), "[", "expected JSON"),
    ],
)
def test_files_that_do_not_fit_their_metadata(
    tmp_path: Path, tensor: np.ndarray, quant: str, message: str
) -> None:
    path = tmp_path / "model.safetensors"
    write_safetensors(path, {"w": tensor}, {"rlx.quant": quant})
    with pytest.raises(WeightError, match=message):
        open_weights(path)


def test_bad_rules_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["repack", ".", "-o", str(tmp_path / "x"), "--stage", "a=q9"]) == 1
    assert "expected STAGES=FORMAT" in capsys.readouterr().err
