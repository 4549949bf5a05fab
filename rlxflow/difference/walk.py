"""Walks through two modules side by side and notes what is different, stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rlxflow.difference.change import Change, attribute_changes, attributes_of
from rlxflow.difference.keys import Keys
from rlxflow.difference.naming import Names, line, name_results
from rlxflow.difference.numbering import Numbering, Values
from rlxflow.difference.pairing import pair
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import is_stage, string_of
from rlxflow.ir.summary import type_text


class Side(NamedTuple):
    """One of two blocks: its numbers and names, and which values are weights."""

    block: ir.Block
    values: Values
    names: Names
    weights: set[ir.Value]


class Lone(NamedTuple):
    """A stage that only one module has at its place."""

    path: str
    op: ir.Operation


class Walk:
    """One comparison; `changes` are in the order of the text.

    Attributes:
        keys: The numbers of what the modules are made of.
        changes: What is different, but for `removed` and `added`.
        removed: Stages that only the first module has, with their paths.
        added: Stages that only the second module has.
    """

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.changes: list[Change] = []
        self.removed: list[Lone] = []
        self.added: list[Lone] = []

    def body(self, path: str, ours: Side, theirs: Side) -> list[str]:
        """Notes what differs in the stages of two blocks; returns lines for their operations."""
        first = Numbering(self.keys, ours.block, ours.values, second=False)
        second = Numbering(self.keys, theirs.block, theirs.values, second=True)
        pairs = pair(self.keys, first, second)
        for i, j in pairs.items():
            for old, new in zip(first.ops[i].results, second.ops[j].results, strict=False):
                second.values[new] = first.values[old]
        _name(first, second, pairs, ours, theirs)
        lines = list[str]()
        partner = {j: i for i, j in pairs.items()}
        later = iter(range(len(second.ops)))
        for i, op in enumerate(first.ops):
            j = pairs.get(i)
            if j is None:
                lines += self._lone(self.removed, path, op, ours.names, "- ")
                continue
            for k in later:
                if k not in partner:
                    lines += self._lone(self.added, path, second.ops[k], theirs.names, "+ ")
                if k >= j:
                    break
            if first.whole[i] != second.whole[j] or is_stage(op):
                lines += self._pair(path, (first, i, ours), (second, j, theirs))
        for k in later:
            if k not in partner:
                lines += self._lone(self.added, path, second.ops[k], theirs.names, "+ ")
        return [*lines, *_end(first, second, ours, theirs)]

    def _lone(
        self, found: list[Lone], path: str, op: ir.Operation, names: Names, sign: str
    ) -> list[str]:
        if is_stage(op):
            found.append(Lone(joined(path, string_of(op, "name")), op))
            return []
        return [sign + line(op, names)]

    def _pair(
        self, path: str, ours: tuple[Numbering, int, Side], theirs: tuple[Numbering, int, Side]
    ) -> list[str]:
        """Notes what differs between two operations that are one; returns lines for them."""
        (first, i, left), (second, j, right) = ours, theirs
        old, new = first.ops[i], second.ops[j]
        taken = [
            [s.values.get(v, -1) for v in op.operands] for s, op in ((first, old), (second, new))
        ]
        both = [f"- {line(old, left.names)}", f"+ {line(new, right.names)}"]
        if is_stage(old):
            place = len(self.changes)
            change = self._stage(path, (old, left), (new, right), taken)
            if change is not None:
                self.changes.insert(place, change)
            return [] if sorted(taken[0]) == sorted(taken[1]) else both
        if first.own[i] != second.own[j] or taken[0] != taken[1]:
            return both
        return self._regions(path, (old, left), (new, right))

    def _regions(
        self, path: str, ours: tuple[ir.Operation, Side], theirs: tuple[ir.Operation, Side]
    ) -> list[str]:
        """Returns what differs inside two operations that are equal but for that."""
        (old, left), (new, right) = ours, theirs
        lines: list[str] = []
        for one, other in zip(old.regions, new.regions, strict=True):
            for a, b in zip(one.blocks, other.blocks, strict=False):
                inner, outer = _nested(left, a), _nested(right, b)
                for x, y in zip(a.arguments, b.arguments, strict=False):
                    number = self.keys.fresh()
                    inner.values[x] = outer.values[y] = number
                    inner.names[x] = outer.names[y] = f"%in.{x.arg_number}"
                lines += self.body(path, inner, outer)
        title = line(old, left.names).partition("(")[0]
        return [f"{text[:2]}in {title}: {text[2:]}" for text in lines]

    def _stage(
        self,
        path: str,
        ours: tuple[ir.Operation, Side],
        theirs: tuple[ir.Operation, Side],
        taken: Sequence[Sequence[int]],
    ) -> Change | None:
        """Returns what differs between a stage and what became of it; notes what is inside."""
        (old, left), (new, right) = ours, theirs
        own = attributes_of(old, "name"), attributes_of(new, "name")
        sides = tuple(Side(op.regions[0].blocks[0], {}, {}, set[ir.Value]()) for op in (old, new))
        details = [*attribute_changes(*own)]
        details += self._inputs((old, left, sides[0]), (new, right, sides[1]), taken)
        results = [[type_text(r.type) for r in op.results] for op in (old, new)]
        if results[0] != results[1]:
            details.append(f"results: {', '.join(results[0])} -> {', '.join(results[1])}")
        before, after = (joined(path, string_of(op, "name")) for op in (old, new))
        details += self.body(after, *sides)
        if not details and before == after:
            return None
        kind = "changed" if before == after else "renamed"
        was = "" if before == after else before
        return Change(kind, after, string_of(new, "block"), was, tuple(details))

    def _inputs(
        self,
        ours: tuple[ir.Operation, Side, Side],
        theirs: tuple[ir.Operation, Side, Side],
        taken: Sequence[Sequence[int]],
    ) -> Iterator[str]:
        """Numbers and names the arguments of a stage on both sides; yields what differs."""
        (old, left, a), (new, right, b) = ours, theirs
        for op, outer, inner in ((old, left, a), (new, right, b)):
            for i, (value, argument) in enumerate(
                zip(op.operands, inner.block.arguments, strict=True)
            ):
                inner.values[argument] = self.keys.fresh()
                inner.names[argument] = f"%in.{i}"
                if value in outer.weights:
                    inner.weights.add(argument)
                    inner.names[argument] = outer.names[value]
        matched = paired_inputs(taken)
        for i, j in matched:
            x, y = a.block.arguments[i], b.block.arguments[j]
            b.values[y], b.names[y] = a.values[x], a.names[x]
            if x.type != y.type:
                yield f"input {i}: {type_text(x.type)} -> {type_text(y.type)}"
        for sign, op, outer, k in (("- ", old, left, 0), ("+ ", new, right, 1)):
            known = {places[k] for places in matched}
            for i, value in enumerate(op.operands):
                if i not in known:
                    name = outer.names.get(value, "%?")
                    yield f"{sign}input {i}, {name} : {type_text(value.type)}"


def _name(
    first: Numbering, second: Numbering, pairs: Mapping[int, int], ours: Side, theirs: Side
) -> None:
    """Names values alike that became each other."""
    used: Counter[str] = Counter()
    name_results(first, range(len(first.ops)), ours.names, used)
    for i, j in pairs.items():
        for k, new in enumerate(second.ops[j].results):
            known = list(first.ops[i].results)[k : k + 1]
            theirs.names[new] = ours.names[known[0]] if known else f"%{second.ops[j].name}#{k}"
    taken = {*pairs.values()}
    rest = [j for j in range(len(second.ops)) if j not in taken]
    name_results(second, rest, theirs.names, used)


def paired_inputs(taken: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Returns which input of a stage became which: those of equal numbers, then others in order."""
    ours, theirs = taken
    free = [*range(len(theirs))]
    found: list[tuple[int, int]] = []
    for i, number in enumerate(ours):
        same = [j for j in free if theirs[j] == number]
        if same:
            j = i if i in same else same[0]
            free.remove(j)
            found.append((i, j))
    known = {i for i, _ in found}
    rest = [i for i in range(len(ours)) if i not in known]
    return sorted([*found, *zip(rest, free, strict=False)])


def joined(path: str, name: str) -> str:
    """Returns the path of a stage: that of `main` is left out."""
    return name if path == "main" else f"{path}/{name}"


def _nested(side: Side, block: ir.Block) -> Side:
    return Side(block, dict(side.values), dict(side.names), side.weights)


def _end(first: Numbering, second: Numbering, ours: Side, theirs: Side) -> list[str]:
    """Returns lines for what two blocks give, if that differs."""
    if first.result() == second.result():
        return []
    given = [side.end.operands if side.end else () for side in (first, second)]
    texts = (
        ", ".join(side.names.get(value, "%?") for value in values)
        for side, values in zip((ours, theirs), given, strict=True)
    )
    return [f"{sign} gives {text or 'nothing'}" for sign, text in zip("-+", texts, strict=True)]
