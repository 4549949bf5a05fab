"""Runs one golden test in this process, on the package as it is or with one file edited.

Meant for processes of their own that a fork server makes: it has imported what the package needs,
so that each costs no more than the package itself.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import io
import runpy
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
RUN = "# RUN: %python %s | %filecheck"
# Not jax: it may not be forked.
PRELOAD = (
    "filecheck.matcher",
    "filecheck.options",
    "importlib.metadata",
    "jaxlib.mlir._mlir_libs._jax_mlir_ext",
    "jaxlib.mlir.dialects.chlo",
    "jaxlib.mlir.dialects.func",
    "jaxlib.mlir.dialects.sdy",
    "jaxlib.mlir.dialects.stablehlo",
    "jaxlib.mlir.ir",
    "jaxlib.mlir.passmanager",
    "ml_dtypes",
    "numpy",
    "pydantic.main",
    "pydantic.types",
)


@dataclass(frozen=True)
class Outcome:
    """How a golden test went.

    Attributes:
        raised: The exception that it ended with instead of printing a module, if any.
        passes: Whether the checks hold.
    """

    raised: str
    passes: bool


class _Edited(importlib.abc.MetaPathFinder):
    """Imports one file with another text."""

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.text = file, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec and spec.origin == str(self.file):
            spec.loader = _EditedLoader(str(self.file), self.text)
        return spec


class _EditedLoader(importlib.abc.SourceLoader):
    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text

    def get_filename(self, fullname: str) -> str:
        return self.file

    def get_data(self, path: str) -> bytes:
        if path != self.file:  # no stored bytecode
            raise FileNotFoundError(path)
        return self.text.encode()


def run_golden(golden: str, file: str, text: str) -> Outcome:
    """Runs `test/emit/<golden>` with `text` in the place of what `file`, below rlxflow, holds."""
    test = ROOT / "test" / "emit" / golden
    if [line for line in test.read_text().splitlines() if "RUN:" in line] != [RUN]:
        return Outcome(f"{golden} has other RUN lines than `{RUN}`", passes=False)
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, _Edited(ROOT / "rlxflow" / file, text))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(test), run_name="__main__")
    except BaseException as error:  # whatever it is, no module has been printed
        return Outcome("".join(traceback.format_exception_only(error)).strip(), passes=False)
    return Outcome("", passes=_holds(test, printed.getvalue()))


def _holds(test: Path, printed: str) -> bool:
    from filecheck.matcher import Matcher
    from filecheck.options import parse_argv_options

    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as stream:
        stream.write(printed)
        stream.flush()
        flags = ["--reject-empty-vars", "--input-file", stream.name]
        options = parse_argv_options(["filecheck", *flags, str(test)])
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return Matcher.from_opts(options).run() == 0
