"""Edits of what Gemma 4 adds to attention and layers; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_HEADS: _Edits = {
    "values not normalised": ('if block.value_norm and "v" in parts', "if False"),
    "values after the keys' norm": (
        'rms_norm(emit, parts["v"], "", block.norm_eps, axis="e")',
        'rms_norm(emit, parts["k"], "", block.norm_eps, axis="e")',
    ),
    "norm of values over the heads": (
        'rms_norm(emit, parts["v"], "", block.norm_eps, axis="e")',
        'rms_norm(emit, parts["v"], "", block.norm_eps, axis="k")',
    ),
    "values from the queries": (
        'rows["v"] = rows["k"] if block.k_eq_v',
        'rows["v"] = rows["q"] if False else rows["k"] + rows["k"] if block.k_eq_v',
    ),
    "slots exchanged": (
        'k, v = emit.named(f"{block.kv_from}.key"), emit.named(f"{block.kv_from}.value")',
        'v, k = emit.named(f"{block.kv_from}.key"), emit.named(f"{block.kv_from}.value")',
    ),
}

_PER_LAYER: _Edits = {
    "projection not scaled": (' * x.size("d") ** -0.5', ""),
    "tokens not scaled": ("tokens * self.size**0.5", "tokens"),
    "sum not scaled": ("(rows + tokens) * 2.0**-0.5", "rows + tokens"),
    "tokens left out": ("(rows + tokens) *", "(rows + rows) *"),
    "input of the first layer": ('"l", self.layer)', '"l", 0)'),
    "gate not activated": ("activate(self.activation, gate) * own", "gate * own"),
}

_SCALE: _Edits = {
    "factor added": (
        "x * ops.convert(factor, x.dtype)",
        "x + ops.convert(factor, x.dtype)",
    ),
}

GEMMA: tuple[tuple[str, str, _Edits], ...] = (
    ("gemma4.py", "blocks/heads.py", _HEADS),
    ("gemma4.py", "blocks/per_layer.py", _PER_LAYER),
    ("gemma4.py", "blocks/layer_scale.py", _SCALE),
)
"""Golden, file, edits."""
