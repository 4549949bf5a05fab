import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "layering.py"


def run(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), "--root", str(root), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write(root: Path, path: str, text: str) -> None:
    file = root / "rlxflow" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_every_kind_of_forbidden_import_is_reported_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "ir/a.py", "from rlxflow.errors import X\n\nimport rlxflow.blocks.norm\n")
    write(tmp_path, "ir/b.py", "def f():\n    from ..passes import base\n")
    write(tmp_path, "blocks/c.py", "if TYPE_CHECKING:\n    import jax.numpy as jnp\n")
    write(tmp_path, "flow/d.py", "from jaxlib.mlir import ir\n")
    write(tmp_path, "flow/e.py", "import importlib\nimportlib.import_module('rlxflow.runtime.x')\n")
    write(tmp_path, "cli/f.py", "import jax\n")
    write(tmp_path, "novel.py", "from rlxflow import errors\n")
    answer = run(tmp_path)
    assert answer.returncode == 1
    expected = [
        "rlxflow/blocks/c.py:2: blocks may not import jax; allowed: ir, errors, dtypes",
        "rlxflow/flow/d.py:1: flow may not import jaxlib.mlir; allowed: rlxflow.ir; only",
        "rlxflow/flow/e.py:2: flow may not import runtime; allowed: blocks, ir, passes,",
        "rlxflow/ir/a.py:3: ir may not import blocks; allowed: errors, dtypes, dialects",
        "rlxflow/ir/b.py:2: ir may not import passes; allowed: errors, dtypes, dialects",
        "rlxflow/cli/f.py:1: cli may not import jax; allowed:",
        "rlxflow/novel.py:1: novel may not import errors; allowed: nothing; add novel",
    ]
    lines = answer.stderr.splitlines()
    assert len(lines) == len(expected)
    for message in expected:
        assert any(line.startswith(message) for line in lines), message


def test_allowed_imports_pass_and_are_printed_as_a_table(tmp_path: Path) -> None:
    write(tmp_path, "__init__.py", "from .flow import ModelFlow\n")
    write(tmp_path, "flow/__init__.py", "from rlxflow.ir import ops\nfrom . import plan\n")
    write(tmp_path, "ir/bindings.py", "from jaxlib.mlir import ir\n")
    write(tmp_path, "dialects/_rlx_ops_gen.py", "from jaxlib.mlir.dialects import x\n")
    write(tmp_path, "runtime/run.py", "import jax\nfrom rlxflow.kernels import registry\n")
    answer = run(tmp_path, "--print")
    assert (answer.returncode, answer.stderr) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in answer.stdout.splitlines()}
    assert rows["flow"] == ["ir(1)"]
    assert rows["rlxflow"] == ["flow(1)"]
    assert rows["runtime"] == ["jax(1)", "kernels(1)"]
    assert rows["blocks"] == ["-"]


def test_a_cycle_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "__init__.py", "from rlxflow.cli.main import main\n")
    write(tmp_path, "cli/main.py", "import rlxflow\n")
    answer = run(tmp_path)
    assert answer.returncode == 1
    assert "cycle of imports: " in answer.stderr
    assert "cli <- rlxflow" in answer.stderr


def test_a_folder_without_the_package_is_an_error(tmp_path: Path) -> None:
    answer = run(tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"error: {tmp_path}: expected a folder rlxflow/")


def test_a_file_that_does_not_parse_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "ir/a.py", "def f(:\n")
    answer = run(tmp_path)
    assert answer.returncode == 1
    assert "a.py:1: expected Python" in answer.stderr


def test_this_project_obeys_the_table() -> None:
    answer = run(TOOL.parents[1])
    assert (answer.returncode, answer.stderr) == (0, "")
