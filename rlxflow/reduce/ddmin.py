"""Delta debugging over a list: a part of it from which nothing can be taken any more.

Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def ddmin(items: Sequence[T], interesting: Callable[[list[T]], bool]) -> list[T]:
    """Returns an interesting part of the items, in order, that is not without any one of them.

    Args:
        items: Interesting as a whole; that is not tested again.
        interesting: Whether a part is; called with parts of at least one item, each only once.
    """
    seen: set[tuple[T, ...]] = set()

    def test(part: list[T]) -> bool:
        key = tuple(part)
        if not part or key in seen:
            return False
        seen.add(key)
        return interesting(part)

    kept, pieces = list(items), 2
    while len(kept) >= 2:
        chunks = _split(kept, min(pieces, len(kept)))
        smaller = next((chunk for chunk in chunks if test(chunk)), None)
        if smaller is not None:
            kept, pieces = smaller, 2
            continue
        rests = ([x for other in chunks if other is not chunk for x in other] for chunk in chunks)
        rest = next((part for part in rests if len(chunks) > 2 and test(part)), None)
        if rest is not None:
            kept, pieces = rest, max(len(chunks) - 1, 2)
        elif len(chunks) == len(kept):
            break
        else:
            pieces = 2 * len(chunks)
    return kept


def _split(items: list[T], count: int) -> list[list[T]]:
    """Returns the items in `count` runs of nearly equal length, none of them empty."""
    borders = [len(items) * i // count for i in range(count + 1)]
    return [items[a:b] for a, b in pairwise(borders)]
