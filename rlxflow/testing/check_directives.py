"""`rlxflow-check-directives`: finds lines of lit tests that look like checks but can never fail."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rlxflow.cli.exit_code import exit_code
from rlxflow.cli.main import Parser
from rlxflow.errors import FileError
from rlxflow.testing.dead import check
from rlxflow.testing.lit_files import EXCLUDES, SUFFIXES, lit_files, read_test

EPILOG = """Found are:
  check lines without a colon, in small letters, with an unknown suffix, or with a prefix that no
  RUN line enables
  prefixes that are enabled and never used
  output that goes to FileCheck with nothing to check, or only with what must not be there
  tests without a RUN line
  unless --dead-only is given, also literal SSA numbers, and tests that do not begin with a sentence
  about what they protect

examples:
  rlxflow-check-directives test
  rlxflow-check-directives test --suffix .ll --exclude unit
  rlxflow-check-directives test/passes/fold.mlir --dead-only

exit codes: 0 nothing found, 1 something found or a wrong call, 2 a bug of this program
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = Parser(
        prog="rlxflow-check-directives",
        description="Finds lines of lit tests that look like checks but can never fail.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder or a test")
    parser.add_argument(
        "--suffix",
        type=_suffix,
        action="append",
        default=[*SUFFIXES],
        help=f"of more files that are tests, beside {' '.join(SUFFIXES)}",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[*EXCLUDES],
        metavar="NAME",
        help="more files and folders that hold no tests, wherever they are",
    )
    parser.add_argument("--dead-only", action="store_true", help="leave out matters of style")

    def act() -> int:
        problems = list(_problems(parser.parse_args(arguments)))
        print("".join(f"{problem}\n" for problem in problems), end="")
        return 1 if problems else 0

    return exit_code(act)


def _suffix(text: str) -> str:
    if not text.startswith("."):
        raise argparse.ArgumentTypeError(f"expected a dot and letters, as in .ll, found {text!r}")
    return text


def _problems(arguments: argparse.Namespace) -> Iterator[str]:
    """Yields `place:line: message` for everything that is wrong."""
    for path in arguments.paths:
        if not path.exists():
            raise FileError(str(path), expected="a file or folder", found="nothing")
        files = list(lit_files([path], arguments.suffix, arguments.exclude))
        if not files:
            names = " ".join(arguments.suffix)
            raise FileError(str(path), expected=f"lit tests ({names})", found="none")
        for file in files:
            place = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
            for line, message in check(read_test(file), dead_only=arguments.dead_only):
                yield f"{place}:{line}: {message}"


if __name__ == "__main__":
    sys.exit(main())
