"""The part of a lit test that holds made checks: found again by its first line, replaced whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rlxflow.errors import InputError
from rlxflow.testing.directives import Directive, directives

MARK = "made by rlxflow-update-checks"
NOTE = f"NOTE: {MARK} from what the RUN lines print; run it again to change it."
_RUN = re.compile(r"^(?P<leader>.*?)RUN:", re.MULTILINE)
_MADE = re.compile(r"\S+?(?:-LABEL: |-SAME:   |:      )\s*\S")


@dataclass(frozen=True)
class Parts:
    """The lines of a test.

    Attributes:
        leader: What makes a line a comment, as in `// `.
        before: Up to the block.
        block: From its note on; empty if there is none.
        after: What follows.
    """

    leader: str
    before: list[str]
    block: list[str]
    after: list[str]

    def hand_written(self, prefixes: Iterable[str]) -> list[Directive]:
        """Returns the directives outside the block."""
        blank = [""] * len(self.block)
        return list(directives([*self.before, *blank, *self.after], prefixes))

    def without(self, found: Iterable[Directive]) -> Parts:
        """Returns the test without directives that stand outside the block."""
        gone = {directive.line - 1 for directive in found}
        later = len(self.before) + len(self.block)

        def kept(lines: Sequence[str], first: int) -> list[str]:
            pairs = [(i in gone, line) for i, line in enumerate(lines, first)]
            rest = [(out, self._code(line) if out else line) for out, line in pairs]
            return [line for out, line in rest if line or not out]

        return Parts(self.leader, kept(self.before, 0), self.block, kept(self.after, later))

    def _code(self, line: str) -> str:
        """Returns what stands in front of the comment of a line."""
        leader = self.leader.strip()
        return line[: line.rindex(leader)].rstrip() if leader else ""

    def with_checks(self, groups: Sequence[Sequence[str]]) -> str:
        """Returns the test with one paragraph of checks for each prefix instead of the block."""
        empty = self.leader.rstrip()
        made = [self.leader + NOTE]
        for i in range(len(groups)):
            made += [*([empty] if i else []), *groups[i]]
        made = _with_comments(made, self._comments())
        gap = [""] if self.before and self.before[-1].strip() else []
        return "\n".join([*self.before, *gap, *made, *self.after]) + "\n"

    def _comments(self) -> list[tuple[list[str], str]]:
        """Returns comments that somebody wrote into the block, with the line that follows them."""
        found: list[tuple[list[str], str]] = []
        pending: list[str] = []
        for line in self.block[1:]:
            text = line.removeprefix(self.leader.rstrip()).strip()
            if text and not _MADE.match(line.removeprefix(self.leader)):
                pending.append(line)
            elif text and pending:
                found.append((pending, line))
                pending = []
        return [*found, (pending, "")] if pending else found


def _with_comments(made: list[str], comments: Iterable[tuple[list[str], str]]) -> list[str]:
    """Puts comments in front of the lines that they stood before, else to the top."""
    at = 1
    for lines, follower in comments:
        place = made.index(follower, at) if follower in made[at:] else at
        made[place:place] = lines
        at = place + len(lines)
    return made


def divide(text: str, where: str) -> Parts:
    """Returns the parts of a test; raises InputError if it has no RUN line."""
    run = _RUN.search(text)
    if not run:
        raise InputError(where, expected="a RUN line", found="none")
    leader = run["leader"]
    lines = text.removesuffix("\n").split("\n")
    start = next((i for i, line in enumerate(lines) if MARK in line), len(lines))
    end = start
    while end < len(lines) and lines[end].startswith(leader.rstrip()):
        end += 1
    return Parts(leader, lines[:start], lines[start:end], lines[end:])
