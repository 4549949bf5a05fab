"""Changes that are the same in many layers, as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.difference.change import Change

_LAYER = re.compile(r"(?:^|(?<=[/.]))([A-Za-z_]\w*\.)(\d+)(?=/|$)")


@dataclass(frozen=True)
class Folded:
    """A change, and where it is: one path, or `layers.{0..15}/norm` for several.

    Attributes:
        change: The first one.
        path: Of all.
        details: With `{i}` for the number of the layer if there are several.
        paths: Of each.
    """

    change: Change
    path: str
    details: tuple[str, ...]
    paths: tuple[str, ...]


def fold(changes: Sequence[Change]) -> list[Folded]:
    """Returns the changes in order; those that differ in the number of the layer only are one."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        number = _number(change.path)
        key = tuple(
            _general(text, number) for text in (change.path, change.before, *change.details)
        )
        groups.setdefault((change.kind, change.block, key), []).append(change)
    return [_folded(group) for group in groups.values()]


def _number(path: str) -> tuple[str, int] | None:
    """Returns `layers.` and 3 for a path with a stage `layers.3` in it; None if there is none."""
    found = _LAYER.search(path)
    return (found[1], int(found[2])) if found else None


def _general(text: str, number: tuple[str, int] | None) -> str:
    """Returns a text in which the layer is `{i}`, the one before it `{i-1}`, the next `{i+1}`."""
    if number is None:
        return text
    prefix, i = number
    for offset, sign in ((0, ""), (-1, "-1"), (1, "+1")):
        pattern = rf"(?<!\w){re.escape(prefix)}{i + offset}(?!\d)"
        text = re.sub(pattern, f"{prefix}{{i{sign}}}", text)
    return text


def _folded(group: Sequence[Change]) -> Folded:
    first, paths = group[0], tuple(change.path for change in group)
    number = _number(first.path)
    if len(group) == 1 or number is None:
        return Folded(first, first.path, first.details, paths)
    numbers = [found[1] for path in paths if (found := _number(path))]
    path = _general(first.path, number).replace("{i}", f"{{{ranges(numbers)}}}", 1)
    details = tuple(_general(text, number) for text in first.details)
    return Folded(first, path, details, paths)


def ranges(numbers: Sequence[int]) -> str:
    """Returns `0..3,5` for 0, 1, 2, 3, 5."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}..{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
