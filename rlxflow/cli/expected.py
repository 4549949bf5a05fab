"""Diagnostics that a test file says it expects: `// expected-error@+1 {{text}}`.

Between the word and the braces may stand `@+2` or `@-1` (lines from here), `@below` or `@above`
(the nearest line that expects nothing itself) or `@unknown` (no place). The text in the braces must
be a part of the message. Notes that nothing expects are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.cli.diagnostic import Diagnostic

_EXPECTED = re.compile(
    r"expected-(error|warning|remark|note)(?:@([+-]\d+|above|below|unknown))?\s*\{\{(.*?)\}\}"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation: the line it speaks of, and the line it stands on."""

    severity: str
    line: int
    text: str
    stands: int


def expectations(text: str) -> list[Expected]:
    """Returns what a file expects, in order."""
    lines = text.split("\n")
    found = []
    for i in range(len(lines)):
        for match in _EXPECTED.finditer(lines[i]):
            line = _line(match[2] or "+0", i, lines)
            found.append(Expected(match[1], line, match[3], i + 1))
    return found


def _line(where: str, i: int, lines: Sequence[str]) -> int:
    if where == "unknown":
        return 0
    if where not in ("above", "below"):
        return i + 1 + int(where)
    step = -1 if where == "above" else 1
    at = i + step
    while 0 <= at < len(lines) and _EXPECTED.search(lines[at]):
        at += step
    return at + 1


def compare(expected: Sequence[Expected], said: Sequence[Diagnostic], file: str) -> list[str]:
    """Returns one line for each unexpected diagnostic, then for each that is missing."""
    missing = list(expected)
    complaints = []
    for one in said:
        match = next((e for e in missing if _meets(one, e)), None)
        if match is not None:
            missing.remove(match)
        elif one.severity != "note":
            place = f"{file}:{one.line}:{one.column}" if one.line else file
            complaints.append(f"{place}: error: unexpected {one.severity}: {one.message}")
    for e in missing:
        place = f" at line {e.line}" if e.line != e.stands else ""
        missed = f'expected {e.severity} "{e.text}"{place} was not produced'
        complaints.append(f"{file}:{e.stands}: error: {missed}")
    return complaints


def _meets(one: Diagnostic, expected: Expected) -> bool:
    same = one.severity == expected.severity and one.line == expected.line
    return same and expected.text in one.message
