"""The pages are true: their Python and shell blocks run, their MLIR is what was printed."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_checkpoint
import tiny_decoder
import tiny_vision

from rlxflow.cli import diff as rlxflow_diff
from rlxflow.cli import main as rlxflow
from rlxflow.cli import opt as rlxflow_opt
from rlxflow.cli import reduce as rlxflow_reduce
from rlxflow.config.gguf_families import FAMILIES
from rlxflow.recipes import RECIPES
from rlxflow.testing import check_directives, update_checks
from rlxflow.weights.quants import TYPES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "DESIGN.md", *sorted((ROOT / "docs").glob("*.md"))]
GOLDENS = ROOT / "test" / "goldens"
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
PROGRAMS = {
    "rlxflow": rlxflow.main,
    "rlxflow-check-directives": check_directives.main,
    "rlxflow-diff": rlxflow_diff.main,
    "rlxflow-opt": rlxflow_opt.main,
    "rlxflow-reduce": rlxflow_reduce.main,
    "rlxflow-update-checks": update_checks.main,
}


class Code(NamedTuple):
    """One fenced block: its language and the line it begins at."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Code]:
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield Code(found[1], found[2], text[: found.start()].count("\n") + 1)


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages call encoders of images, and of texts and images."""
    folder = tmp_path_factory.mktemp("vision")
    tiny_vision.write_vision(folder / "vision", "vit")
    tiny_vision.write_vision(folder / "clip", "clip")
    return folder


@pytest.fixture
def workplace(vision: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    """A folder with what the pages call encoders, a language model and a GGUF file."""
    tiny_checkpoint.write_checkpoint(tmp_path / "path" / "to" / "checkpoint")
    tiny_decoder.write_checkpoint(tmp_path / "path" / "to" / "model")
    shutil.copytree(vision, tmp_path / "path" / "to", dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / "lit_project" / "tests", tmp_path / "tests")
    Image.new("RGB", (20, 14), "orange").save(tmp_path / "cat.png")
    shutil.copy(GOLDENS / "gguf" / "phi3.gguf", tmp_path / "model.gguf")
    ids = np.array([[2, 7, 9, 3] + [0] * 12], np.int32)
    mask = (ids > 0).astype(np.int32)
    np.savez("batch.npz", input_ids=ids, attention_mask=mask, token_type_ids=ids * 0)
    return tmp_path


def run_shell(text: str) -> None:
    commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    assert commands
    for command in commands:
        name, *arguments = shlex.split(command)
        try:
            status = PROGRAMS[name](arguments)
        except SystemExit as stop:
            status = stop.code
        assert status == 0, command


def pattern(line: str) -> str:
    return r".*".join(re.escape(part.strip()) for part in line.strip().split("..."))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_of_a_page_run_in_order(page: Path, workplace: Path) -> None:
    names: dict[str, object] = {"__name__": "page"}
    printed = io.StringIO()
    code = [*blocks(page)]
    for block in code:
        with contextlib.redirect_stdout(printed):
            if block.language == "python":
                source = "\n" * block.line + block.text  # so that a traceback shows the page's line
                exec(compile(source, str(page), "exec"), names)
            if block.language == "console":
                run_shell(block.text)
    shown = printed.getvalue()
    for block in code:
        assert block.language in {"python", "console", "mlir"}, f"{page}:{block.line}"
        for line in block.text.splitlines() if block.language == "mlir" else ():
            assert re.search(pattern(line), shown), f"{page}:{block.line}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(example), run_name="__main__")
    shown = capsys.readouterr().out
    assert shown.count("\n") >= 3
    difference = re.search(r"difference from numpy: (\S+)", shown)
    assert difference is None or float(difference[1]) < 1e-5


def names_in_rows(title: str) -> set[str]:
    """Returns what the README's table names in rows whose first cell fits."""
    rows = re.findall(rf"^\| {title} \|.*", PAGES[0].read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}


def test_readme_names_the_families_that_exist() -> None:
    assert names_in_rows("(?:(?:en|de)coders[^|]*|speech|diffusion)") == RECIPES.keys()


def test_readme_names_the_gguf_files_that_are_read() -> None:
    assert names_in_rows("GGUF architectures") == FAMILIES.keys()
    plain = {"F32", "F16", "BF16"}
    assert names_in_rows("GGUF types") == plain | {kind.name for kind in TYPES if kind.quantised}
