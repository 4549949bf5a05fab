"""Axes behind a reshape: which ones stay, which are parts of one, which are put together.

A result's axis that was put together of several is a `Joined` of them; one of several that were one
is a `Part`. Joining all parts again gives the axis back.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

Label = object  # an axis of the result as an int, SUMMED, a Part, a Joined
Axes = tuple[Label | None, ...]
SUMMED = -1


class Part(NamedTuple):
    """The i-th of the axes that an axis was split into, outermost first."""

    of: Label
    sizes: tuple[int, ...]
    i: int


class Joined(NamedTuple):
    """Several axes as one, the outermost first."""

    axes: tuple[Label, ...]
    sizes: tuple[int, ...]


def behind(result: Sequence[int], source: Sequence[int], axes: Axes) -> Axes | None:
    """Returns the axes of what was reshaped; None where sizes do not fall into groups.

    Axes of size 1 come and go; a sum over a part of an axis is not followed.
    """
    outer = [(axis, n) for axis, n in zip(axes, result, strict=True) if n != 1]
    inner = [n for n in source if n != 1]
    labels: list[Label] = []
    while outer and inner:
        left, right = [outer.pop(0)], [inner.pop(0)]
        while (above := prod(n for _, n in left)) != (below := prod(right)):
            rest = outer if above < below else inner
            if not rest:
                return None
            (left if above < below else right).append(rest.pop(0))  # pyright: ignore
        made = _group(tuple(left), tuple(right))
        if made is None:
            return None
        labels += made
    if outer or inner:
        return None
    rest_ = iter(labels)
    return tuple(None if n == 1 else next(rest_) for n in source)


def _group(outer: tuple[tuple[Label, int], ...], sizes: tuple[int, ...]) -> list[Label] | None:
    """Returns the labels of the axes that a group of the result's axes was."""
    axes = tuple(axis for axis, _ in outer)
    if len(outer) == len(sizes) == 1:
        return [axes[0]]
    if SUMMED in axes or None in axes:
        return None
    if len(outer) == 1:
        whole = axes[0]
        if isinstance(whole, Joined) and whole.sizes == sizes:
            return [*whole.axes]
        return [Part(whole, sizes, i) for i in range(len(sizes))]
    return [_joined(axes, tuple(n for _, n in outer))] if len(sizes) == 1 else None


def _joined(axes: tuple[Label, ...], sizes: tuple[int, ...]) -> Label:
    first = axes[0]
    if isinstance(first, Part) and axes == tuple(
        Part(first.of, sizes, i) for i in range(len(first.sizes))
    ):
        return first.of
    return Joined(axes, sizes)
