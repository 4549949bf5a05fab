"""The places where two runs of a module are compared, in program order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rlxflow.bisect.units import OUTPUTS, Sizes, Wiring

APART = ("<", ">")
"""Endings of labels that only the first or only the second module has."""


class Point(NamedTuple):
    """Values that are compared together.

    Attributes:
        path: Of the piece that makes them, or whose inputs they are.
        kind: `stage` or `operation` for what a piece makes; `before` for what operations between
            stages make for a stage, or for the results of `main` where the path is `:outputs`.
        labels: Of the values.
        sizes: Of each.
    """

    path: str
    kind: str
    labels: tuple[str, ...]
    sizes: tuple[Sizes, ...]

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in self.sizes)

    @property
    def title(self) -> str:
        if self.path == OUTPUTS:
            return "(results)"
        return f"(inputs of {self.path})" if self.kind == "before" else self.path

    @property
    def key(self) -> tuple[str, str]:
        return self.path, self.kind


def points_of(wiring: Wiring, paths: Sequence[str], kind: str) -> list[Point]:
    """Returns the points of a module at the pieces with these paths.

    Args:
        wiring: Of the module.
        paths: Of pieces, in the order of the text.
        kind: `stage` or `operation`.
    """
    return [*_points(wiring, paths, kind)]


def result_of(wiring: Wiring, labels: Sequence[str]) -> Point | None:
    """Returns the point of those results of `main` that have these labels; None for none."""
    kept = tuple(dict.fromkeys(label for label in labels if label))
    sizes = tuple(wiring.sizes[label] for label in kept)
    return Point(OUTPUTS, "before", kept, sizes) if kept else None


def _points(wiring: Wiring, paths: Sequence[str], kind: str) -> Iterator[Point]:
    for path in [*paths, OUTPUTS]:
        made = [label for label in wiring.results.get(path, []) if label]
        for name, labels in (("before", _compared(wiring, path)), (kind, made)):
            sizes = tuple(wiring.sizes[label] for label in labels)
            if labels:
                yield Point(path, name, tuple(labels), sizes)


def _compared(wiring: Wiring, path: str) -> list[str]:
    return [label for label in wiring.inputs_of(path) if not label.endswith(APART)]


def agree(first: Wiring, second: Wiring) -> list[str]:
    """Makes equal labels of two modules mean the same; returns the paths that both have.

    A piece is in both if its results have equal shapes. Where operands differ in number or shape,
    what is made for the piece between stages is not compared. Where they come from elsewhere, they
    are compared by value, as if each module made them for this piece alone.
    """
    common = [path for path in first.results if _alike(first, second, path, "results")]
    for path in [*common, OUTPUTS]:
        if _alike(first, second, path, "operands"):
            _compare_by_value(first, second, path)
        else:
            _keep_apart(first, path, APART[0])
            _keep_apart(second, path, APART[1])
    _forget_missing(first, common)
    _forget_missing(second, common)
    return common


def _compare_by_value(first: Wiring, second: Wiring, path: str) -> None:
    pairs = zip(first.operands[path], second.operands[path], strict=True)
    for i, (ours, theirs) in enumerate(pairs):
        if ours != theirs and ours and theirs:
            label = f":{i}" if path == OUTPUTS else f"{path}:in{i}"
            for one, old in ((first, ours), (second, theirs)):
                one.sizes[label] = one.sizes[old]
                one.operands[path][i] = label


def _keep_apart(wiring: Wiring, path: str, mark: str) -> None:
    """Gives what is made for a piece a label that the other module does not have."""
    for label in wiring.inputs_of(path):
        wiring.sizes[label + mark] = wiring.sizes[label]
        for labels in wiring.operands.values():
            labels[:] = [label + mark if one == label else one for one in labels]


def _forget_missing(wiring: Wiring, common: Sequence[str]) -> None:
    """Leaves pieces alone that the other module lacks."""
    for path in wiring.results:
        if path not in common:
            wiring.results[path] = ["" for _ in wiring.results[path]]
            wiring.operands[path] = ["" for _ in wiring.operands[path]]


def _alike(first: Wiring, second: Wiring, path: str, side: str) -> bool:
    ours, theirs = (getattr(one, side).get(path) for one in (first, second))
    if ours is None or theirs is None or len(ours) != len(theirs):
        return False
    shapes = [
        [one.sizes[label].shape if label else None for label in labels]
        for one, labels in ((first, ours), (second, theirs))
    ]
    return shapes[0] == shapes[1]
