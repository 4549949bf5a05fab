"""`rlxflow-diff`: what two modules do differently, stage by stage."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rlxflow.cli.exit_code import program
from rlxflow.cli.main import Parser
from rlxflow.cli.module_file import open_functions
from rlxflow.cli.output import deliver
from rlxflow.errors import FlowError

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule

EPILOG = """Stages are compared by their paths: which were added, removed, renamed or moved; their
attributes, inputs and results; and operation by operation what is inside. Names of values,
locations, the order of attributes and of operations that do not need each other make no difference.
Layers that changed alike are shown once. Modules without stages are compared by function.

Exit codes, as of diff: 0 the modules are equal, 1 they differ, 2 trouble.

examples:
  rlxflow-diff before.mlir after.mlir
  rlxflow-diff before.mlir after.mlir --stat
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = Parser(
        prog="rlxflow-diff",
        description="Shows what two modules do differently, stage by stage.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    parser.trouble = 2
    parser.add_argument("first", metavar="A.mlir", help=".mlir, .mlirbc or .vhlo")
    parser.add_argument("second", metavar="B.mlir", help="the same")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--stat", action="store_true", help="a line for each change, and totals")
    forms.add_argument("--json", action="store_true", help="what differs, as JSON")
    return program(lambda: _diff(parser.parse_args(arguments)), arguments, parser.trouble)


def _diff(arguments: argparse.Namespace) -> int:
    from rlxflow.difference.fold import fold
    from rlxflow.difference.modules import compare
    from rlxflow.difference.report import stat, text, to_dict

    files = arguments.first, arguments.second
    found = fold(compare(_open(files[0]), _open(files[1])))
    if arguments.json:
        deliver(json.dumps(to_dict(found)) + "\n", None)
    elif arguments.stat:
        deliver(stat(found), None)
    else:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        deliver(text(*files, found, colour=colour), None)
    return 1 if found else 0


def _open(file: str) -> IrModule:
    """Returns the module of a file; raises VerifyError if its stages are none."""
    from rlxflow.ir.verifier import verify_rlx

    module = open_functions(file)
    try:
        verify_rlx(module)
    except FlowError as error:
        error.within(f"in {file}")
        raise
    return module


if __name__ == "__main__":
    sys.exit(main())
