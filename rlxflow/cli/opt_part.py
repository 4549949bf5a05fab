"""What `rlxflow-opt` does with one module: parse, verify, run the passes, print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rlxflow.cli.expected import Diagnostic
from rlxflow.errors import FlowError, PassError, VerifyError
from rlxflow.ir.bindings import ir, new_context
from rlxflow.ir.module import IrModule
from rlxflow.ir.stage_attributes import as_ordinary_attributes
from rlxflow.ir.summary import summary
from rlxflow.ir.verifier import position, violations
from rlxflow.passes.pipeline import Pipeline

_PLACE = re.compile(r"-:(\d+):(\d+)(?:: )?")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to treat and print a module."""

    pipeline: Pipeline
    verify_rlx: bool = True
    as_summary: bool = False
    generic: bool = False
    debug_info: bool = False

    def print(self, module: IrModule) -> str:
        if self.as_summary:
            return summary(module)
        return module.text(debug_info=self.debug_info, generic=self.generic)


def process(
    source: str | bytes, settings: Settings, dump_dir: Path | None
) -> tuple[IrModule | None, list[Diagnostic]]:
    """Returns the module after all passes, or None if an error came up, and all diagnostics.

    Raises FileError if the dump folder cannot be written.
    """
    said: list[Diagnostic] = []

    def note(diagnostic: ir.Diagnostic) -> bool:
        severity = str(diagnostic.severity).rpartition(".")[2].lower()
        said.append(_placed(severity, position(diagnostic.location), diagnostic.message))
        return True

    context = new_context()
    handler = cast(ir.DiagnosticHandler, context.attach_diagnostic_handler(note))
    with context, handler:
        try:
            module = IrModule.parse(source) if isinstance(source, bytes) else _parse(source)
            if settings.verify_rlx and (found := violations(module)):
                return None, [_placed("error", v.location, v.message) for v in found]
            settings.pipeline.run(module, dump_dir, verify=settings.verify_rlx)
        except ir.MLIRError as error:
            return None, [*said, *_of_mlir(error.error_diagnostics)]
        except (PassError, VerifyError) as error:
            return None, [*said, _of_error(error)]
    return module, said


def _parse(text: str) -> IrModule:
    module = ir.Module.parse(text)
    as_ordinary_attributes(module)
    return IrModule(module)


def _of_mlir(
    diagnostics: Sequence[ir.DiagnosticInfo], severity: str = "error"
) -> Iterator[Diagnostic]:
    for one in diagnostics:
        yield _placed(severity, position(one.location), one.message)
        yield from _of_mlir(one.notes, "note")


def _of_error(error: FlowError) -> Diagnostic:
    """Returns the diagnostic of an error that may name a place in the file in its text."""
    text = str(error)
    found = _PLACE.search(text)
    place = found[0].removesuffix(": ") if found else ""
    return _placed("error", place, text.replace(found[0], "", 1) if found else text)


def _placed(severity: str, place: str, message: str) -> Diagnostic:
    """Returns a diagnostic; a place that is a name rather than a line goes in front of the text."""
    found = _PLACE.fullmatch(place)
    if found:
        return Diagnostic(severity, int(found[1]), int(found[2]), message)
    return Diagnostic(severity, 0, 0, f"{place}: {message}" if place.strip("-") else message)
