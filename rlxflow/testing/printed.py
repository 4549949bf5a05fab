"""Reads what a compiler prints: which words name values, where those are defined and used.

It knows how MLIR prints values, regions and locations, but no operation, so it also takes output of
dialects that it has never heard of, several modules in a row, and text that is no module at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<value>%(?:\d+|[A-Za-z$._-][\w$.-]*))'
    r'|(?P<other>[^"%(){} \1]+|.)'
)
GAP = "\1"  # stands in a line where a location was left out
_LOCATION = re.compile(r"\s*\bloc\(")
_ALIAS = re.compile(r'(?P<alias>#loc\d*) = loc\((?P<place>"[^"]*")')
_HEADLESS = re.compile(r"\w+ \{|\}")  # begins a region whose arguments a line before has named
_RESULTS = re.compile(r"(?:%[\w$.-]+(?::\d+)?(?:, )?)+ = ")


@dataclass(frozen=True, slots=True)
class Token:
    """A string, a value, a space, a parenthesis or brace, or what stands between those.

    Attributes:
        text: As printed.
        name: What a value is called, unique in its function; empty for all else.
        defines: Whether the value gets its name here.
    """

    text: str
    name: str = ""
    defines: bool = False


@dataclass(slots=True)
class Scopes:
    """Which value a printed name means; a region opens a scope, and its end closes it.

    `header` are names that the next regions define, such as the arguments of a function: they are
    not known on the line itself, where the same name may mean another value.
    """

    names: dict[str, str] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    outer: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)

    def follow(self, text: str) -> None:
        """Opens or closes a scope at a brace; braces of attributes change nothing in the end."""
        if text == "{":
            self.outer.append((self.names, self.header))
            self.names, self.header = self.names | self.header, {}
        elif text == "}" and self.outer:
            self.names, self.header = self.outer.pop()


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Yields each line without its locations, and the name that its last location has, if any.

    Comments, tables of locations and the bytes of resources are left out.
    """
    whole = text.split("\n")
    aliases = {found["alias"]: found["place"] for found in map(_ALIAS.match, whole) if found}
    for line in whole:
        if line.startswith("{-#"):
            return
        if line.startswith(("#loc = ", "#loc")) or line.lstrip().startswith("//"):
            continue
        kept, places = _without_locations(line)
        place = aliases.get(places[-1], places[-1]) if places else ""
        yield kept, place[1 : place.index('"', 1)] if place.startswith('"') else ""


def _without_locations(line: str) -> tuple[str, list[str]]:
    """Returns a line without each `loc(...)` outside strings, and what stood in those.

    A gap is left behind, which stands for the comma after the location, too.
    """
    if "loc(" not in line:
        return line, []
    kept, places, at = "", [], 0
    while at < len(line):
        found = _LOCATION.match(line, at)
        token = TOKEN.match(line, at)
        assert token
        kept += GAP if found else token[0]
        at = _closing(line, found.end()) if found else token.end()
        if found:
            places.append(line[found.end() : at - 1])
            at += line.startswith(",", at)
    return kept.rstrip(GAP), places


def _closing(line: str, at: int) -> int:
    """Returns the place after the parenthesis that closes the one before `at`."""
    depth = 1
    while depth and at < len(line):
        token = TOKEN.match(line, at)
        assert token
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        at = token.end()
    return at


def tokens(line: str, scopes: Scopes, new_name: Callable[[int, bool], str]) -> list[Token]:
    """Returns the tokens of a line; `new_name(place, is_result)` names the values defined in it."""
    begin = line.lstrip()
    if not _HEADLESS.match(begin):
        scopes.header = {}
    results = _RESULTS.match(begin)
    head = len(line) - len(begin) + (results.end() if results else 0)
    takes_arguments = begin.startswith("^") or line.endswith("{")
    made = []
    for found in TOKEN.finditer(line):
        text = found[0]
        if found.lastgroup != "value":
            scopes.follow(text)
            made.append(Token(text))
            continue
        after = line[found.end() : found.end() + 3]
        is_result = found.end() < head
        is_argument = after == " = " or (takes_arguments and after.startswith(": "))
        defines = is_result or is_argument or text not in scopes.names
        name = new_name(found.start(), is_result) if defines else scopes.names[text]
        if is_argument and not is_result and not begin.startswith("^"):
            scopes.header[text] = name
        elif defines:
            scopes.names[text] = name
        made.append(Token(text, name, defines))
    return made
