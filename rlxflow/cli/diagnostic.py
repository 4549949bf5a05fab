"""What a tool says about a place in a file, in the words of `mlir-opt`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"-:(\d+):(\d+)(?:: )?")
_NOISE = "see current operation"  # a note that repeats the operation


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An `error`, `warning`, `remark` or `note`.

    Attributes:
        severity: Which of these.
        line: In the file that was read, from 1; 0 if it is not known.
        column: Likewise.
        message: What is wrong.
        place: What is known instead of a line: a stage path, a line of some other file.
    """

    severity: str
    line: int
    column: int
    message: str
    place: str = ""

    @classmethod
    def at(cls, severity: str, place: str, message: str) -> Diagnostic:
        """Returns a diagnostic; `-:3:8` is a place in the file that is read, `-` is none."""
        found = _PLACE.fullmatch(place)
        if found:
            return cls(severity, int(found[1]), int(found[2]), message)
        return cls(severity, 0, 0, message, place.strip("-"))

    @classmethod
    def of_text(cls, text: str) -> Diagnostic:
        """Returns the error of a text that may hold a place in the file anywhere."""
        found = _PLACE.search(text)
        if found is None:
            return cls("error", 0, 0, text)
        return cls.at("error", found[0].removesuffix(": "), text.replace(found[0], "", 1))

    @property
    def worth_a_line(self) -> bool:
        return not self.message.startswith(_NOISE)

    def render(self, file: str, text: str = "") -> str:
        """Returns `file:line:column: error: message`, and below it the line with a caret.

        Args:
            file: The name of what was read.
            text: Its text; without one no line is shown.
        """
        place = f"{file}:{self.line}:{self.column}" if self.line else self.place
        said = f"{place}: " * bool(place) + f"{self.severity}: {self.message}"
        lines = text.split("\n")
        if not 0 < self.line <= len(lines):
            return said
        shown = lines[self.line - 1]
        blank = re.sub(r"[^\t]", " ", shown[: self.column - 1])
        return f"{said}\n{shown}\n{blank}^"
