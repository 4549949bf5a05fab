"""Edits of the blocks of text encoders; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_BIAS: _Edits = {
    "sides swapped": ("half * (distances > 0)", "half * (distances < 0)"),
    "distance 0 behind": ("half * (distances > 0)", "half * (distances >= 0)"),
    "no limit": ("half - 1)\n", "half + 1)\n"),
    "exact buckets doubled": ("exact = half // 2", "exact = half"),
    "max_distance ignored": ("math.log(max_distance / exact)", "math.log(16.0 / exact)"),
    "query minus key": ("key - query + (size - 1)", "query - key + (size - 1)"),
    "one row off": ("key - query + (size - 1)", "key - query + size"),
    "rows of the table ignored": ("self.rows or self.num_buckets", "self.num_buckets"),
    "heads last": ('"h t s"', '"t s h"'),
}

_COUNTED: _Edits = {
    "pads counted": ('ops.compare(x, "NE", self.pad_id)', 'ops.compare(x, "GE", self.pad_id)'),
    "counted from 0": ("* real + self.pad_id", "* real"),
    "pads count on": ('over="t") * real +', 'over="t") +'),
    "counted over rows": ('cumulative_sum(real, over="t")', 'cumulative_sum(real, over="b")'),
}

ENCODERS: tuple[tuple[str, str, _Edits], ...] = (
    ("relative_bias.py", "blocks/relative_bias.py", _BIAS),
    ("counted_positions.py", "blocks/counted_positions.py", _COUNTED),
)
"""Golden, file, edits."""
