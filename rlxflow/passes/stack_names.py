"""One name for many: `layers.0.key`, `layers.1.key`, `layers.2.key` -> `layers.{0..2}.key`."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LEAST = 3  # numbers in a row before `..` says more than a list


def joined(names: Sequence[str]) -> str:
    """Returns one text for names in order; names that differ elsewhere than in numbers are listed.

    `{0..15}` stands for all from 0 to 15, `{0..10:2}` for every second, `{0,2,3}` for those.
    """
    split = [re.split(r"(\d+)", name) for name in names]
    if len({len(pieces) for pieces in split}) > 1:
        return _listed(names)
    columns = list(zip(*split, strict=True))
    if any(len(set(column)) > 1 for column in columns[::2]):
        return _listed(names)
    return "".join(c[0] if len(set(c)) == 1 else _numbers(c) for c in columns)


def _numbers(texts: Sequence[str]) -> str:
    numbers = [int(text) for text in texts]
    step = numbers[1] - numbers[0]
    even = numbers == [numbers[0] + step * i for i in range(len(numbers))]
    if not even or step < 1 or len(numbers) < _LEAST or [str(n) for n in numbers] != list(texts):
        return _listed(texts)
    return f"{{{texts[0]}..{texts[-1]}{f':{step}' if step > 1 else ''}}}"


def _listed(names: Sequence[str]) -> str:
    return "{" + ",".join(names) + "}"


def common_name(names: Sequence[str]) -> str:
    """Returns what the names of layers have in common: `layers` for `layers.0`, `layers.1`."""
    first = re.sub(r"[._-]*\d+$", "", names[0])
    return first if first and all(name.startswith(first) for name in names) else "layers"
