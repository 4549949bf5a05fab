"""Settings of a lit suite: its `lit.cfg.py` needs one call of `configure`."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import lit.formats

from rlxflow.testing.both_checkers import LLVM_FLAG, PORT_FLAG
from rlxflow.testing.lit_files import EXCLUDES, SUFFIXES
from rlxflow.testing.programs import find_filecheck, find_rlx_opt

if TYPE_CHECKING:
    from lit.LitConfig import LitConfig
    from lit.TestingConfig import TestingConfig

COMMANDS = {
    "rlxflow": "rlxflow.cli.main",
    "rlxflow-opt": "rlxflow.cli.opt",
    "rlxflow-run": "rlxflow.cli.run",
    "rlxflow-diff": "rlxflow.cli.diff",
    "rlxflow-reduce": "rlxflow.cli.reduce",
    "rlxflow-check-directives": "rlxflow.testing.check_directives",
    "rlxflow-update-checks": "rlxflow.testing.update_checks",
}

Program = str | Path | Sequence[str] | None


def configure(
    config: TestingConfig,
    lit_config: LitConfig,
    *,
    root: str | Path,
    name: str | None = None,
    tools: Mapping[str, Program] | None = None,
    excludes: Iterable[str] = (),
    python_path: Iterable[str | Path] = (),
    exec_root: str | Path | None = None,
) -> None:
    """Makes a folder a suite of lit tests that use rlxflow's programs.

    Substitutions: `rlxflow` and its sister programs of the same installation, `rlx-opt` where it is
    found, `%filecheck`, `%python`, and the names of `tools`. A name stands for a program only as a
    word of its own: not in `rlxflow/ir` or `rlxflow.cli`. Features: `llvm-filecheck`, `iree`,
    `rlx-opt`, and each of `tools` that is found. Tests end in `.mlir`, `.py` or `.test`, and
    programs run on the CPU; change `config.suffixes` or `config.environment["JAX_PLATFORMS"]`
    afterwards where that does not fit.

    `lit -Dfilecheck=python` checks with the Python port of FileCheck, which then refuses an empty
    capture; `lit -Dfilecheck=llvm` with LLVM's, which then forgets captures at each LABEL; `lit
    -Dfilecheck=both` with the two of them, from one run of each test. Without any it is the port
    where that is installed, else LLVM's.

    Args:
        config: As lit gives it to `lit.cfg.py`.
        lit_config: Likewise.
        root: The `lit.cfg.py` (its `__file__`), or the folder of the tests.
        name: Of the suite; that of the folder if not given.
        tools: Programs of yours by the names that tests use: a path (from the folder of the tests),
            a name on the PATH, or a command in words. A program that is not found gives neither
            substitution nor feature.
        excludes: Names of files and folders that hold no tests, beside `Inputs`.
        python_path: Folders from which the programs import, before those of $PYTHONPATH.
        exec_root: Where temporary files go; `Output` beside the tests if not given.
    """
    place = Path(root).resolve()
    folder = place if place.is_dir() else place.parent
    checker, filecheck = _filecheck(lit_config)
    python = sys.executable
    programs: dict[str, Program] = {word: (python, "-m", name) for word, name in COMMANDS.items()}
    programs |= {"rlx-opt": _rlx_opt(lit_config)} | dict(tools or {})
    path = config.environment["PATH"]
    lines = {word: _line(program, folder, path) for word, program in programs.items()}
    found = {word: line for word, line in lines.items() if line}

    config.name = f"{name or folder.name}, {checker} filecheck"
    config.test_format = lit.formats.ShTest(execute_external=False)
    config.suffixes = {*SUFFIXES}
    config.excludes = {*EXCLUDES, *excludes}
    config.test_source_root = str(folder)
    config.test_exec_root = str(Path(exec_root or folder / "Output").resolve() / checker)
    paths = [*map(str, python_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    config.environment |= {"PYTHONPATH": os.pathsep.join(paths), "JAX_PLATFORMS": "cpu"}
    config.substitutions += [(_pattern(word), line) for word, line in found.items()]
    config.substitutions += [("%filecheck", filecheck), ("%python", shlex.quote(python))]
    config.available_features |= found.keys() - COMMANDS.keys()
    config.available_features |= {"llvm-filecheck"} if find_filecheck() else set()
    config.available_features |= {"iree"} if _is_installed("iree.compiler") else set()


def _filecheck(lit_config: LitConfig) -> tuple[str, str]:
    """Returns which FileCheck is used, `python`, `llvm` or `both`, and its command for one test."""
    commands: dict[str, str] = {}
    python, llvm = shlex.quote(sys.executable), find_filecheck()
    if _is_installed("filecheck"):
        commands["python"] = f"{python} -m filecheck {PORT_FLAG} %s"
    if llvm:
        commands["llvm"] = f"{shlex.quote(llvm)} {LLVM_FLAG} %s"
    if llvm and "python" in commands:
        both = f"{python} -m rlxflow.testing.both_checkers"
        commands["both"] = f"{both} {shlex.quote(llvm)} %s"
    if not commands:
        cure = "pip install filecheck, or install LLVM's"
        lit_config.fatal(f"FileCheck: expected a program, found none; {cure}")
    wanted = lit_config.params.get("filecheck", next(iter(commands)))
    if wanted not in commands:
        rest = {"python": "pip install filecheck", "llvm": "install LLVM's FileCheck"}
        rest["both"] = " and ".join(rest[one] for one in rest if one not in commands)
        known = " or ".join(commands)
        cure = f"; {rest[wanted]}" if wanted in rest else ""
        lit_config.fatal(f"-Dfilecheck: expected {known}, found {wanted}{cure}")
    return wanted, commands[wanted]


def _rlx_opt(lit_config: LitConfig) -> str | None:
    found, given = find_rlx_opt(), os.environ.get("RLX_OPT")
    if given and not found:
        lit_config.fatal(f"$RLX_OPT: expected a program, found {given}")
    return found


def _line(program: Program, folder: Path, path: str) -> str | None:
    """Returns the command line of a program, or None if it is not there."""
    words = [str(program)] if isinstance(program, str | Path) else [*(program or ())]
    if not words:
        return None
    place = os.path.abspath(folder / words[0]) if os.sep in words[0] else words[0]
    first = shutil.which(place, path=path)
    return shlex.join([os.path.abspath(first), *words[1:]]) if first else None


def _pattern(word: str) -> str:
    return rf"(?<![\w./%-]){re.escape(word)}(?![\w./-])"


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its package is missing
        return False
