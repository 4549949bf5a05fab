"""Freed memory goes back to the system."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from rlxflow.runtime.heap import trim_heap

BLOCK, COUNT = 60_000, 1000  # bytes: below what glibc maps by itself


def resident() -> int:
    """Bytes of this process in memory that are no file's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no RssAnon")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed")
def test_what_was_freed_between_what_is_used_is_given_back() -> None:
    blocks = [bytes([i % 256]) * BLOCK for i in range(COUNT)]
    kept = blocks[1::100]
    del blocks
    before = resident()
    trim_heap()
    assert before - resident() > BLOCK * COUNT // 2
    assert [block[:1] for block in kept] == [bytes([(1 + 100 * i) % 256]) for i in range(10)]
