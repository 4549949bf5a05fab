"""The dialect as a CMake package: a project out of the tree finds it, builds, and uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from native import RLX_OPT, needs_rlx_opt

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
func.func @main(%x: f32) -> f32 {
  %0 = rlx.stage "layers.0" block("copy") (%a = %x : f32) -> (f32) {
    rlx.yield %a : f32
  }
  return %0 : f32
}
"""


def run(*command: object) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@needs_rlx_opt
def test_a_project_out_of_the_tree_uses_the_package(tmp_path: Path) -> None:
    assert RLX_OPT
    run("cmake", "--install", Path(RLX_OPT).parents[1], "--prefix", tmp_path / "prefix")
    source = ROOT / "test" / "dialect" / "Inputs" / "consumer"
    found = f"-DCMAKE_PREFIX_PATH={tmp_path / 'prefix'}"
    run("cmake", "-G", "Ninja", "-S", source, "-B", tmp_path / "build", found)
    run("cmake", "--build", tmp_path / "build")
    (tmp_path / "module.mlir").write_text(MODULE)
    printed = run(tmp_path / "build" / "consumer", tmp_path / "module.mlir")
    assert printed.startswith("stage layers.0\n")
    assert "rlx.stage" not in printed.partition("\n")[2]
    assert "return %arg0 : f32" in printed


@needs_rlx_opt
def test_the_driver_is_small_and_stands_alone() -> None:
    assert RLX_OPT
    assert Path(RLX_OPT).stat().st_size < 10e6
    needed = run("ldd", RLX_OPT)
    assert "libLLVM" not in needed
    assert "libMLIR" not in needed
    assert "libstdc++" not in needed
