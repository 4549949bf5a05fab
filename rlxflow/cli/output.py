"""Where results go: a file that appears when it is whole, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from rlxflow.errors import FileError
from rlxflow.files import check_writable, write_atomically


def check_target(target: str | None) -> None:
    """Raises FileError early, before long work, if a file could not be written there."""
    if target not in (None, "-"):
        assert target is not None
        check_writable(target)


def write(data: str | bytes, target: str | None) -> Path | None:
    """Writes text or bytes to a file, and returns it, or to standard output if there is none.

    Raises FileError for bytes if standard output is a terminal.
    """
    if target not in (None, "-"):
        assert target is not None
        return write_atomically(target, data.encode() if isinstance(data, str) else data)
    if isinstance(data, str):
        sys.stdout.write(data)
        return None
    if sys.stdout.isatty():
        raise FileError("standard output", found="a terminal", cure="give -o FILE: it is binary")
    sys.stdout.buffer.write(data)
    return None


def deliver(data: str | bytes, target: str | None) -> None:
    """Writes as `write` does, and says on standard error which file was written."""
    raw = data.encode() if isinstance(data, str) else data
    if path := write(raw if target not in (None, "-") else data, target):
        print(f"wrote {path} ({len(raw)} bytes)", file=sys.stderr)
