"""Says what a weight file lacks and what it has too much, on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.errors import WeightError, nearest
from rlxflow.weights.kinds import fold, group, kind_of
from rlxflow.weights.plan import ParamSpec, PlanEntry
from rlxflow.weights.source import WeightSource

_MOST_LINES = 40  # one screen
_Section = tuple[str, list[str]]  # title, one line per kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What does not fit between a module and a file.

    Attributes:
        missing: Weights that the file lacks.
        unfit: Weights that it has with another shape, or an element type that is not cast.
        unused: The file's names that nothing asks for.
    """

    missing: Sequence[ParamSpec]
    unfit: Sequence[PlanEntry]
    unused: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unfit or self.unused)

    def error(self, wanted: int, source: WeightSource) -> WeightError:
        """Returns the one error that lists them all, grouped by kind.

        Args:
            wanted: Weights that the module asks for.
            source: The file, for the names that come near to missing ones.
        """
        reshaped = [entry for entry in self.unfit if entry.info.shape != entry.param.shape]
        retyped = [entry for entry in self.unfit if entry.info.shape == entry.param.shape]
        counts = (
            (len(self.missing), "missing"),
            (len(reshaped), "of another shape"),
            (len(retyped), "of another element type"),
            (len(self.unused), "unused"),
        )
        sections: list[_Section] = [
            ("missing", _missing_lines(self.missing, self.unused, source)),
            ("of another shape", _shape_lines(reshaped)),
            ("of another element type (only floats are cast)", _dtype_lines(retyped)),
            ("unused", _unused_lines(self.unused, source)),
        ]
        lines = _fit([section for section in sections if section[1]], _MOST_LINES - 1)
        return WeightError(
            source.where,
            expected=f"the {wanted} weights of the module",
            found=", ".join(f"{count} {what}" for count, what in counts if count),
            cure="\n".join(["check that config and weights belong together:", *lines]),
        )


def _missing_lines(
    missing: Sequence[ParamSpec], unused: Sequence[str], source: WeightSource
) -> list[str]:
    finder = _Nearest(list(source.names()), unused)
    lines: list[str] = []
    for kind in group(missing, lambda param: (kind_of(param.name), param.info)):
        # A screen shows no more, and each search costs milliseconds.
        near = finder.find(kind[0].name) if len(lines) < _MOST_LINES else ""
        hint = f"nearest in the file: `{near}`" if near else "nothing like it in the file"
        names = fold([param.name for param in kind])
        place = f"  for stage `{kind[0].stage}`" if kind[0].stage else ""
        lines.append(f"{names}  {kind[0].info}{_times(kind)}  {hint}{place}")
    return lines


def _shape_lines(entries: Sequence[PlanEntry]) -> list[str]:
    lines: list[str] = []
    for kind in group(entries, lambda e: (kind_of(e.source_name), e.param.shape, e.info.shape)):
        wanted, found = kind[0].param.shape, kind[0].info.shape
        note = " (the transpose)" if found == wanted[::-1] else ""
        names = fold([entry.source_name for entry in kind])
        lines.append(f"{names}{_times(kind)}: expected {list(wanted)}, found {list(found)}{note}")
    return lines


def _dtype_lines(entries: Sequence[PlanEntry]) -> list[str]:
    lines: list[str] = []
    for kind in group(entries, lambda e: (kind_of(e.source_name), e.param.dtype, e.info.dtype)):
        names = fold([entry.source_name for entry in kind])
        wanted, found = kind[0].param.dtype, kind[0].info.dtype
        lines.append(f"{names}{_times(kind)}: expected {wanted}, found {found}")
    return lines


def _unused_lines(unused: Sequence[str], source: WeightSource) -> list[str]:
    kinds = group(unused, lambda name: (kind_of(name), source.info(name)))
    return [f"{fold(kind)}  {source.info(kind[0])}{_times(kind)}" for kind in kinds]


def _times(kind: Sequence[object]) -> str:
    return f"  x{len(kind)}" if len(kind) > 1 else ""


def _fit(sections: Sequence[_Section], budget: int) -> list[str]:
    # The short sections take what they need first; the long ones share the rest.
    shown: dict[str, list[str]] = {}
    by_length = sorted(sections, key=lambda section: len(section[1]))
    for place, (title, lines) in enumerate(by_length):
        share = budget // (len(sections) - place) - 1
        shown[title] = _cut(lines, share)
        budget -= 1 + len(shown[title])
    result: list[str] = []
    for title, _ in sections:
        result += [f"{title}:", *(f"  {line}" for line in shown[title])]
    return result


def _cut(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"... and {len(lines) - most + 1} more"]


class _Nearest:
    """Finds the kind of name in a file that comes nearest, folding first: files have thousands."""

    def __init__(self, names: Sequence[str], unused: Sequence[str]) -> None:
        self._kinds = {_text(kind[0]): fold(kind) for kind in group(names, kind_of)}
        self._unused = {_text(name) for name in unused}

    def find(self, name: str) -> str:
        """Returns the folded nearest names, or an empty string."""
        text = _text(name)
        if text in self._kinds:
            return self._kinds[text]
        # A name that nothing asks for is the likelier one to be meant.
        near = nearest(text, self._unused, count=1) or nearest(text, self._kinds, count=1)
        return self._kinds[near[0]] if near else ""


def _text(name: str) -> str:
    return ".".join(part if part is not None else "#" for part in kind_of(name))
