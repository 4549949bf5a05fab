"""Where results go: a file that appears when it is whole, or standard output."""

from __future__ import annotations

import sys

from rlxflow.errors import FileError
from rlxflow.files import check_writable, write_atomically


def check_target(target: str | None) -> None:
    """Raises FileError early, before long work, if a file could not be written there."""
    if target not in (None, "-"):
        assert target is not None
        check_writable(target)


def deliver(data: str | bytes, target: str | None) -> None:
    """Writes text or bytes to a file, or to standard output if there is none; says where."""
    if target not in (None, "-"):
        assert target is not None
        raw = data.encode() if isinstance(data, str) else data
        path = write_atomically(target, raw)
        print(f"wrote {path} ({len(raw)} bytes)", file=sys.stderr)
        return
    if isinstance(data, bytes):
        if sys.stdout.isatty():
            raise FileError(
                "standard output", found="a terminal", cure="give -o FILE: it is binary"
            )
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data)
