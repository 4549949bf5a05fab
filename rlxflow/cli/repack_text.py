"""What `rlxflow repack` prints of the weights that it quantised."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from rlxflow.runtime.repack import Repacked
from rlxflow.weights.kinds import fold, group, kind_of
from rlxflow.weights.quant_error import QuantError


def errors_text(weights: Sequence[Repacked]) -> str:
    """Returns a line a stage."""
    groups: dict[str, list[Repacked]] = defaultdict(list)
    for each in weights:
        groups[each.stage].append(each)
    rows = [["stage", "weights", "formats", "relative", "largest", "MB"]]
    for stage, members in groups.items():
        formats = ", ".join(dict.fromkeys(each.format for each in members))
        errors = [each.error for each in members if each.error is not None]
        total = QuantError.total(errors)
        numbers = [f"{total.relative:.2e}", f"{total.largest:.2e}"] if errors else ["as stored", ""]
        size = sum(each.nbytes for each in members) / 1e6
        rows.append([stage, f"{len(members)}", formats, *numbers, f"{size:.1f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def errors_json(weights: Sequence[Repacked]) -> str:
    """Returns an object a weight."""
    return json.dumps([*map(_row, weights)], indent=2) + "\n"


def left_lines(left: Mapping[str, str]) -> list[str]:
    """Returns a line a kind of weight and reason."""
    kinds = group(left.items(), lambda item: (kind_of(item[0]), item[1]))
    return [f"{fold([name for name, _ in kind])} ({kind[0][1]})" for kind in kinds]


def _row(weight: Repacked) -> dict[str, object]:
    error = weight.error
    return {
        "stage": weight.stage,
        "name": weight.name,
        "format": weight.format,
        "stored": error is None,
        "relative": error.relative if error else None,
        "largest": error.largest if error else None,
        "nbytes": weight.nbytes,
    }
