"""`rlxflow-reduce`: the smallest module that still does what a test asks for."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rlxflow.cli.exit_code import program
from rlxflow.cli.main import Parser
from rlxflow.cli.module_file import compile_file, open_module
from rlxflow.cli.output import check_target
from rlxflow.errors import CompileError, FlowError, InputError
from rlxflow.files import write_atomically
from rlxflow.reduce.cut import count_operations
from rlxflow.reduce.reducer import Reducer, Test

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule

EPILOG = """What makes a module interesting is one of these:
  --test COMMAND      the command, with the module's file after it (or for `%s`), ends with 0
  --fails             XLA refuses it
  --differs           XLA and the reference interpreter give other outputs for random inputs
  --contains REGEX    its text has a match

The smallest module so far is in the output file at any time, also after Ctrl-C.

examples:
  rlxflow-reduce model.mlir --fails -o small.mlir
  rlxflow-reduce model.mlir --test './crashes.sh' -o small.mlir
  rlxflow-reduce model.mlir --contains 'stablehlo.custom_call @f' -o small.mlir
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = Parser(
        prog="rlxflow-reduce",
        description="Takes operations away from a module as long as it stays interesting.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    parser.add_argument("module", metavar="FILE", help=".mlir, .mlirbc, .vhlo or HLO text")
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument("--test", metavar="COMMAND", help="see below")
    ways.add_argument("--fails", action="store_true", help="see below")
    ways.add_argument("--differs", action="store_true", help="see below")
    ways.add_argument("--contains", metavar="REGEX", help="see below")
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="of one test (default 60)"
    )
    parser.add_argument(
        "--tolerance", type=float, default=1e-3, metavar="X", help="of --differs (default 1e-3)"
    )
    parser.add_argument("-o", "--output", metavar="FILE.mlir", required=True)

    def act() -> int:
        _reduce(parser.parse_args(arguments))
        return 0

    return program(act, arguments)


def _reduce(arguments: argparse.Namespace) -> None:
    check_target(arguments.output)
    module = open_module(arguments.module)
    begin, first = time.monotonic(), count_operations(module)

    def report(smaller: IrModule) -> None:
        write_atomically(arguments.output, smaller.text(debug_info=True).encode())
        seconds = time.monotonic() - begin
        count = count_operations(smaller)
        line = f"{count} operations after {reducer.tests} tests, {seconds:.1f} s"
        print(line, file=sys.stderr, flush=True)

    reducer = Reducer(_test(arguments), report)
    found = reducer.run(module)
    write_atomically(arguments.output, found.text(debug_info=True).encode())
    count = count_operations(found)
    print(f"{first} -> {count} operations in {reducer.tests} tests: {arguments.output}")


def _test(arguments: argparse.Namespace) -> Test:
    if arguments.contains is not None:
        try:
            pattern = re.compile(arguments.contains)
        except re.error as error:
            expected = "a regular expression"
            raise InputError("--contains", expected=expected, found=str(error)) from None
        return lambda module: bool(pattern.search(module.text()))
    if arguments.test is not None:
        return _command(arguments.test, arguments.timeout)
    return _refused if arguments.fails else _differs(arguments.tolerance, arguments.timeout)


def _command(command: str, timeout_s: float) -> Test:
    words = shlex.split(command)
    if not words:
        raise InputError("--test", expected="a command", found="nothing")

    def run(module: IrModule) -> bool:
        with tempfile.TemporaryDirectory(prefix="rlxflow") as folder:
            file = Path(folder) / "module.mlir"
            file.write_text(module.text(debug_info=True), encoding="utf-8")
            there = [word.replace("%s", str(file)) for word in words]
            whole = there if there != words else [*words, str(file)]
            quiet = subprocess.DEVNULL
            try:
                done = subprocess.run(
                    whole, stdout=quiet, stderr=quiet, check=False, timeout=timeout_s
                )
            except subprocess.TimeoutExpired:
                return False
            except OSError as error:
                found = error.strerror or str(error)
                raise InputError(f"--test {words[0]}", expected="a program", found=found) from None
            return done.returncode == 0

    return run


def _refused(module: IrModule) -> bool:
    try:
        compile_file("module", module, _zeros(module, "param"), "cpu")
    except CompileError:
        return True
    return False


def _differs(tolerance: float, timeout_s: float) -> Test:
    from rlxflow.cli.run_inputs import complete
    from rlxflow.cli.witness import differences
    from rlxflow.ir.interpreter import interpret
    from rlxflow.passes.pipelines import to_level

    def run(module: IrModule) -> bool:
        arrays = complete({}, module.arguments(), "random:1")
        ports = module.arguments()
        params = {p.name: arrays[p.name] for p in ports if p.kind == "param"}
        witness: Callable[..., list[np.ndarray]] = interpret
        try:
            compiled = compile_file("module", module, params, "cpu")
            made = compiled(**{k: v for k, v in arrays.items() if k not in params})
            results = {name: np.asarray(array) for name, array in made.items()}
            to_level(module, "stablehlo")
            given = [arrays[port.name] for port in ports]
            found = differences(
                lambda m, a: witness(m, a, timeout_s=timeout_s), module, given, results
            )
        except FlowError:
            return False
        return any(not one.within(tolerance) for one in found)

    return run


def _zeros(module: IrModule, kind: str) -> dict[str, np.ndarray]:
    from rlxflow.cli.run_inputs import complete

    ports = [port for port in module.arguments() if port.kind == kind]
    return complete({}, ports, "zeros")


if __name__ == "__main__":
    sys.exit(main())
