"""What `rlxflow-opt` does with one module: read, verify, run the passes, write in a form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from rlxflow.cli.diagnostic import Diagnostic
from rlxflow.cli.opt_form import Form
from rlxflow.cli.opt_timing import Clock
from rlxflow.cli.supervise import doing, reading
from rlxflow.errors import CompileError, ParseError, PassError, VerifyError
from rlxflow.ir.bindings import ir, new_context
from rlxflow.ir.module import IrModule
from rlxflow.ir.parsing import parse_module
from rlxflow.ir.position import position
from rlxflow.ir.reading import format_of, read_module
from rlxflow.ir.unknown import unregistered
from rlxflow.ir.verifier import violations
from rlxflow.passes.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Settings:
    """How to treat a module and in which form to write it."""

    pipeline: Pipeline
    form: Form = field(default_factory=Form)
    verify_rlx: bool = True
    allow_unregistered: bool = False
    clock: Clock = field(default_factory=Clock)


def process(
    source: str | bytes, settings: Settings, dump_dir: Path | None, name: str = "-"
) -> tuple[str | bytes | None, list[Diagnostic]]:
    """Returns what is to be written, or None if an error came up, and all diagnostics.

    Raises FileError if the dump folder cannot be written.
    """
    said: list[Diagnostic] = []
    clock = settings.clock
    try:
        with clock.part("parser"), reading(name, len(source)):
            module = _read(source, said, name)
        with _listening(module.context, said):
            if wrong := [*_wrong(module, settings)]:
                return None, [*said, *wrong]
            doing(f"{name}: {settings.pipeline}")
            verify = settings.verify_rlx
            settings.pipeline.run(module, dump_dir, verify=verify, report=clock.add)
            doing(f"--emit={settings.form.kind}")
            with clock.part("output"):
                return settings.form.render(module), said
    except ir.MLIRError as error:
        return None, [*said, *_of_mlir(error.error_diagnostics)]
    except (CompileError, ParseError, PassError, VerifyError) as error:
        return None, [*said, Diagnostic.of_text(str(error))]


def _read(source: str | bytes, said: list[Diagnostic], name: str) -> IrModule:
    if isinstance(source, bytes) or format_of(source) == "hlo":
        return read_module(source if isinstance(source, bytes) else source.encode(), name)
    context = new_context()
    with _listening(context, said):
        return IrModule(parse_module(source))


def _wrong(module: IrModule, settings: Settings) -> Iterator[Diagnostic]:
    """Yields what no dialect knows, then what breaks a constraint of `rlx`."""
    for location, message in unregistered(module.operation, settings.allow_unregistered):
        yield Diagnostic.at("error", position(location), message)
    for broken in violations(module) if settings.verify_rlx else ():
        yield Diagnostic.at("error", broken.location, broken.message)


@contextmanager
def _listening(context: ir.Context, said: list[Diagnostic]) -> Iterator[None]:
    """Collects what MLIR says meanwhile and does not raise."""

    def note(diagnostic: ir.Diagnostic) -> bool:
        severity = str(diagnostic.severity).rpartition(".")[2].lower()
        said.append(Diagnostic.at(severity, position(diagnostic.location), diagnostic.message))
        return True

    with context, cast(ir.DiagnosticHandler, context.attach_diagnostic_handler(note)):
        yield


def _of_mlir(
    diagnostics: Sequence[ir.DiagnosticInfo], severity: str = "error"
) -> Iterator[Diagnostic]:
    for one in diagnostics:
        yield Diagnostic.at(severity, position(one.location), one.message)
        yield from _of_mlir(one.notes, "note")
