"""Turns a printed line into words of a check line, and wraps those."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlxflow.testing.printed import GAP, Token

WIDTH = 100
ANY = "\0"  # stands for `{{.*}}` in what was printed
_SPECIAL = re.compile(rf'[\[{{]*(?:\[\[|\{{\{{)[\[{{]*|"0x[0-9A-Fa-f]{{16,}}"|{ANY}')
_JOINS = ("=", "->")
_NUMBER_LAST = re.compile(r"(?<![A-Za-z_0-9])\d+$")
_BORDER = "{{( |$)}}"


@dataclass(frozen=True, slots=True)
class Word:
    """What stands between two spaces, as a pattern.

    Attributes:
        text: The pattern.
        open_end: Whether it would also match a part of a longer number or name, so that the word
            after it has to stand in the same check line.
        defines: Whether it begins with a value that is defined here.
        after_gap: Whether something was left out in front of it.
    """

    text: str
    open_end: bool
    defines: bool
    after_gap: bool


def words(tokens: Sequence[Token]) -> Iterator[Word]:
    """Yields the words of a line; a string is a part of one word."""
    start = 0
    for i in range(len(tokens) + 1):
        if i < len(tokens) and tokens[i].text not in {" ", GAP}:
            continue
        if i > start:
            yield _word(tokens, start, i)
        start = i + 1


def _word(tokens: Sequence[Token], start: int, end: int) -> Word:
    made, literal = "", ""
    for i in range(start, end):
        token = tokens[i]
        if not token.name:
            literal += token.text
            continue
        made, literal = made + escaped(literal), ""
        made += f"%[[{token.name}{_capture(tokens, i) if token.defines else ''}]]"
    last = tokens[end - 1]
    open_end = bool(last.name or _NUMBER_LAST.search(last.text))
    after_gap = start > 0 and any(token.text == GAP for token in tokens[max(0, start - 2) : start])
    return Word(made + escaped(literal), open_end, tokens[start].defines, after_gap)


def _capture(tokens: Sequence[Token], i: int) -> str:
    """Returns a colon and what a name may consist of, in view of what follows it."""
    after = "".join(token.text for token in tokens[i + 1 : i + 4])
    if after.startswith(":"):
        return ":[^:]+"
    alone = all(token.text == " " for token in tokens[:i])
    return ":.+" if alone and after == " = " else ":[^ ,:)]+"


def escaped(text: str) -> str:
    """Returns text as a pattern that matches it; large constants match whatever their bytes are."""

    def special(found: re.Match[str]) -> str:
        if found[0] == ANY:
            return "{{.*}}"
        if found[0].startswith('"'):
            return '"0x{{[0-9A-Fa-f]+}}"'
        return "{{" + "".join(f"\\{bracket}" for bracket in found[0]) + "}}"

    return _SPECIAL.sub(special, text)


def wrapped(found: Sequence[Word], widths: tuple[int, int], *, apart: bool) -> list[str]:
    """Returns the patterns of one line; all but the first continue it.

    Args:
        found: The words of the line.
        widths: Columns that the first pattern and those after it may take.
        apart: Whether each value that is defined begins a pattern.
    """
    rows: list[str] = []
    for chunk in _chunks(found, widths[1]):
        text = " ".join(word.text for word in chunk)
        longer = f"{rows[-1]} {text}" if rows else ""
        begins = chunk[0].after_gap or (apart and chunk[0].defines)
        if rows and not begins and len(longer) <= widths[len(rows) > 1]:
            rows[-1] = longer
        else:
            rows.append(text)
    return [*rows[:-1], rows[-1] + _BORDER] if rows and found[-1].open_end else rows


def _chunks(found: Sequence[Word], width: int) -> list[list[Word]]:
    """Returns words that stay in one pattern: a value with what follows; `a = 1` where it fits."""
    chunks: list[list[Word]] = []
    for word in found:
        last = chunks[-1][-1] if chunks else None
        joins = last and (last.text in _JOINS or word.text == "=")
        room = width + 1 - 2 * word.open_end  # a number takes at least a sign along
        fits = chunks and sum(len(w.text) + 1 for w in [*chunks[-1], word]) <= room
        if last and not word.after_gap and (last.open_end or (joins and fits)):
            chunks[-1].append(word)
        else:
            chunks.append([word])
    return chunks
