"""Bad weights and places without kernels: the same answer as without them, or an error by name."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.cli import main as cli
from rlxflow.errors import CompileError, KernelError
from rlxflow.weights import open_weights, write_safetensors
from rlxflow.weights.quantise import quantise
from rlxflow.weights.quantised_file import METADATA, join_scales

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_decoder
from kernel_calls import linear

pytestmark = pytest.mark.kernels
RNG = np.random.default_rng(20261126)


@pytest.mark.parametrize("format_", ["q8_0", "q4_0", "int8"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_scale_that_is_not_finite_spoils_its_output_with_and_without_kernels(
    tmp_path: Path, format_: str, bad: float
) -> None:
    """Files may hold any scale; what it makes of the numbers is not finite in both forms."""
    stored = join_scales(quantise(RNG.normal(size=(37, 96)).astype(np.float32), format_, "w"))
    scale = np.float32(bad) if format_ == "int8" else np.float16(bad)
    stored[5, : scale.nbytes] = np.frombuffer(scale.tobytes(), np.uint8)
    file = tmp_path / "bad.safetensors"
    write_safetensors(file, {"a.weight": stored}, {METADATA: f'{{"a.weight": "{format_}"}}'})
    flow = rf.ModelFlow("probe").input("x", rf.Shape([3, 96], axes=("t", "d")))
    flow = flow.linear("a.weight", out_features=37)
    x = RNG.normal(size=(3, 96)).astype(np.float32)
    for kernels in ("auto", "none"):
        made = flow.with_profile(rf.CompileProfile(kernels=kernels)).build(open_weights(file))
        program = made.compile()
        assert ("kernel" in {each.mode for each in program.dispatch()}) == (kernels == "auto")
        found = np.isfinite(program(x=x)["output"])
        assert np.array_equal(found, np.broadcast_to(np.arange(37) != 5, (3, 37)))


def module(tmp_path: Path) -> Path:
    file = tmp_path / "by_hand.mlir"
    file.write_text(linear().text())
    return file


@pytest.mark.parametrize("isa", ["avx3", "neon", "avx512"])
def test_instructions_that_are_not_here_are_named(tmp_path: Path, isa: str) -> None:
    x86 = platform.machine() == "x86_64"
    here = {"avx512"} if x86 and "avx512vl" in Path("/proc/cpuinfo").read_text() else set()
    if isa in (here if x86 else {"neon"}):
        pytest.skip(f"this CPU has {isa}")
    lacks = (
        "this CPU lacks it; it runs" if x86 and isa == "avx512" else "no such kernels; there are"
    )
    done = subprocess.run(
        [sys.executable, "-m", "rlxflow.cli.main", "run", module(tmp_path), "--fill", "random:7"],
        env={**os.environ, "RLX_KERNELS_ISA": isa}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"RLX_KERNELS_ISA={isa}: {lacks} " in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_module_with_kernels_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = module(tmp_path)
    stored = rf.BuiltModel.from_mlir(file).compile().save(tmp_path / "program.rlx")
    monkeypatch.setenv("RLX_KERNELS", "off")
    missing = "calls rlxflow.linear.v1: expected the library of kernels, found none, since "
    with pytest.raises(KernelError, match=missing) as caught:
        rf.CompiledModel.load(stored)
    assert str(caught.value).startswith(f"{stored} calls ")
    assert "install rlxflow where a C++20 compiler is (`pip install .`" in str(caught.value)
    with pytest.raises(KernelError, match=f"module `by_hand` {missing}"):
        rf.BuiltModel.from_mlir(file).compile()
    assert cli.main(["run", str(file), "--fill", "random:7"]) == 1
    assert capsys.readouterr().err.startswith(f"error: module `by_hand` {missing}")


def test_required_kernels_that_are_missing_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_decoder.write_checkpoint(tmp_path / "model")
    target = tmp_path / "x.mlir"
    command = ["emit", str(tmp_path / "model"), "--phase", "prefill", "-o", str(target)]
    assert cli.main([*command, "--kernels", "required", "--mode", "layers.0/mlp/*=fuse"]) == 1
    first, *rest = capsys.readouterr().err.splitlines()
    assert "expected a kernel for every stage that one would be faster for, found " in first
    assert any(line.startswith("  layers.0/mlp/") and "mode `fuse`" in line for line in rest)
    assert not any(line.startswith("  layers.0/attention/") for line in rest)
    assert not target.exists()


def test_a_kernel_whose_result_nobody_uses_is_lost() -> None:
    flow = rf.ModelFlow("probe").input("x", rf.Shape([3, 64], axes=("t", "d")))
    flow = flow.custom(lambda emit, x: emit.linear(x, "a.weight", size=64), name="lost")
    flow = flow.custom(lambda emit, _: emit.flow_input("x") * 2.0, name="other")
    checked = rf.CompileProfile(quant={"lost": "q8_0"}, assert_clean=True)
    weights = {"a.weight": RNG.normal(size=(64, 64)).astype(np.float32)}
    with pytest.raises(CompileError, match=r"rule `lost-kernel`: stage `lost"):
        flow.with_profile(checked).build(weights).compile()
