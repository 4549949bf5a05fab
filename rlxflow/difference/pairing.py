"""Which operation of one block is which of the other."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher

from rlxflow.difference.keys import Keys
from rlxflow.difference.numbering import Numbering, body_number
from rlxflow.ir.region import STAGE, is_stage, string_of

Key = Callable[[Numbering, int], Hashable]
Pairs = dict[int, int]
"""Places in the first block to places in the second."""


def pair(keys: Keys, first: Numbering, second: Numbering) -> Pairs:
    """Returns the pairs of operations that are the same, or that became each other.

    First those that compute the same from the same, in whatever order they stand. Of the others
    stages of one name, then those whose kind, attributes and known operands agree, then those of
    equal kind and attributes, at last those of equal kind, then of equal type, in one gap between
    others.
    """
    pairs: Pairs = {}
    known = {*first.whole} & {*second.whole}
    stable = {*first.values.values()} & {*second.values.values()}

    def look(side: Numbering, i: int) -> Hashable:
        taken = [side.values.get(value, -1) for value in side.ops[i].operands]
        return side.own[i], tuple([one if one in stable else -1 for one in taken])

    def whole(side: Numbering, i: int) -> Hashable:
        return side.whole[i] if side.whole[i] in known else (id(side), i)

    def name(side: Numbering, i: int) -> Hashable:
        op = side.ops[i]
        return (STAGE, string_of(op, "name")) if is_stage(op) else (id(side), i)

    def body(side: Numbering, i: int) -> Hashable:
        op = side.ops[i]
        return body_number(keys, op, second=side is second) if is_stage(op) else (id(side), i)

    for key in (whole, name, body):
        _pair_any(pairs, first, second, key)
    _pair_in_order(pairs, first, second, look)
    _pair_any(pairs, first, second, look)
    _pair_in_order(pairs, first, second, lambda side, i: side.own[i])
    for kind in (_kind, _types):
        _pair_in_gaps(pairs, first, second, kind)
    return pairs


def _pair_in_gaps(pairs: Pairs, first: Numbering, second: Numbering, kind: Key) -> None:
    """Adds pairs of equal kinds that stand behind the same pair."""
    gaps = _gaps(pairs, first, second)

    def key(side: Numbering, i: int) -> Hashable:
        return kind(side, i), gaps[side is second][i]

    _pair_in_order(pairs, first, second, key)


def _kind(side: Numbering, i: int) -> Hashable:
    op = side.ops[i]
    return (op.name, string_of(op, "block"), _types(side, i)) if is_stage(op) else op.name


def _types(side: Numbering, i: int) -> Hashable:
    op = side.ops[i]
    return is_stage(op), tuple([result.type for result in op.results])


def _gaps(pairs: Pairs, first: Numbering, second: Numbering) -> tuple[list[int], list[int]]:
    """Returns for each operation of both blocks the last one before it that has a partner."""
    partner = {j: i for i, j in pairs.items()}
    found: tuple[list[int], list[int]] = [], []
    for gaps, side, known in (
        (found[0], first, {i: i for i in pairs}),
        (found[1], second, partner),
    ):
        last = -1
        for place in range(len(side.ops)):
            last = known.get(place, last)
            gaps.append(last)
    return found


def _left(pairs: Pairs, first: Numbering, second: Numbering) -> tuple[list[int], list[int]]:
    taken = {*pairs.values()}
    ours = [i for i in range(len(first.ops)) if i not in pairs]
    return ours, [j for j in range(len(second.ops)) if j not in taken]


def _pair_any(pairs: Pairs, first: Numbering, second: Numbering, key: Key) -> None:
    """Adds pairs of equal keys, wherever they stand."""
    ours, theirs = _left(pairs, first, second)
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for j in theirs:
        waiting[key(second, j)].append(j)
    for i in ours:
        if found := waiting.get(key(first, i)):
            pairs[i] = found.popleft()


def _pair_in_order(pairs: Pairs, first: Numbering, second: Numbering, key: Key) -> None:
    """Adds pairs of equal keys as far as both blocks have them in the same order."""
    ours, theirs = _left(pairs, first, second)
    keys = [key(first, i) for i in ours], [key(second, j) for j in theirs]
    for i, j, count in matching(*keys):
        pairs |= zip(ours[i : i + count], theirs[j : j + count], strict=True)


def matching(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Returns the runs that two sequences have in common: both places, and how long it is."""
    begin, end, least = 0, 0, min(len(ours), len(theirs))
    while begin < least and ours[begin] == theirs[begin]:
        begin += 1
    while end < least - begin and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    middle = ours[begin : len(ours) - end], theirs[begin : len(theirs) - end]
    found = SequenceMatcher(None, *middle, autojunk=False).get_matching_blocks()
    runs = [(0, 0, begin), *((begin + m.a, begin + m.b, m.size) for m in found)]
    return [*runs, (len(ours) - end, len(theirs) - end, end)]
