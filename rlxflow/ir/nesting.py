"""Refuses text that is nested deeper than MLIR can read, before MLIR reads it.

MLIR's parser, printer and verifier call themselves for each bracket and for each alias that an
alias uses. They know no limit: text that is deep enough ends the process by a stack overflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from rlxflow.errors import ParseError
from rlxflow.ir.strings import line_and_column

DEEPEST = 500
"""How deep brackets and aliases may be nested; the stack of 8 MB is good for about 2,000."""

_OPEN, _CLOSE = b"([{<", b")]}>"
_STRING = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
_SKIPPED = re.compile(_STRING + rb"|//[^\n]*+|->|[<>]=")
_TOKENS = re.compile(_SKIPPED.pattern + rb"|[(\[{<>}\])]")
_ALIAS = re.compile(rb"^[ \t]*+([#!][\w$.-]++)[ \t]*+=(.*+)", re.MULTILINE)
_NAME = re.compile(rb"[#!][A-Za-z_][\w$.-]*+")


def check_nesting(text: bytes, name: str) -> None:
    """Raises ParseError at the place where brackets, or aliases of aliases, are nested too deep."""
    if sum(map(text.count, (b"(", b"[", b"{", b"<"))) > DEEPEST:
        brackets = _SKIPPED.sub(b"", text).translate(None, _LETTERS)
        if _depths(brackets).max(initial=0) > DEEPEST:
            raise _too_deep(text, _place_of_bracket(text), name, "brackets")
    if text.count(b"=") > DEEPEST:
        for at, depth in _alias_depths(text):
            if depth > DEEPEST:
                raise _too_deep(text, at, name, "aliases")


_LETTERS = bytes(byte for byte in range(256) if byte not in _OPEN + _CLOSE)


def _depths(brackets: bytes) -> np.ndarray:
    """Returns how many brackets are open after each one."""
    codes = np.frombuffer(brackets, np.uint8)
    steps = np.where(np.isin(codes, np.frombuffer(_OPEN, np.uint8)), np.int8(1), np.int8(-1))
    return np.cumsum(steps, dtype=np.int64)


def _place_of_bracket(text: bytes) -> int:
    """Returns where the first bracket stands that is too deep."""
    depth = 0
    for token in _TOKENS.finditer(text):
        word = token[0]
        depth += (len(word) == 1) * ((word in _OPEN) - (word in _CLOSE))
        if depth > DEEPEST:
            return token.start()
    return len(text)


def _alias_depths(text: bytes) -> Iterator[tuple[int, int]]:
    """Yields where each alias is defined, and how many aliases stand inside each other in it."""
    depths: dict[bytes, int] = {}
    for found in _ALIAS.finditer(text):
        used = [depths.get(name, 0) for name in _NAME.findall(found[2])]
        depths[found[1]] = 1 + max(used, default=0)
        yield found.start(1), depths[found[1]]


def _too_deep(text: bytes, at: int, name: str, what: str) -> ParseError:
    return ParseError(
        f"{name}:{line_and_column(text, at)}",
        expected=f"{what} at most {DEEPEST} deep",
        found="deeper ones",
    )
