"""Runs cases in a child process, so that a crash or a case without end is seen and named."""

from __future__ import annotations

import faulthandler
import os
import resource
import select
import signal
import struct
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from rlxflow.errors import FlowError

HANGS_AFTER_S = 10.0
MEMORY = 6 << 30


class Finding(NamedTuple):
    """What went wrong with a case; equal signatures are taken for the same fault."""

    case: int
    signature: str
    log: str


def run_cases(
    read: Callable[[bytes], object], case: Callable[[int], bytes], first: int, deadline: float
) -> Iterator[Finding | int]:
    """Yields each finding, and the number of each case that is begun, until the deadline.

    A new child goes on with the next case after one that crashed or hung.
    """
    while time.monotonic() < deadline:
        receive, send = os.pipe()
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            child = os.fork()
            if not child:
                os.close(receive)
                _child(read, case, first, deadline, send, log)
            os.close(send)
            try:
                for item in _follow(child, receive, log):
                    first = item + 1 if isinstance(item, int) else first
                    yield item
            finally:
                os.close(receive)


def _child(
    read: Callable[[bytes], object],
    case: Callable[[int], bytes],
    first: int,
    deadline: float,
    send: int,
    log: IO[str],
) -> None:
    """Runs cases; writes the number of each before it, and a finding after it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(log.fileno(), 2)
    faulthandler.enable(log)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    index = first
    while time.monotonic() < deadline:
        data = case(index)
        _send(send, f"{index}")
        try:
            read(data)
        except FlowError:
            pass
        except BaseException as error:
            _send(send, f"{index}\n{_signature(error)}\n{traceback.format_exc()}")
        index += 1
    os._exit(0)


def _send(pipe: int, text: str) -> None:
    raw = text.encode()[:60_000]
    os.write(pipe, struct.pack("<I", len(raw)) + raw)


def _follow(child: int, receive: int, log: IO[str]) -> Iterator[Finding | int]:
    """Yields what a child says; ends when the child does."""
    last = -1
    while True:
        ready, _, _ = select.select([receive], [], [], HANGS_AFTER_S)
        if not ready:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            yield Finding(last, f"no end after {HANGS_AFTER_S:g} s", "")
            return
        head = os.read(receive, 4)
        if not head:
            break
        (size,) = struct.unpack("<I", head)
        raw = b""
        while len(raw) < size and (more := os.read(receive, size - len(raw))):
            raw += more
        number, _, rest = raw.decode(errors="replace").partition("\n")
        last = int(number)
        if rest:
            signature, _, trace = rest.partition("\n")
            yield Finding(last, signature, trace)
        else:
            yield last
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        log.seek(0)
        text = log.read()
        yield Finding(last, f"signal {os.WTERMSIG(status)} {_deepest(text)}", text)


def _deepest(log: str) -> str:
    """Returns the innermost line of Python in a dump of faulthandler, and what C++ said."""
    places = [line.strip() for line in log.splitlines() if "/rlxflow/" in line]
    fatal = [line for line in log.splitlines() if "LLVM ERROR" in line or "Check failed" in line]
    return " ".join(
        [*(Path(p.split('"')[1]).name + p.split('"')[2] for p in places[:1]), *fatal[:1]]
    )


def _signature(error: BaseException) -> str:
    """Returns the class of an exception and the innermost place of ours that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/rlxflow/" in f.filename] or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno} {ours[-1].name}"
    text = str(error).splitlines()[0][:100] if type(error).__name__ == "ProgramError" else ""
    return f"{type(error).__name__} {place} {text}".strip()
