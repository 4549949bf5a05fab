"""Makes what broke a reader small: first by lines, then by bytes."""

from __future__ import annotations

import time
from collections.abc import Callable

from lib.child import Finding, run_cases

from rlxflow.reduce.ddmin import ddmin

CHUNK = 400  # pieces at most, so that it ends


def minimise(data: bytes, signature: str, read: Callable[[bytes], object], seconds: float) -> bytes:
    """Returns a smaller file with the same signature, as far as the time allows."""
    end = time.monotonic() + seconds

    def interesting(parts: list[bytes]) -> bool:
        candidate = b"".join(parts)
        return time.monotonic() < end and _signature_of(candidate, read) == signature

    if "no end" in signature:
        return data  # each try would take as long
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    data = b"".join(ddmin(lines, interesting))
    size = max(1, len(data) // CHUNK)
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(ddmin(pieces, interesting))


def _signature_of(data: bytes, read: Callable[[bytes], object]) -> str:
    """Returns what goes wrong with one file, an empty string if nothing does."""
    for item in run_cases(read, lambda _: data, 0, time.monotonic() + 0.001):
        if isinstance(item, Finding):
            return item.signature
    return ""
