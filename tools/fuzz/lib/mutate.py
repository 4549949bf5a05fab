"""Damaged files: a good one with a few random changes of bytes, tokens or lines."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

ODD = (b"0", b"-1", b"1", b"2147483648", b"9223372036854775807", b"18446744073709551616", b"1e400")
ODD_BYTES = (0, 1, 2, 3, 127, 128, 254, 255)
_TOKEN = re.compile(rb'"[^"\n]*"|[%@#!^]?[\w.$]+|\s+|.', re.DOTALL)
Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutate(draw: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Returns one of the seeds with one to six changes."""
    data = draw.choice(seeds)
    text = data[:4] != b"ML\xefR" and b"\0" not in data[:64]
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        change = draw.choice(TEXT if text and draw.random() < 0.9 else BINARY)
        data = change(draw, data, seeds) if data else data
    return data


def _span(draw: random.Random, size: int, most: int) -> tuple[int, int]:
    """Returns where a part of up to `most` begins and ends."""
    start = draw.randrange(size + 1)
    return start, min(size, start + draw.randrange(1, most + 1))


def _flip(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def _set(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([draw.choice(ODD_BYTES)]) + data[at + 1 :]


def _truncate(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: draw.randrange(len(data))]


def _drop(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(draw, len(data), 16)
    return data[:start] + data[end:]


def _repeat(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(draw, len(data), 32)
    return data[:end] + data[start:end] * draw.choice((1, 1, 2, 40)) + data[end:]


def _splice(draw: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = draw.choice(seeds)
    start, end = _span(draw, len(other), 64)
    at, past = _span(draw, len(data), 64)
    return data[:at] + other[start:end] + data[past:]


def _tokens(draw: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Swaps, repeats, drops or replaces single tokens."""
    parts: list[bytes] = _TOKEN.findall(data)
    one, two = draw.randrange(len(parts)), draw.randrange(len(parts))
    match draw.randrange(6):
        case 0:
            parts[one], parts[two] = parts[two], parts[one]
        case 1:
            parts[one] = parts[two]
        case 2:
            parts[one] *= 2
        case 3:
            parts[one] = b""
        case 4:
            parts[one] = draw.choice(_TOKEN.findall(draw.choice(seeds)) or [b""])
        case _:
            numbers = [i for i, part in enumerate(parts) if part.isdigit()]
            parts[draw.choice(numbers or [one])] = draw.choice(ODD)
    return b"".join(parts)


def _lines(draw: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Drops, repeats or swaps lines, or takes some from another file."""
    lines = data.split(b"\n")
    start, end = _span(draw, len(lines), 4)
    match draw.randrange(4):
        case 0:
            lines[start:end] = []
        case 1:
            lines[start:start] = lines[start:end]
        case 2:
            at = draw.randrange(len(lines))
            lines[at:at], lines[start:end] = lines[start:end], []
        case _:
            other = draw.choice(seeds).split(b"\n")
            begin, stop = _span(draw, len(other), 6)
            lines[start:end] = other[begin:stop]
    return b"\n".join(lines)


BINARY: tuple[Change, ...] = (_flip, _flip, _set, _set, _truncate, _drop, _repeat, _splice)
TEXT: tuple[Change, ...] = (_tokens, _tokens, _tokens, _lines, _lines, _splice, _truncate, _flip)
