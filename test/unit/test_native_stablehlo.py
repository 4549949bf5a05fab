"""The native dialect built with StableHLO: operations are known, checked, and printed as their own.

Runs where STABLEHLO_SOURCE_DIR names a checkout of openxla/stablehlo; building takes minutes, once.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "native-stablehlo"
SOURCES = os.environ.get("STABLEHLO_SOURCE_DIR")

pytestmark = pytest.mark.skipif(not SOURCES, reason="STABLEHLO_SOURCE_DIR names no checkout")

MODULE = """
func.func @main(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = rlx.stage "mlp" block("mlp") (%a = %x : tensor<5x7xf32>) -> (tensor<5x7xf32>) {
    %1 = chlo.erf %a : tensor<5x7xf32> -> tensor<5x7xf32>
    %2 = stablehlo.multiply %1, %a : tensor<5x7xf32>
    rlx.yield %2 : tensor<5x7xf32>
  }
  return %0 : tensor<5x7xf32>
}
"""


@pytest.fixture(scope="module")
def rlx_opt() -> Path:
    configure = ["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(BUILD)]
    settings = ["CMAKE_BUILD_TYPE=Release", "RLX_BUILD_KERNELS=OFF"]
    settings.append(f"STABLEHLO_SOURCE_DIR={SOURCES}")
    for command in (
        [*configure, *(f"-D{setting}" for setting in settings)],
        ["cmake", "--build", str(BUILD), "--target", "rlx-opt"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return BUILD / "bin" / "rlx-opt"


def run(rlx_opt: Path, text: str, *flags: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(rlx_opt), *flags, "-"], input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def without_locations(text: str) -> str:
    return "\n".join(line.partition(" loc(")[0] for line in text.splitlines() if line[:1] != "#")


def test_operations_are_known(rlx_opt: Path) -> None:
    status, out, err = run(rlx_opt, MODULE)
    assert status == 0, err
    assert "chlo.erf %" in out
    assert "stablehlo.multiply %" in out
    status, again, err = run(rlx_opt, out)
    assert status == 0, err
    assert without_locations(again) == without_locations(out)


def test_bodies_become_decompositions(rlx_opt: Path) -> None:
    status, out, err = run(rlx_opt, MODULE, "--rlx-outline-stages")
    assert status == 0, err
    assert 'stablehlo.composite "rlx.mlp" %' in out
    assert "decomposition = @" in out


def test_their_verifiers_speak(rlx_opt: Path) -> None:
    wrong = MODULE.replace("multiply %1, %a : tensor<5x7xf32>", "multiply %1, %a : tensor<7x5xf32>")
    status, _, err = run(rlx_opt, wrong)
    assert status == 1
    assert "tensor<7x5xf32>" in err
    status, _, err = run(rlx_opt, MODULE.replace("chlo.erf", "chlo.erg"))
    assert status == 1
    assert "chlo.erg" in err
