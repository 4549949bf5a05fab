"""Folds the names of many layers into one: `layers.0.q` and so on -> `layers.{0..11}.q`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

_MOST_RUNS = 8  # between one pair of braces
_MOST_DIGITS = 9
_LEAST_RANGE = 3  # numbers in a row before `..` is shorter than listing them


def kind_of(name: str) -> tuple[str | None, ...]:
    """Returns the components of a dotted name with None in place of every number."""
    return tuple(None if _is_number(part) else part for part in name.split("."))


def group(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Returns the items in lists of equal key, in the order in which each key came first."""
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def fold(names: Sequence[str]) -> str:
    """Returns one text for names of one kind.

    Each number shows all values that occur at its place: `{0..11}`, `{0,2,5}`. Of several numbers,
    not every combination need occur.
    """
    columns = zip(*(name.split(".") for name in names), strict=True)
    return ".".join(_column(list(dict.fromkeys(column))) for column in columns)


def _column(values: list[str]) -> str:
    if len(values) == 1:
        return values[0]
    runs: list[list[int]] = []
    for number in sorted(map(int, values)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [_run(run) for run in runs]
    if len(texts) > _MOST_RUNS:
        texts = [*texts[: _MOST_RUNS - 2], "...", texts[-1]]
    return "{" + ",".join(texts) + "}"


def _run(run: list[int]) -> str:
    return f"{run[0]}..{run[-1]}" if len(run) >= _LEAST_RANGE else ",".join(map(str, run))


def _is_number(part: str) -> bool:
    # Few digits keep int() cheap whatever a file holds; `007` would not survive the way back.
    short = part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS
    return short and str(int(part)) == part
