"""`rlxflow-update-checks`: writes the check lines of lit tests from what their RUN lines print."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rlxflow.cli.exit_code import exit_code
from rlxflow.cli.main import Parser
from rlxflow.errors import FileError, FlowError, InputError
from rlxflow.files import write_atomically
from rlxflow.testing.check_block import MARK
from rlxflow.testing.lit_files import lit_files
from rlxflow.testing.made_checks import Updated, update

EPILOG = """The commands run as lit runs them, with the settings of the lit.cfg.py above the test;
what they give to FileCheck becomes one block of checks at the end of the file. Each value is
captured where it is defined and followed through its uses; numbers of values, locations and the
bytes of large constants are left out. The block begins with a note and is replaced as a whole, but
comments that you put between its lines stay. Checks outside the block are taken for hand-written:
their prefixes are left alone, and a test with no other prefix is refused unless --force is given,
which removes them. Of a folder, only tests that have a block are taken.

A file is written when both programs called FileCheck, where they are installed, accept the new
checks on the old output; otherwise, and where a command fails, it stays as it was.

examples:
  rlxflow-update-checks test/passes/fold.mlir
  rlxflow-update-checks --diff test/passes
  rlxflow-update-checks --check test

exit codes: 0 done, 1 a test could not be updated, or would change under --check, 2 a bug
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = Parser(
        prog="rlxflow-update-checks",
        description="Writes the check lines of lit tests from what their RUN lines print.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a test or a folder")
    parser.add_argument("--force", action="store_true", help="replace hand-written checks, too")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 if a test would"
    )
    what.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    parser.add_argument(
        "--mutate",
        action="store_true",
        help="also show that the checks fail on outputs that are a little wrong",
    )
    parser.add_argument(
        "-D",
        action="append",
        default=[],
        type=_parameter,
        metavar="NAME=VALUE",
        dest="params",
        help="a parameter of the suite, as for lit",
    )
    return exit_code(lambda: _run(parser.parse_args(arguments)))


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    return name, value


def _run(arguments: argparse.Namespace) -> int:
    failed = False
    for file in list(_files(arguments.paths)):
        try:
            made = update(
                file, dict(arguments.params), force=arguments.force, mutate=arguments.mutate
            )
        except FlowError as error:
            print(f"error: {error}", file=sys.stderr)
            failed = True
            continue
        failed |= arguments.check and made.changed
        _deliver(file, made, arguments)
    return 1 if failed else 0


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise FileError(str(path), expected="a file or folder", found="nothing")
        found = [file for file in lit_files([path]) if path.is_file() or _has_block(file)]
        if not found:
            cure = "name a test to give it one"
            expected = "tests with checks made by this program"
            raise InputError(str(path), expected=expected, found="none", cure=cure)
        yield from found


def _has_block(file: Path) -> bool:
    return MARK in file.read_text(encoding="utf-8", errors="replace")


def _deliver(file: Path, made: Updated, arguments: argparse.Namespace) -> None:
    """Writes a test, or says what would be written; tells on standard error how it went."""
    if arguments.diff:
        old, new = made.old.splitlines(True), made.new.splitlines(True)
        sys.stdout.writelines(difflib.unified_diff(old, new, str(file), str(file)))
    if arguments.check and made.changed:
        print(f"{file}: would change")
    writes = made.changed and not arguments.check and not arguments.diff
    if writes:
        write_atomically(file, made.new.encode())
    verdict = "written" if writes else "changed" if made.changed else "up to date"
    notes = [verdict, f"{made.count} check lines of {', '.join(made.prefixes)}", *made.notes]
    print(f"{file}: {'; '.join(notes)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
