"""Which libraries a program imports: those that it needs, since each costs time at every start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = "test/cli/Inputs/tiny"
RUN = """
import importlib, sys
name, *arguments = sys.argv[1:]
try:
    code = importlib.import_module(name).main(arguments)
except SystemExit as stop:
    code = stop.code
print("\\n".join(["", "modules", *sys.modules]))
sys.exit(code)
"""
COMPILERS = {"jax", "jaxlib._jax", "jaxlib._hlo", "jaxlib.xla_client"}
BESIDE = {"rich", "tokenizers", "safetensors", "jinja2", "PIL", "huggingface_hub"}
FLOWS = {"pydantic", "rlxflow.flow", "rlxflow.blocks", "rlxflow.weights", "rlxflow.recipes"}
FAMILIES = {"rlxflow.flow.llama", "rlxflow.flow.pre_norm", "rlxflow.blocks.moe"}
OTHERS = {"rlxflow.cli.generate", "rlxflow.cli.inspect", "rlxflow.passes.roll_layers"}
PLAIN = COMPILERS | BESIDE | FLOWS
MODEL = COMPILERS | BESIDE | FAMILIES | OTHERS


def modules(program: str, *arguments: str) -> set[str]:
    """Returns what a program has imported when it ends."""
    command = [sys.executable, "-c", RUN, program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("\nmodules\n")[2].split())


@pytest.mark.parametrize(
    ("program", "arguments", "unneeded"),
    [
        ("rlxflow.cli.main", ["--help"], PLAIN | OTHERS | {"numpy", "jaxlib", "rlxflow.ir"}),
        ("rlxflow.cli.main", ["emit", TINY, "--no-weights", "--summary"], MODEL),
        ("rlxflow.cli.main", ["explain", TINY, "--no-weights"], MODEL),
        ("rlxflow.cli.opt", ["test/passes/inline_stages.mlir", "--rlx-inline-stages"], PLAIN),
        ("rlxflow.cli.opt", ["--help"], PLAIN - {"rlxflow.weights"}),  # kernels know panels
        ("rlxflow.cli.reduce", ["--help"], PLAIN),
        ("rlxflow.cli.run", ["--help"], PLAIN | {"jaxlib"}),
        ("rlxflow.testing.check_directives", ["--help"], PLAIN | {"numpy", "jaxlib"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_program_imports_what_it_needs(program, arguments, unneeded):
    assert sorted(modules(program, *arguments) & unneeded) == []


def test_hlo_takes_the_conversions_of_jaxlib_and_not_jax(tmp_path):
    target = str(tmp_path / "x.hlo")
    source = "test/passes/inline_stages.mlir"
    found = modules("rlxflow.cli.opt", source, "--rlx-inline-stages", "-o", target[:-4])
    assert "jaxlib._hlo" not in found
    module = tmp_path / "main.mlir"
    module.write_text("func.func @main() {\n  return\n}\n")
    found = modules("rlxflow.cli.opt", str(module), "-o", target)
    assert "jaxlib._hlo" in found
    assert "jax" not in found
