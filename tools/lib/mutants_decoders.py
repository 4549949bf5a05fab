"""Edits of the blocks of causal language models; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_RMS: _Edits = {
    "mean of the values": ("ops.mean(wide * wide, over=axis)", "ops.mean(wide, over=axis)"),
    "sum instead of mean": (
        "ops.mean(wide * wide, over=axis)",
        "ops.sum(wide * wide, over=axis)",
    ),
    "mean over the tokens": ("ops.mean(wide * wide, over=axis)", 'ops.mean(wide * wide, over="t")'),
    "eps multiplied": (
        "ops.mean(wide * wide, over=axis) + checked_eps(eps)",
        "ops.mean(wide * wide, over=axis) * checked_eps(eps)",
    ),
    "root instead of its inverse": (
        "ops.rsqrt(ops.mean(wide * wide",
        "ops.sqrt(ops.mean(wide * wide",
    ),
    "offset forgotten": ("weight + offset if offset else weight", "weight"),
    "offset subtracted": (
        "weight + offset if offset else weight",
        "weight - offset if offset else weight",
    ),
    "weight added": ("normed = normed * (weight", "normed = normed + (weight"),
    "result stays f32": ("return ops.convert(normed, x.dtype)", "return normed"),
}

_LM_HEAD: _Edits = {
    "summed in the narrow type": (
        'ops.dot(x, ops.convert(weight, x.dtype), over="d", dtype="f32")',
        'ops.convert(ops.dot(x, ops.convert(weight, x.dtype), over="d"), "f32")',
    ),
    "bias subtracted": (
        'scores = scores + ops.convert(bias, "f32")',
        'scores = scores - ops.convert(bias, "f32")',
    ),
    "divided by the scale": ("scores = scores * self.scale", "scores = scores / self.scale"),
    "never limited": ("return soft_limit(scores, self.softcap)", "return scores"),
    "limit not multiplied back": ("ops.tanh(x / cap) * cap", "ops.tanh(x / cap)"),
    "limit multiplied first": ("ops.tanh(x / cap) * cap", "ops.tanh(x * cap) * cap"),
}

_TOKENS: _Edits = {
    "positions pass the last token": (
        "ops.minimum(given, emit.named(LENGTHS) - 1)",
        "ops.minimum(given, emit.named(LENGTHS))",
    ),
    "positions from the last token on": (
        "ops.minimum(given, emit.named(LENGTHS) - 1)",
        "ops.maximum(given, emit.named(LENGTHS) - 1)",
    ),
    "positions count backwards": ("else steps + given", "else given - steps"),
    "first pad is a token": (
        'ops.compare(steps, "LT", emit.named(LENGTHS))',
        'ops.compare(steps, "LE", emit.named(LENGTHS))',
    ),
    "token behind the last": (
        "index - self.minus if self.minus else index",
        "index",
    ),
}

_ROPE: _Edits = {
    "turned the other way": ("x1 * cos - x2 * sin,", "x1 * cos + x2 * sin,"),
    "second half not turned": ("x2 * cos + x1 * sin", "x2 * cos + x2 * sin"),
    "halves exchanged": ("y1, y2 = x1", "y2, y1 = x1"),
    "other pairs": (
        'parts = {"r": half, "two": 2} if interleaved else {"two": 2, "r": half}',
        'parts = {"two": 2, "r": half} if interleaved else {"r": half, "two": 2}',
    ),
    "rest from the front": (
        'ops.slice(wide, "e", 2 * half, size)',
        'ops.slice(wide, "e", 0, size - 2 * half)',
    ),
    "sine for cosine": ("ops.cosine(angles) * attention", "ops.sine(angles) * attention"),
    "position one later": (
        'ops.expand(ops.convert(positions, "f32"), angles_type)',
        'ops.expand(ops.convert(positions, "f32") + 1.0, angles_type)',
    ),
    "angles divided": (
        "wide * ops.expand(frequencies, angles_type)",
        "wide / ops.expand(frequencies, angles_type)",
    ),
}

_FREQUENCIES: _Edits = {
    "exponents of the whole head": (
        "plain = rope.theta ** -(np.arange(0, rope.dim, 2, dtype=np.float64) / rope.dim)",
        "plain = rope.theta ** -(np.arange(0, rope.dim, 2, dtype=np.float64) / rope.head_dim)",
    ),
}

_CACHE: _Edits = {
    "first position hidden": ('ops.compare(held, "GE", 0)', 'ops.compare(held, "GT", 0)'),
    "own key hidden": ('ops.compare(held, "LE", query)', 'ops.compare(held, "LT", query)'),
    "later keys seen": ('ops.compare(held, "LE", query)', 'ops.compare(held, "GE", query)'),
    "window one wider": (
        'ops.compare(held + window, "GT", query)',
        'ops.compare(held + window, "GE", query)',
    ),
    "ring never turns": ("ops.remainder(behind + slots, slots)", "behind + slots"),
    "query counted from the first token": (
        'last = ops.pick(positions, "t", queries - 1)',
        'last = ops.pick(positions, "t", queries - 1) * 0',
    ),
    "slot is the position": ("places = ops.remainder(positions, slots)", "places = positions"),
    "all rows into the first": ('{"b": row, "s": place}', '{"s": place}'),
    "every row's first key": (
        'ops.slice(update, "b", row, row + 1)',
        'ops.slice(update, "b", 0, 1)',
    ),
    "first row's place": ('ops.pick(places, "b", row)', 'ops.pick(places, "b", 0)'),
    "prompt counted to its pads": (
        "ops.expand(lengths - 1, grid)",
        "ops.expand(lengths, grid)",
    ),
    "prompt's oldest tokens kept": (
        "source = ops.maximum(last - ops.remainder(last - slot + slots, slots), 0)",
        "source = ops.maximum(ops.remainder(last - slot + slots, slots), 0)",
    ),
}

_INT8: _Edits = {
    "largest of the numbers as they are": ("ops.max(ops.abs(x), over", "ops.max(x, over"),
    "cut instead of rounded": ("ops.round(x / largest", "ops.floor(x / largest"),
    "128 steps": ("LARGEST = 127", "LARGEST = 128"),
    "rows of zeros not caught": ('"GT", 0), ops', '"GE", 0), ops'),
    "infinite rows not caught": ('"LT", np.inf)', '"LE", np.inf)'),
    "scale not divided": ("largest * (1 / LARGEST))", "largest * 1.0)"),
}

_INT8_READ: _Edits = {
    "scales swapped": ("scores = scores * scales[0]", "scores = scores * scales[1]"),
    "scale of values forgotten": ("weights = weights * scales[1]", "weights = weights * 1.0"),
}

_CACHE_STAGE: _Edits = {
    "write not fenced": ('None, "fence")', 'None, "auto")'),
    "value where the key belongs": (
        "write_steps(before, (heads.k, heads.v)",
        "write_steps(before, (heads.v, heads.k)",
    ),
}

_MIXTURE: _Edits = {
    "shares not of 1": ('shares = shares / ops.sum(shares, over="choice")', "pass"),
    "experts in no stage": (
        'required(emit.run("experts", self._routed(routing), tokens), self)',
        "self._routed(routing).emit(emit, tokens)",
    ),
    "up where gate belongs": (
        "apart = ((self.gate_key, wide), (self.up_key, wide))",
        "apart = ((self.up_key, wide), (self.gate_key, wide))",
    ),
}

_FORMS: _Edits = {
    "up activated": (
        "return activate(self.activation, first), next(made)",
        "return activate(self.activation, next(made)), first",
    ),
    "form not said": ("    form: str\n", "    form: str = field(repr=False)\n"),
    "shares left out": (
        'return ops.sum(answers * routing.shares, over="choice")',
        'return ops.sum(answers, over="choice")',
    ),
    "every step the first token": (
        'ops.dynamic_slice(x, "t", step / choices, 1)',
        'ops.dynamic_slice(x, "t", step * 0, 1)',
    ),
}

DECODERS: tuple[tuple[str, str, _Edits], ...] = (
    ("rms_norm.py", "blocks/norm.py", _RMS),
    ("lm_head.py", "blocks/head.py", _LM_HEAD),
    ("tokens.py", "blocks/tokens.py", _TOKENS),
    ("rope.py", "blocks/rope.py", _ROPE),
    ("rope.py", "blocks/rope_frequencies.py", _FREQUENCIES),
    ("kv_cache.py", "blocks/kv_cache.py", _CACHE),
    ("kv_cache.py", "blocks/attention.py", _CACHE_STAGE),
    ("int8_cache.py", "blocks/kv_cache.py", _INT8),
    ("int8_cache.py", "blocks/attention_core.py", _INT8_READ),
    ("moe.py", "blocks/moe.py", _MIXTURE),
    ("moe.py", "blocks/moe_forms.py", _FORMS),
)
"""Golden, file, edits."""
