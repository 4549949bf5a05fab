"""A program of ours as a child of itself, so that an end by a signal becomes an error.

MLIR and XLA are C++. For some damaged modules they report no error but end the process, and nothing
inside it could then say so. The parent only waits, and says it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SLOW = 100_000
"""How many bytes of a module are read in a second, even on a machine with much else to do."""

LARGE = 16_000_000
"""From how many bytes on the reading of a module takes more than a second or two."""

_NOTE = mmap.mmap(-1, 1024)  # shared by parent and child
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl


def doing(what: str) -> None:
    """Says what is being done, for the error if the process ends by it."""
    _NOTE[:] = what.encode()[: len(_NOTE)].ljust(len(_NOTE), b"\0")


@contextmanager
def reading(file: str, size: int) -> Iterator[None]:
    """Notes that a module is being read, and tells the user where that takes its time.

    MLIR's reader goes on for ever in some damaged bytecode. What takes far more time than such a
    size ever does is ended by a signal.
    """
    doing(f"{file}: reading it")
    if size >= LARGE:
        print(f"{file}: reading {size / 1e6:.0f} MB", file=sys.stderr, flush=True)
    if hasattr(signal, "alarm"):
        signal.alarm(60 + size // SLOW)
    try:
        yield
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)


def supervised(action: Callable[[], int], trouble: int = 1) -> int:
    """Returns the exit code of an action that runs in a child.

    If a signal ends the child, that is `trouble`, after an error that says what was being done. In
    the child it returns what the action does, so that the child ends as the program would.
    """
    if not hasattr(os, "fork"):
        return action()
    sys.stdout.flush()
    sys.stderr.flush()
    parent, child = os.getpid(), os.fork()
    if child:
        return _wait(child, trouble)
    _die_with(parent)
    return action()


def _wait(child: int, trouble: int) -> int:
    """Returns the exit code of the child; passes on the signals that are meant for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the child as well
    for number in _PASSED_ON:
        signal.signal(number, lambda received, _: os.kill(child, received))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return code
    if -code in (signal.SIGINT, *_PASSED_ON):  # it was asked to end, and so are we
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    said = bytes(_NOTE).rstrip(b"\0").decode(errors="replace") or "start"
    print(f"error: {said}: found {_found(-code)}", file=sys.stderr)
    return trouble


def _found(number: int) -> str:
    """Returns what it means that a signal ended the child."""
    if number == signal.SIGALRM:
        return "no end of it; the file is damaged"
    end = f"an end of the process by {signal.Signals(number).name}, inside MLIR or XLA"
    return f"{end}; was there enough memory?" if number == signal.SIGKILL else end


def _die_with(parent: int) -> None:
    """Lets the kernel end this child where its parent is ended by force."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
