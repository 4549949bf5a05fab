"""Files appear only when they are whole; what is not is made beside them, see `partial`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rlxflow.errors import FileError
from rlxflow.partial import partial


def check_writable(path: str | Path) -> Path:
    """Returns the file that a path leads to; raises FileError if none could be written there."""
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_dir():
        raise FileError(f"{path}", expected="the name of a file", found="a folder")
    parent = target.parent
    if not parent.is_dir():
        found, cure = ("a file", "choose another") if parent.exists() else ("none", "create it")
        raise FileError(f"{path}", expected=f"a folder {parent}", found=found, cure=cure)
    if not os.access(parent, os.W_OK):
        raise FileError(f"{path}", expected="a folder that can be written", found=f"{parent}")
    return target


def write_atomically(path: str | Path, data: bytes) -> Path:
    """Writes bytes as `replacing` does; returns the path."""
    with replacing(path) as stream:
        stream.write(data)
    return Path(path)


@contextmanager
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Yields a stream to a temporary file in the same folder, renamed when all went well.

    A link stays a link, an older file keeps its permissions, and what is not a plain file, such as
    a device or a pipe, is written as it stands.

    Raises FileError if the folder is missing or cannot be written; nothing is left behind. What a
    process that was killed left behind goes when the same file is written again.
    """
    target = check_writable(path)
    try:
        if target.exists() and not target.is_file():
            with target.open("wb", buffering=0) as stream:
                yield stream
        else:
            with _temporary(target) as stream:
                yield stream
    except FileError:  # of another file, which it names
        raise
    except OSError as error:
        found = f"an error while writing ({error.strerror})"
        raise FileError(f"{path}", found=found) from None


@contextmanager
def _temporary(target: Path) -> Iterator[IO[bytes]]:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    with partial(target) as made:
        with made.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())  # a power cut after the rename must not leave an empty file
        os.chmod(made, mode)
        os.replace(made, target)


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """Yields an empty folder that gets its name, which is free, when all went well.

    Raises FileError if it cannot be made or written; nothing is left behind.
    """
    target = Path(path)
    try:
        with partial(target, folder=True) as around:
            made = around / target.name
            made.mkdir()
            yield made
            os.rename(made, target)
    except FileError:  # of a file inside, which it names
        raise
    except OSError as error:
        found = f"an error while writing ({error.strerror})"
        raise FileError(f"{path}", found=found) from None


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
