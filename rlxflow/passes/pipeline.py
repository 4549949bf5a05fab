"""Several passes in order, with the module written to a folder and verified after each."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlxflow.errors import FileError, PassError, VerifyError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import STAGE
from rlxflow.ir.verifier import verify_rlx
from rlxflow.passes.base import Pass

Folder = str | os.PathLike[str]
Report = Callable[[str, float], None]
LOG = logging.getLogger("rlxflow.passes")


@dataclass(frozen=True)
class Pipeline:
    """Passes in order; `str` gives `builtin.module(...)`."""

    passes: tuple[Pass, ...]

    def __init__(self, passes: Sequence[Pass]) -> None:
        object.__setattr__(self, "passes", tuple(passes))

    def __str__(self) -> str:
        return f"builtin.module({','.join(map(str, self.passes))})"

    def run(
        self,
        module: IrModule,
        dump_dir: Folder | None = None,
        verify: bool = True,
        report: Report | None = None,
    ) -> None:
        """Runs all passes on the module, in place.

        Args:
            module: What the passes rewrite.
            dump_dir: A folder for `00_<level>.mlir`, the module before the first pass, and
                `01_<pass>.mlir`, ... after each; made if it does not exist.
            verify: Whether to verify the module at the start and after each pass.
            report: Is told the name and the seconds of each step: `01 cse`, `verifier`.

        Raises:
            VerifyError: The module was invalid before the first pass.
            PassError: A pass failed, or left an invalid module; it names the pass and the dump.
            FileError: The folder or a file in it cannot be written.
        """
        if verify:
            _timed("verifier", report, lambda: _verify(module))
        dump = _dump(module, dump_dir, 0, level_of(module))
        for i, each in enumerate(self.passes, start=1):
            try:
                _timed(f"{i:02} {each.title}", report, lambda each=each: each.run(module))
                dump = _dump(module, dump_dir, i, each.title)
                if verify:
                    _timed("verifier", report, lambda: _verify(module))
            except (PassError, VerifyError) as error:
                raise _failed(each, error, dump) from error


def log_time(name: str, seconds: float) -> None:
    """Logs a step of a pipeline to `rlxflow.passes`."""
    LOG.info("%s: %.1f ms", name, 1e3 * seconds)


def _timed(name: str, report: Report | None, step: Callable[[], None]) -> None:
    """Runs a step and reports its seconds, also if it fails."""
    begin = time.perf_counter()
    try:
        step()
    finally:
        if report:
            report(name, time.perf_counter() - begin)


def level_of(module: IrModule) -> str:
    """Returns `flow`, `composite` or `stablehlo`: the highest level of which something is left."""
    names: set[str] = set()

    def note(op: ir.Operation) -> ir.WalkResult:
        names.add(op.name)
        return ir.WalkResult.INTERRUPT if op.name == STAGE else ir.WalkResult.ADVANCE

    module.operation.walk(note)
    if STAGE in names:
        return "flow"
    return "composite" if "stablehlo.composite" in names else "stablehlo"


def _verify(module: IrModule) -> None:
    module.verify()
    verify_rlx(module)


def _dump(module: IrModule, folder: Folder | None, i: int, title: str) -> Path | None:
    """Writes the module under a temporary name first, so that no half file is ever seen."""
    if folder is None:
        return None
    stem = re.sub(r"[^\w.-]+", "-", title).strip("-")
    path = Path(folder) / f"{i:02}_{stem}.mlir"
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(module.text(), encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        where = f"dump folder {folder}"
        raise FileError(where, expected="a folder that can be written", found=found) from None
    return path


def _failed(each: Pass, error: PassError | VerifyError, dump: Path | None) -> PassError:
    text = str(error)
    named = text if text.startswith("pass ") else f"pass `{each.title}`: {text}"
    return PassError(named, cure=f"the module is in {dump}" if dump else "")
