"""The command line of `rlxflow-opt`; every flag that is none of its own is a pass."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rlxflow.cli.opt_form import KINDS, Form, kind_for
from rlxflow.cli.opt_help import about_all, about_pass, list_passes
from rlxflow.cli.opt_part import Settings
from rlxflow.errors import InputError, PassError, nearest
from rlxflow.passes import PASSES
from rlxflow.passes.base import Pass
from rlxflow.passes.mlir_pass import KNOWN
from rlxflow.passes.parse import parse_pass, parse_pipeline
from rlxflow.passes.pipeline import Pipeline

_SWITCHES = {
    "--split-input-file": "the input holds several modules, divided by lines `// -----`",
    "--verify-diagnostics": "compare errors with `// expected-error@+1 {{text}}` in the input",
    "--allow-unregistered-dialect": "take operations of dialects that nobody knows",
    "--no-verify-rlx": "do not check the constraints of the dialect rlx",
    "--mlir-print-debuginfo": "print locations",
    "--mlir-timing": "print on standard error where the time went",
    "--list-passes": "print one line a pass, and end",
    "--help": "print this, and end",
}
_SAME_AS = {"--mlir-print-op-generic": "generic", "--emit-bytecode": "mlirbc"}
_VALUES = {
    "--pass-pipeline": ("TEXT", "passes in MLIR's syntax instead of flags"),
    "--target-version": ("V", "of StableHLO, for vhlo: 1.9.0, minimum, current (the default)"),
    "--dump-dir": ("DIR", "write the module before and after each pass to this folder"),
    "--help-pass": ("NAME", "print all about one pass, and end"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a command line asks for; `answer` is a text that only has to be printed."""

    settings: Settings
    file: str = "-"
    output: str = "-"
    dump_dir: Path | None = None
    split: bool = False
    verify_diagnostics: bool = False
    timing: bool = False
    answer: str = ""

    @property
    def name(self) -> str:
        """The file as errors name it."""
        return "<stdin>" if self.file == "-" else self.file


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise InputError("arguments", found=message, cure="see `rlxflow-opt --help`")


def parse(arguments: Sequence[str]) -> Request:
    """Returns what the arguments ask for; raises InputError or PassError for anything unknown."""
    parser = _parser()
    known, rest = parser.parse_known_args(arguments)
    files = [text for text in rest if text == "-" or not text.startswith("-")]
    if len(files) > 1:
        raise InputError("arguments", expected="one input file", found=" and ".join(files))
    pipeline = _pipeline(known.pass_pipeline, [text for text in rest if text not in files])
    form = Form(
        known.emit or kind_for(known.output), known.mlir_print_debuginfo, known.target_version
    )
    return Request(
        Settings(pipeline, form, not known.no_verify_rlx, known.allow_unregistered_dialect),
        file=files[0] if files else "-",
        output=known.output,
        dump_dir=Path(known.dump_dir) if known.dump_dir else None,
        split=known.split_input_file,
        verify_diagnostics=known.verify_diagnostics,
        timing=known.mlir_timing,
        answer=_answer(known, parser),
    )


def _answer(known: argparse.Namespace, parser: _Parser) -> str:
    if known.help:
        return about_all(parser.format_help())
    if known.help_pass is not None:
        return about_pass(known.help_pass.lstrip("-"))
    return list_passes() if known.list_passes else ""


def _parser() -> _Parser:
    parser = _Parser(
        prog="rlxflow-opt",
        usage="rlxflow-opt [FILE|-] [--PASS[=OPTIONS]]... [-o FILE] [flags]",
        description="Reads MLIR text or bytecode, a portable artifact or HLO text, whatever the "
        "name of the file, runs passes in the order of their flags, and writes the module.",
        add_help=False,
        allow_abbrev=False,
    )
    output = "where to write (standard output)"
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help=output)
    emit = f"in which form: {', '.join(KINDS)}; if not given, the ending of FILE says"
    parser.add_argument("--emit", choices=KINDS, metavar="FORM", help=emit)
    for flag, form in _SAME_AS.items():
        same = f"the same as --emit={form}"
        parser.add_argument(flag, dest="emit", action="store_const", const=form, help=same)
    for flag, (what, about) in _VALUES.items():
        parser.add_argument(flag, metavar=what, help=about)
    for flag, about in _SWITCHES.items():
        short = ("-h",) if flag == "--help" else ()
        parser.add_argument(*short, flag, action="store_true", help=about)
    return parser


def _pipeline(text: str | None, flags: Sequence[str]) -> Pipeline:
    if text is None:
        return Pipeline([_pass(flag) for flag in flags])
    if flags:
        found = f"--pass-pipeline and {flags[0]}"
        raise InputError("arguments", expected="passes in one of the two ways", found=found)
    return parse_pipeline(text)


def _pass(flag: str) -> Pass:
    name, _, options = flag.lstrip("-").partition("=")
    if not flag.startswith("--"):
        raise _unknown(flag, name)
    try:
        return parse_pass(f"{name}{{{options}}}" if options else name)
    except PassError as error:
        if not str(error).startswith("unknown pass"):
            raise
        raise _unknown(flag, name) from None


def _unknown(flag: str, name: str) -> InputError:
    own = [known[2:] for known in ("--output", "--emit", *_SAME_AS, *_VALUES, *_SWITCHES)]
    near = " or ".join(f"`--{known}`" for known in nearest(name, [*PASSES, *KNOWN, *own]))
    cure = f"did you mean {near}?" if near else "see --help and --list-passes"
    return InputError(f"unknown flag `{flag}`", cure=cure)
