"""What is being written beside its target; what writers that were killed left of it is removed.

A writer holds a lock on what it makes. The system ends a lock with its process, however that ends,
so what nobody holds is nobody's, on whatever machine that shares the folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # a system without: nobody knows what is left behind, so it stays
    fcntl = None

SUFFIX = ".partial"


@contextmanager
def partial(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """Yields a new file, or folder, beside its target; removes it unless it was renamed.

    Before that, what writers of this target left that are no more is removed.
    """
    _remove_left(target)
    locked = False
    while not locked:
        path = _made(target, folder)
        with ExitStack() as held:
            held.callback(_remove, path)
            # Until it is locked another writer may think that it was left, and remove it.
            locked = _lock(path, held) is not False
            if locked:
                yield path


def _made(target: Path, folder: bool) -> Path:
    prefix = f".{target.name}."
    if folder:
        return Path(tempfile.mkdtemp(SUFFIX, prefix, target.parent))
    handle, path = tempfile.mkstemp(SUFFIX, prefix, target.parent)
    os.close(handle)
    return Path(path)


def _lock(path: Path, held: ExitStack) -> bool | None:
    """Locks what is there until `held` ends.

    Returns whether that went well: False if another has it or it is gone, None if there are no
    locks.
    """
    if fcntl is None:
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        held.callback(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        return False
    except OSError:
        return None
    return path.exists()


def _remove_left(target: Path) -> None:
    for path in _alike(target):
        with ExitStack() as held:
            if _lock(path, held):
                _remove(path)


def _alike(target: Path) -> list[Path]:
    """Returns what writers of a target have made beside it, living or not."""
    names: list[str] = []
    with suppress(OSError):  # a folder that can be written, not listed
        names = os.listdir(target.parent)
    alike = [n for n in names if n.startswith(f".{target.name}.") and n.endswith(SUFFIX)]
    return [target.parent / name for name in alike]


def _remove(path: Path) -> None:
    """Removes a file or folder if it is there; what cannot be removed stays."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()
