"""Makes check lines of what a command printed, in a form that both programs FileCheck take.

Every value is captured where it is defined and named where it is used. Left out are numbers of
values, locations, the bytes of large constants, and lines that only close a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rlxflow.testing.check_words import ANY, WIDTH, escaped, words, wrapped
from rlxflow.testing.printed import Scopes, Token, lines, tokens
from rlxflow.testing.value_names import Names

_DEEPEST = 4
_LABEL = re.compile(
    r'\s*(?:(?:builtin\.)?module @[^{]*\{|(?:\w+\.)?func\b[^(]*@(?:"[^"]*"|[\w.$-]+)\()'
)
_WORDLESS = re.compile(r"(?:\s*(?:builtin\.)?module \{|[\s(){}\[\],]*)")


def check_lines(text: str, *, leader: str, prefix: str, variable: Iterable[str] = ()) -> list[str]:
    """Returns the lines that check `text`.

    Args:
        text: What a command printed.
        leader: What makes a line of the test a comment, as in `// `.
        prefix: Of the directives, as in `CHECK`.
        variable: Parts of the text that differ from machine to machine, such as folders.
    """
    for part in variable:
        text = text.replace(part, ANY)
    scopes, names, made = Scopes(), Names(), []
    for line, place in lines(text):
        label = _LABEL.match(line)
        if label:
            names.forget()
        depth = min(len(scopes.outer) - line.lstrip().startswith(("}", "^")), _DEEPEST)
        found = tokens(line, scopes, names.of_line(line, place))
        if not _WORDLESS.fullmatch(line):
            made += _directives(found, label.end() if label else 0, f"{leader}{prefix}", depth)
    return made


def _directives(found: Sequence[Token], label: int, prefix: str, depth: int) -> list[str]:
    """Returns the directives of one line, of which `label` characters are a label."""
    indent = "  " * max(depth, 0)
    first, more = f"{prefix}:      {indent}", f"{prefix}-SAME:   {indent}"
    if not label:
        widths = (WIDTH - len(first), WIDTH - len(more))
        rows = wrapped(list(words(found)), widths, apart=False)
        return [f"{first}{rows[0]}", *(f"{more}{row}" for row in rows[1:])]
    head, rest = _divided(found, label)
    width = WIDTH - len(more)
    rows = wrapped(list(words(rest)), (width, width), apart=True)
    return [f"{prefix}-LABEL: {indent}{escaped(head).strip()}", *(f"{more}{row}" for row in rows)]


def _divided(found: Sequence[Token], end: int) -> tuple[str, Sequence[Token]]:
    """Returns the text of the first `end` characters, and the tokens after those."""
    head, count = "", 0
    while len(head) < end:
        head += found[count].text
        count += 1
    return head, found[count:]
