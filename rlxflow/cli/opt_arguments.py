"""The command line of `rlxflow-opt`; every flag that is none of its own is a pass."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import NoReturn

from rlxflow.errors import InputError, PassError, nearest
from rlxflow.passes import PASSES, find
from rlxflow.passes.base import Pass
from rlxflow.passes.mlir_pass import KNOWN
from rlxflow.passes.parse import parse_pass, parse_pipeline
from rlxflow.passes.pipeline import Pipeline

_FLAGS = {
    "--split-input-file": "the input holds several modules, divided by lines `// -----`",
    "--verify-diagnostics": "compare errors with `// expected-error@+1 {{text}}` in the input",
    "--no-verify-rlx": "do not check the constraints of the dialect rlx",
    "--summary": "print one line per stage instead of the module",
    "--mlir-print-op-generic": "print all operations in the generic form",
    "--mlir-print-debuginfo": "print locations",
    "--list-passes": "print the passes and their options, and end",
}
_EPILOG = """\
examples:
  rlxflow-opt model.mlir --rlx-outline-stages --cse
  rlxflow-opt model.mlir --rlx-lower-stage-modes='policy=skip modes=block:rms_norm=keep'
  rlxflow-opt model.mlir --pass-pipeline='builtin.module(rlx-inline-stages,cse)' -o out.mlir
  rlxflow-opt invalid.mlir --split-input-file --verify-diagnostics
  cat model.mlir | rlxflow-opt --summary

exit codes: 0 success, 1 an error in the input or the arguments, 2 a bug of this program
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise InputError("arguments", found=message, cure="see `rlxflow-opt --help`")


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, str, Pipeline]:
    """Returns the flags, the input file (`-` is standard input) and the passes in their order.

    Raises InputError or PassError for anything unknown.
    """
    known, rest = _parser().parse_known_args(arguments)
    files = [text for text in rest if text == "-" or not text.startswith("-")]
    passes = [text for text in rest if text not in files]
    if len(files) > 1:
        raise InputError("arguments", expected="one input file", found=" and ".join(files))
    if known.pass_pipeline is not None and passes:
        found = f"--pass-pipeline and {passes[0]}"
        raise InputError("arguments", expected="passes in one of the two ways", found=found)
    if known.pass_pipeline is not None:
        pipeline = parse_pipeline(known.pass_pipeline)
    else:
        pipeline = Pipeline([_pass(flag) for flag in passes])
    return known, files[0] if files else "-", pipeline


def list_passes() -> str:
    """Returns our passes with their options, and the names of jaxlib's."""
    lines = []
    for name in PASSES:
        cls = find(name)
        lines.append(f"--{name:<24} {(cls.__doc__ or '').splitlines()[0]}")
        for field in dataclasses.fields(cls):
            choices = " | ".join(field.metadata["choices"])
            about = field.metadata["about"] + (f": {choices}" if choices else "")
            lines.append(f"    {field.name:<22} {about}")
    lines += ["", "of jaxlib, among others:", *(f"--{name}" for name in sorted(KNOWN))]
    return "".join(f"{line}\n" for line in lines)


def _parser() -> _Parser:
    parser = _Parser(
        prog="rlxflow-opt",
        usage="rlxflow-opt [FILE|-] [--PASS[=OPTIONS]]... [-o FILE] [flags]",
        description="Reads MLIR text or bytecode, runs passes in flag order, prints MLIR.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    output = "where to write; a name in .mlirbc gives bytecode (standard output)"
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help=output)
    parser.add_argument("--pass-pipeline", metavar="TEXT", help="passes in MLIR's syntax")
    dump = "write the module before and after each pass to this folder"
    parser.add_argument("--dump-dir", metavar="DIR", help=dump)
    for flag, about in _FLAGS.items():
        parser.add_argument(flag, action="store_true", help=about)
    return parser


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
    own = ["output", "pass-pipeline", "dump-dir", *(known[2:] for known in _FLAGS)]
    near = " or ".join(f"`--{known}`" for known in nearest(name, [*PASSES, *KNOWN, *own]))
    cure = f"did you mean {near}?" if near else "see --help and --list-passes"
    return InputError(f"unknown flag `{flag}`", cure=cure)
