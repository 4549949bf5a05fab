"""What is wrong with the check lines of one lit test: those that can never fail, first of all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from rlxflow.testing.directives import (
    KEYWORD,
    SUFFIXES,
    Call,
    Directive,
    checker_calls,
    directives,
)

COMMENT = re.compile(r"(?:^|\s)(?://+|#+|;+)\s*(?P<text>\S.*)")
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


def described(lines: list[str], checks: set[int]) -> bool:
    """Returns whether a comment or docstring above the first statement says what is tested.

    Lines of the numbers `checks` say nothing, be they live or dead.
    """
    for number, line in enumerate(lines, 1):
        text = line.strip()
        comment = re.match(r"(?://+|#+!?|;+)\s*(?P<text>.*)", text)
        if text and not comment:
            return text.startswith(('"""', 'r"""'))
        words = comment["text"] if comment else ""
        if number not in checks and len(words.split()) > 2 and not KEYWORD.match(words):
            return True
    return False


def style(found: list[Directive]) -> Iterator[tuple[int, str]]:
    """Yields what makes a test brittle, though it can fail."""
    for directive in found:
        number = SSA.search(CAPTURE.sub("", directive.pattern))
        if number:
            cure = "capture it as `%[[NAME:.+]]`"
            yield directive.line, f"literal SSA number `{number[0]}`; {cure}"


def check(text: str, *, dead_only: bool = False) -> list[tuple[int, str]]:
    """Returns line and message of what is wrong with one lit test; style is left out on request."""
    lines = text.splitlines()
    if not any("RUN:" in line for line in lines):
        return [(1, "no RUN line: lit cannot run it")]
    calls = list(checker_calls(lines))
    prefixes = {prefix for call in calls for prefix in call.prefixes}
    found = list(directives(lines, prefixes))
    live = {directive.line for directive in found}
    dead = list(dead_lines(lines, live, prefixes))
    problems = {*dead, *weak_calls(found, calls)}
    if not dead_only:
        problems |= {*style(found)}
        if not described(lines, live | {number for number, _ in dead}):
            problems.add((1, "the first comment does not say which property the test protects"))
    return sorted(problems)
