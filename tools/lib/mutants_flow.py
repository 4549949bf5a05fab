"""Edits of streams, of what a decode step binds, of taps and of the scan; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_STREAMS: _Edits = {
    "value of the store negated": (
        "emit.set_named(stream_slot(self.stream), x)",
        "emit.set_named(stream_slot(self.stream), -x)",
    ),
    "flow goes on without the load": (
        "return emit.named(stream_slot(self.stream))",
        "return required(x, self)",
    ),
    "streams exchanged": (
        "for slot, value in zip(slots, pair, strict=True):",
        "for slot, value in zip(slots[::-1], pair, strict=True):",
    ),
    "second stream read twice": (
        "self.change(emit, emit.named(slots[0]), emit.named(slots[1]))",
        "self.change(emit, emit.named(slots[1]), emit.named(slots[1]))",
    ),
    "closure gets them the other way": ("self.fn(emit, a, b)", "self.fn(emit, b, a)"),
    "value replaced by a stream": (
        "            emit.set_named(slot, cast(Value, value))\n        return x",
        "            emit.set_named(slot, cast(Value, value))\n        return cast(Value, pair[0])",
    ),
}

_BINDINGS: _Edits = {
    "keys bound as values": (
        'names = (("k", "key"), ("v", "value"))',
        'names = (("v", "key"), ("k", "value"))',
    ),
    "sine for cosine": (
        "self._rope_row(emit, name) if self.rope_inputs",
        'self._rope_row(emit, "sin") if self.rope_inputs',
    ),
    "mask turned round": ('ops.compare(mask, "NE", 0)', 'ops.compare(mask, "EQ", 0)'),
    "one row for every batch row": (
        'if row.size("b") == 1 else row',
        "if True else row",
    ),
    "constants exchanged": (
        '(("cos", self.cos), ("sin", self.sin))',
        '(("cos", self.sin), ("sin", self.cos))',
    ),
}

_PAST: _Edits = {
    "past behind the step": (
        'ops.concatenate(pair, "t") for pair in zip(past, (k, v), strict=True)',
        'ops.concatenate(pair, "t") for pair in zip((k, v), past, strict=True)',
    ),
    "past keys as values": (
        'return (f"{self.past_slot}.key", f"{self.past_slot}.value")',
        'return (f"{self.past_slot}.value", f"{self.past_slot}.key")',
    ),
    "keys exported as values": (
        'for name, rows in (("key", k), ("value", v)):',
        'for name, rows in (("value", k), ("key", v)):',
    ),
}

_TAP: _Edits = {
    "keys not turned": ('if name == "key":', 'if name == "none":'),
    "values turned": ('if name == "key":', 'if name == "value":'),
    "projection of the value itself": (
        'linear(emit, normed, key, out=("d", heads and heads * size))',
        'linear(emit, x, key, out=("d", heads and heads * size))',
    ),
    "norm without its offset": (
        "rms_norm(emit, x, norm, self.eps, self.norm_offset)",
        "rms_norm(emit, x, norm, self.eps)",
    ),
}

_SCAN: _Edits = {
    "queries not divided": (
        'ops.rename(parts["q"], h="k") * self.state_size**-0.5',
        'ops.rename(parts["q"], h="k")',
    ),
    "keys divided as well": (
        'k=ops.rename(parts["k"], h="k")',
        'k=ops.rename(parts["k"], h="k") * self.state_size**-0.5',
    ),
    "beta decays": (
        'decay=ops.split(parts["g"], "h", k=heads, g=1)',
        'decay=ops.split(parts["beta"], "h", k=heads, g=1)',
    ),
    "state never replaced": (
        'emit.set_state(self.state_key, ops.merge(state, "k g", "h"))',
        "pass",
    ),
}

_BIAS: _Edits = {
    "heads dealt out in turn": (
        'ops.split(bias, "h", k=self.num_key_value_heads, g=self.share)',
        'ops.split(bias, "h", g=self.share, k=self.num_key_value_heads)',
    ),
    "bias forgotten": ('"bias": bias,', '"bias": None,'),
}

_JOINED: _Edits = {
    "heads not joined in their order": (
        'return ops.rename(joined, o="d")',
        'return ops.reverse(ops.rename(joined, o="d"), "d")',
    ),
}

_BIAS_INPUT: _Edits = {
    "queries and keys exchanged": ('given.axes, "bhts"', 'given.axes, "bhst"'),
    "bias negated": (
        'emit.set_named(ATTN_BIAS, ops.convert(bias, "f32"))',
        'emit.set_named(ATTN_BIAS, -ops.convert(bias, "f32"))',
    ),
}

FLOW: tuple[tuple[str, str, _Edits], ...] = (
    ("streams.py", "blocks/streams.py", _STREAMS),
    ("decode_inputs.py", "blocks/decode_bindings.py", _BINDINGS),
    ("decode_inputs.py", "blocks/attention.py", _PAST),
    ("kv_tap.py", "blocks/kv_tap.py", _TAP),
    ("gdn_scan.py", "blocks/gdn_scan.py", _SCAN),
    ("attn_bias.py", "blocks/attention.py", _BIAS),
    ("attn_bias.py", "blocks/mask.py", _BIAS_INPUT),
    ("attn_bias.py", "blocks/heads.py", _JOINED),
)
"""Golden, file, edits."""
