"""Edits of the blocks of speech models; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_CONV: _Edits = {
    "padded on one side": (
        'ops.pad(x, "t", self.padding, self.padding)',
        'ops.pad(x, "t", 2 * self.padding, 0)',
    ),
    "stride ignored": ("j + last + 1, self.stride)", "j + last + 1)"),
    "taps backwards": (
        "for j in range(self.kernel_size)",
        "for j in reversed(range(self.kernel_size))",
    ),
    "bias left out": ("y + ops.convert(bias, y.dtype)", "y"),
    "activation ignored": ("return activate(self.activation, y)", "return y"),
}

_CROSS: _Edits = {
    "values by the weight of keys": (
        "v = project(emit, states, self, self.value_key, width)",
        "v = project(emit, states, self, self.key_key, width)",
    ),
    "keys with the bias of all": (
        "self.key_key, width, self.key_bias)",
        "self.key_key, width)",
    ),
    "keys and values swapped": ("attend(q, k.rows, v.rows", "attend(q, v.rows, k.rows"),
    "scale without root": ("self.head_dim**-0.5 if", "self.head_dim**-1.0 if"),
    "scale fixed": (
        "self.head_dim**-0.5 if self.scale is None else self.scale",
        "self.head_dim**-0.5",
    ),
    "cache not filled": ('if self.phase == "prefill":', 'if self.phase == "never":'),
    "values where keys belong": (
        "for rows in (k, v)]",
        "for rows in (v, k)]",
    ),
}

SPEECH: tuple[tuple[str, str, _Edits], ...] = (
    ("conv1d.py", "blocks/conv1d.py", _CONV),
    ("cross_attention.py", "blocks/cross_attention.py", _CROSS),
)
"""Golden, file, edits."""
