"""Reads lit tests: their RUN lines, the prefixes those enable, and the live check lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SUFFIXES = ("NEXT", "SAME", "DAG", "NOT", "LABEL", "EMPTY", "COUNT")

# What starts a comment without being a directive or a description of the test.
KEYWORD = re.compile(
    r"(?:RUN|REQUIRES|UNSUPPORTED|XFAIL|DEFINE|REDEFINE|END|COM|TODO|FIXME|NOTE|SPDX)\b"
)
_FORM = r"(?:-(?P<suffix>NEXT|SAME|DAG|NOT|LABEL|EMPTY|COUNT-\d+))?(?:\{LITERAL\})?:"
_CHECKER = re.compile(r"(?:%filecheck|\b[Ff]ile[Cc]heck\b)(?P<flags>[^|;&]*)")
_PREFIXES = re.compile(r"--?check-prefix(?:es)?[= ]\s*(?P<names>[\w,-]+)")


@dataclass(frozen=True)
class Call:
    """One call of FileCheck in a RUN line and the prefixes it enables."""

    line: int
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class Directive:
    """A check line that an enabled prefix makes live."""

    line: int
    prefix: str
    suffix: str
    pattern: str


def commands(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yields line number and command of every RUN line; a backslash at the end joins lines."""
    command, start = "", 0
    for number, line in enumerate(lines, 1):
        _, found, text = line.partition("RUN:")
        if not found:
            continue
        start = start if command else number
        command += text.strip()
        if command.endswith("\\"):
            command = command[:-1] + " "
            continue
        yield start, command
        command = ""


def checker_calls(lines: list[str]) -> Iterator[Call]:
    """Yields the calls of FileCheck in all RUN lines."""
    for number, command in commands(lines):
        for call in _CHECKER.finditer(command):
            yield Call(number, prefixes_of(call["flags"]))


def prefixes_of(flags: str) -> tuple[str, ...]:
    """Returns the prefixes that the flags of a call of FileCheck enable."""
    groups = _PREFIXES.findall(flags)
    return tuple(",".join(groups).split(",")) if groups else ("CHECK",)


def directives(lines: list[str], prefixes: Iterable[str]) -> Iterator[Directive]:
    """Yields the lines that FileCheck obeys when `prefixes` are enabled."""
    names = "|".join(sorted(map(re.escape, prefixes), key=len, reverse=True))
    form = re.compile(rf"(?<![\w-])(?P<prefix>{names}){_FORM}(?P<pattern>.*)")
    for number, line in enumerate(lines, 1):
        found = form.search(line) if names and "RUN:" not in line else None
        if found:
            yield Directive(number, found["prefix"], found["suffix"] or "", found["pattern"])
