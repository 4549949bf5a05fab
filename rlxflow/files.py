"""Files appear only when they are whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rlxflow.errors import FileError


def write_atomically(path: str | Path, data: bytes) -> Path:
    """Writes to a temporary name in the same folder, then renames; returns the path.

    Raises FileError if the folder is missing or cannot be written; nothing is left behind.
    """
    target = Path(path)
    if target.is_dir():
        raise FileError(f"{target}", expected="the name of a file", found="a folder")
    if not target.parent.is_dir():
        raise FileError(
            f"{target}", expected="a folder that exists", found="none", cure="create it first"
        )
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise FileError(
            f"{target}", found=f"a folder that cannot be written ({error.strerror})"
        ) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise FileError(f"{target}", found=f"an error while writing ({error.strerror})") from None
    return target


def _umask() -> int:
    """Returns the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_bytes(path: str | Path) -> bytes:
    """Returns a file's bytes; raises FileError if it is missing or cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(
            f"{path}", expected="a file that can be read", found=str(error.strerror).lower()
        ) from None
