"""Where results go: a file that appears when it is whole, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from rlxflow.errors import FileError
from rlxflow.files import write_atomically


def check_target(target: str | None) -> None:
    """Raises FileError early, before long work, if a file could not be written there."""
    if target in (None, "-"):
        return
    assert target is not None
    if not Path(target).parent.is_dir():
        raise FileError(
            target, expected="a folder that exists", found="none", cure="create it first"
        )


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
