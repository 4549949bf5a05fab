"""`rlxflow`: one program, one file a command. Exit codes: 0 ok, 1 user error, 2 internal error."""

from __future__ import annotations

import argparse
import gc
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from rlxflow import __version__
from rlxflow.cli.exit_code import program
from rlxflow.lazy import load_attribute

COMMANDS = {
    "emit": "write a checkpoint's module at any level, from MLIR to optimised HLO",
    "embed": "turn texts into vectors",
    "generate": "continue a prompt, token by token",
    "run": "run any StableHLO module on arrays from files",
    "bench": "time prefill and decode of a language model against what the machine can do",
    "bisect": "find the first stage that two witnesses compute differently",
    "inspect": "say what each stage costs: operations, bytes, memory, time",
    "cache": "list, measure or clear the compiled programs on disk",
    "devices": "show what there is to run on: rates of memory and products, kernels",
    "repack": "write a checkpoint with quantised weights",
    "explain": "show what a checkpoint's config and weights become",
}
COMPARING = {"bisect": 2}
"""The exit code for trouble of commands whose 1 says that something differs."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose usage errors are user errors, in one line.

    Their exit code is 1, but for commands that compare: they say 1 for "differs", 2 for trouble.
    """

    trouble = 1

    def error(self, message: str) -> NoReturn:
        self.exit(self.trouble, f"error: {self.prog}: {message}; see `{self.prog} --help`\n")


def build_parser(command: str | None) -> Parser:
    """Returns the parser of all commands; only the file of the one that is meant is imported."""
    parser = Parser(
        prog="rlxflow",
        description="Transformer checkpoints as StableHLO modules with named stages.",
        epilog="example: rlxflow emit path/to/checkpoint --level composite -o model.mlir",
    )
    parser.add_argument("--version", action="version", version=f"rlxflow {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        added = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.trouble = COMPARING.get(name, 1)
        if name == command:
            load_attribute(f"rlxflow.cli.{name}:configure")(added)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter gets its number
            stream.reconfigure(errors="backslashreplace")
    with fewer_collections():
        words = sys.argv[1:] if arguments is None else arguments
        command = next((word for word in words if word in COMMANDS), None)
        parsed = build_parser(command).parse_args(words)

        def run() -> int:
            return load_attribute(f"rlxflow.cli.{parsed.command}:run")(parsed) or 0

        return program(run, arguments, COMPARING.get(parsed.command, 1))


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Lets Python look for cycles of garbage a hundred times less often: a tenth of the start."""
    before = gc.get_threshold()
    gc.set_threshold(100 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


if __name__ == "__main__":
    sys.exit(main())
