"""Readable names for the values of a function: after what is printed, else what makes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST = 28
_NUMBERED = re.compile(r"_\d+$")
_SAYS_NOTHING = re.compile(r"\d+|arg\d*|cst|c|iterArg|")
_OPERATION = re.compile(r'= (?P<word>"?[A-Za-z_][\w.$-]*"?)(?P<rest>.*)')
_TARGET = re.compile(r'\(?\s*(?:"(?P<text>[^"]*)"|@(?P<symbol>[\w.$-]+))')
_KIND = re.compile(r'(?:rlx\.\w+|jax\.\w+) = "(?P<name>[^"]+)"')
_SHORT = {"broadcast_in_dim": "broadcast", "constant": "cst", "dot_general": "dot"}


@dataclass(slots=True)
class Names:
    """The names that are taken in a function."""

    taken: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Frees all names, where a function begins."""
        self.taken.clear()

    def of_line(self, line: str, place: str) -> Callable[[int, bool], str]:
        """Returns what names the values that a line defines; `place` is its location's name."""

        def new(at: int, is_result: bool) -> str:
            return self._unique(_result(line, at, place) if is_result else _argument(line, at))

        return new

    def _unique(self, words: str) -> str:
        base = re.sub(r"\W+", "_", words.upper()).lstrip("_0123456789").rstrip("_") or "V"
        while len(base) > LONGEST and "_" in base:
            base = base.partition("_")[2].lstrip("_0123456789")
        name, count = base, 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        return name


def _result(line: str, at: int, place: str) -> str:
    printed = _last_words(_printed(line, at))
    operation = _OPERATION.search(line)
    if not operation:
        return printed
    mnemonic = operation["word"].strip('"').rpartition(".")[2]
    if not _SAYS_NOTHING.fullmatch(printed) and printed != mnemonic:
        return printed
    target = _TARGET.match(operation["rest"])
    if target and not operation["word"].startswith('"'):
        return _last_words(target["text"] or target["symbol"] or mnemonic)
    if place and mnemonic != "constant":
        return _last_words(place)
    operands = re.findall(r"%[\w$.#-]+", operation["rest"].partition(" : ")[0])
    if mnemonic == "multiply" and len(operands) == 2 and len({*operands}) == 1:
        return "square"
    return _SHORT.get(mnemonic, mnemonic)


def _argument(line: str, at: int) -> str:
    printed = _last_words(_printed(line, at))
    if not _SAYS_NOTHING.fullmatch(printed):
        return printed
    named = _KIND.search(re.split(r", %|\) ->", line[at:])[0])
    return _last_words(named["name"]) if named else _NUMBERED.sub("", printed).rstrip("0123456789")


def _printed(line: str, at: int) -> str:
    found = re.compile(r"%([\w$.-]+)").match(line, at)
    assert found
    return _NUMBERED.sub("", found[1])


def _last_words(name: str) -> str:
    """Returns the end of a path: `q_proj.weight` of `layers.0/model.layers.0.q_proj.weight`.

    In names of values, MLIR prints a slash as 2F.
    """
    end = re.split(r"2F|/", name)[-1]
    return ".".join(end.split(".")[-2:])
