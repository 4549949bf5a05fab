#!/usr/bin/env python3
"""Finds lines in lit tests that look like FileCheck directives but can never fail."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lib.arguments import Parser
from lib.directives import (
    KEYWORD,
    SUFFIXES,
    Call,
    Directive,
    checker_calls,
    directives,
    lit_files,
)

ROOT = Path(__file__).resolve().parent.parent
EPILOG = "example: tools/check_directives.py test/passes test/emit/norm.py"

COMMENT = re.compile(r"(?:^|\s)(?://+|#+)\s*(?P<text>\S.*)")
WORD = re.compile(r"(?P<word>[A-Za-z][\w-]*)(?:\{\w*\})?(?P<gap>\s*)(?P<colon>:?)")
COUNT = re.compile(r"-COUNT(?:-?\d*)$")
CAPTURE = re.compile(r"\[\[.*?\]\]|\{\{.*?\}\}")
SSA = re.compile(r"%(?:\d+|arg\d+|(?:cst|c)_\d+)\b")


def split(word: str) -> tuple[str, str]:
    """Returns prefix and suffix of `word` as they would be in correct spelling."""
    fixed = COUNT.sub("-COUNT", word.upper().replace("_", "-"))
    prefix, _, suffix = fixed.rpartition("-")
    return (prefix, suffix) if prefix and suffix in SUFFIXES else (fixed, "")


def looks_meant(word: str, colon: str, prefixes: set[str]) -> bool:
    """Returns whether somebody who began a comment with `word` meant a directive."""
    if "CHECK" in word or (word.isupper() and colon and len(word) > 2):
        return True
    prefix, suffix = split(word)
    if word.isupper() and prefix in prefixes:
        return True
    near = difflib.get_close_matches(prefix, prefixes | {"CHECK"}, 1, 0.8)
    return bool(colon) and ("CHECK" in prefix or bool(near)) and (bool(suffix) or "-" not in word)


def reason(word: str, gap: str, colon: str, prefixes: set[str]) -> str:
    """Returns why the line that begins with `word` is dead."""
    prefix, suffix = split(word)
    fixed = word.upper().replace("_", "-")
    head, _, tail = fixed.rpartition("-")
    near = [*difflib.get_close_matches(tail, SUFFIXES, 1, 0.5), ""][0]
    cures = (
        (not colon, f"`{word}` lacks its colon"),
        (not word.isupper(), f"`{word}` is not in capitals; write `{fixed}:`"),
        ("_" in word and word not in prefixes, f"`{word}` has an underscore; write `{fixed}:`"),
        (gap and prefix in prefixes, f"`{word}` has a space before its colon"),
        (suffix == "COUNT" and prefix in prefixes, f"`{word}` lacks its number, as in `-COUNT-2:`"),
        (head in prefixes and near, f"`-{tail}` is no suffix; write `{head}-{near}:`"),
    )
    dead = f"prefix `{prefix}` is not enabled by any RUN line"
    return next((text for holds, text in cures if holds), dead)


def dead_lines(lines: list[str], live: set[int], prefixes: set[str]) -> Iterator[tuple[int, str]]:
    """Yields what looks like a directive and is none."""
    for number, line in enumerate(lines, 1):
        comment = COMMENT.search(line)
        text = comment["text"] if comment else line.strip()
        found = WORD.match(text)
        if number in live or "RUN:" in line or not found or KEYWORD.match(text):
            continue
        word, gap, colon = found["word"], found["gap"], found["colon"]
        if looks_meant(word, colon, prefixes) and (comment or "CHECK" in word):
            yield number, reason(word, gap, colon, prefixes)


def weak_calls(found: list[Directive], calls: list[Call]) -> Iterator[tuple[int, str]]:
    """Yields calls of FileCheck with nothing to check, and those that only forbid."""
    used = {directive.prefix for directive in found}
    for call in calls:
        mine = [directive for directive in found if directive.prefix in call.prefixes]
        for prefix in call.prefixes if found else ():
            if prefix not in used:
                yield call.line, f"prefix `{prefix}` is enabled but the file never uses it"
        if not found:
            yield call.line, "the output goes to FileCheck, but the file holds no check line"
        if mine and all(directive.suffix == "NOT" for directive in mine):
            yield mine[0].line, f"`{mine[0].prefix}-NOT` alone passes on any other output"


def described(lines: list[str], live: set[int]) -> bool:
    """Returns whether a comment or docstring above the first statement says what is tested."""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        comment = re.match(r"(?://+|#+!?)\s*(?P<text>.*)", text)
        if text and not comment:
            return text.startswith(('"""', 'r"""'))
        words = comment["text"] if comment else ""
        if number not in live and len(words.split()) > 2 and not KEYWORD.match(words):
            return True
    return False


def check(text: str) -> list[tuple[int, str]]:
    """Returns line and message of everything that is wrong with one lit test."""
    lines = text.splitlines()
    if not any("RUN:" in line for line in lines):
        return [(1, "no RUN line: lit cannot run it")]
    calls = list(checker_calls(lines))
    prefixes = {prefix for call in calls for prefix in call.prefixes}
    found = list(directives(lines, prefixes))
    live = {directive.line for directive in found}
    problems = [*dead_lines(lines, live, prefixes), *weak_calls(found, calls)]
    for directive in found:
        number = SSA.search(CAPTURE.sub("", directive.pattern))
        if number:
            cure = "capture it as `%[[NAME:.+]]`"
            problems.append((directive.line, f"literal SSA number `{number[0]}`; {cure}"))
    if not described(lines, live):
        problems.append((1, "the first comment does not say which property the test protects"))
    return sorted(set(problems))


def main() -> int:
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / "test"], metavar="PATH")
    paths: list[Path] = parser.parse_args().paths
    missing = [path for path in paths if not path.exists()]
    if missing:
        print(f"error: {missing[0]}: expected a file or folder, found nothing", file=sys.stderr)
        return 1
    problems = 0
    for file in lit_files(paths):
        place = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
        for line, message in check(file.read_text(encoding="utf-8")):
            print(f"{place}:{line}: {message}")
            problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
