"""What is different, as text for people, as a summary, and as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rlxflow.difference.change import KINDS
from rlxflow.difference.fold import Folded

COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m", "": "\x1b[1m"}
RESET = "\x1b[0m"


def text(first: str, second: str, found: Sequence[Folded], *, colour: bool) -> str:
    """Returns every change with its details; nothing if there is none."""
    if not found:
        return ""
    lines = [f"--- {first}", f"+++ {second}"]
    for one in found:
        lines += ["", _title(one), *(f"  {line}" for line in one.details)]
    return "".join(f"{_painted(line) if colour else line}\n" for line in lines)


def stat(found: Sequence[Folded]) -> str:
    """Returns one line for each change, and how many there are of each kind."""
    counts = Counter(one.change.kind for one in found for _ in one.paths)
    rows = [(_title(one), _counts(one)) for one in found]
    width = max((len(title) for title, _ in rows), default=0)
    lines = [f"{title.ljust(width)}  {count}".rstrip() for title, count in rows]
    total = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    return "".join(f"{line}\n" for line in [*lines, total or "nothing differs"])


def to_dict(found: Sequence[Folded]) -> Mapping[str, object]:
    """Returns the same as plain data, one entry for changes that are alike."""
    return {
        "equal": not found,
        "changes": [
            {
                "kind": one.change.kind,
                "path": one.path,
                "paths": list(one.paths),
                "block": one.change.block,
                "before": one.change.before,
                "details": list(one.details),
            }
            for one in found
        ],
    }


def _title(one: Folded) -> str:
    change = one.change
    block = f" ({change.block})" if change.block else ""
    was = f"{change.before} -> " if change.before and len(one.paths) == 1 else ""
    many = f": the same in {len(one.paths)} stages" if len(one.paths) > 1 else ""
    return f"{change.kind} {was}{one.path}{block}{many}"


def _counts(one: Folded) -> str:
    signs = Counter(line[0] if line[:2] in ("- ", "+ ") else "~" for line in one.details)
    return " ".join(f"{sign}{signs[sign]}" for sign in "+-~" if signs[sign])


def _painted(line: str) -> str:
    sign = line.strip()[:1]
    if line.startswith(tuple(KINDS)):
        sign = ""
    return f"{COLOURS[sign]}{line}{RESET}" if sign in COLOURS and line else line
