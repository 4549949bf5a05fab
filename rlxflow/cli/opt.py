"""`rlxflow-opt`: reads a module in any form, runs passes in their order, writes it in a form."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rlxflow.cli.exit_code import program
from rlxflow.cli.expected import compare, expectations
from rlxflow.cli.opt_arguments import Request, parse
from rlxflow.cli.opt_part import process
from rlxflow.cli.output import check_target, write
from rlxflow.cli.split_file import MARKER, split_file
from rlxflow.errors import InputError
from rlxflow.files import read_bytes
from rlxflow.ir.reading import text_or_bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    return program(lambda: _run(given), arguments)


def _run(arguments: Sequence[str]) -> int:
    request = parse(arguments)
    if request.answer:
        print(request.answer, end="")
        return 0
    check_target(request.output)
    parts = _parts(request)
    made: list[str | bytes] = []
    failed = False
    for i, part in enumerate(parts):
        whole, complaints = _treat(part, i if len(parts) > 1 else None, request)
        print("".join(f"{line}\n" for line in complaints), end="", file=sys.stderr)
        failed |= whole is None
        made += [whole] if whole else []
    if request.timing:
        print(request.settings.clock.table(), end="", file=sys.stderr)
    if failed:
        return 1
    write(_joined(made), request.output)
    return 0


def _treat(
    part: str | bytes, number: int | None, request: Request
) -> tuple[str | bytes | None, list[str]]:
    """Returns what is to be written of a part, None if it failed, and lines for standard error."""
    folder = request.dump_dir
    dump = folder / str(number) if folder and number is not None else folder
    made, said = process(part, request.settings, dump, request.name)
    text = part if isinstance(part, str) else ""
    if not request.verify_diagnostics:
        return made, [one.render(request.name, text) for one in said if one.worth_a_line]
    complaints = compare(expectations(text), said, request.name)
    return None if complaints else made or "", complaints


def _parts(request: Request) -> list[str] | list[bytes]:
    """Returns the modules of a file as text, or the one module of a binary file."""
    data = sys.stdin.buffer.read() if request.file == "-" else read_bytes(request.file)
    source = text_or_bytes(data, request.name)
    if isinstance(source, bytes):
        return [source]
    return split_file(source) if request.split else [source]


def _joined(made: Sequence[str | bytes]) -> str | bytes:
    """Returns one binary module, or texts with the marker between them."""
    if len(made) == 1:
        return made[0]
    texts = [one for one in made if isinstance(one, str)]
    if len(texts) < len(made):
        found = f"{len(made)} of them"
        raise InputError("--split-input-file", expected="one module in a binary form", found=found)
    return f"{MARKER}\n".join(texts)


if __name__ == "__main__":
    sys.exit(main())
