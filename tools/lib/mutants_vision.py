"""Edits of the blocks of vision encoders; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_PATCHES: _Edits = {
    "pixels stay as they come": (
        "pixels = ops.convert(emit.flow_input(self.input), emit.compute_dtype)",
        "pixels = emit.flow_input(self.input)",
    ),
    "patches cut across": (
        'y", r=rows, p=tall)',
        'y", p=tall, r=rows)',
    ),
    "columns first": (
        'ops.merge(ops.dot(cut, weight, over="c p q"), "r s", "t")',
        'ops.merge(ops.transpose(ops.dot(cut, weight, over="c p q"), "b s r d"), "s r", "t")',
    ),
    "last pixels kept": (
        "return ops.slice(pixels, axis, 0, count) if",
        "return ops.slice(pixels, axis, pixels.size(axis) - count, pixels.size(axis)) if",
    ),
    "bias subtracted": (
        "return tokens + ops.convert(bias, tokens.dtype)",
        "return tokens - ops.convert(bias, tokens.dtype)",
    ),
    "no bias": ("if not self.bias_key:", "if True:"),
    "flat patches stay as they come": (
        "patches = ops.convert(emit.flow_input(self.input), emit.compute_dtype)",
        "patches = emit.flow_input(self.input)",
    ),
    "flat patches without a bias": (
        'f"{self.prefix}.weight", f"{self.prefix}.bias"',
        'f"{self.prefix}.weight", ""',
    ),
    "tokens after the others": ("parts.insert(0, ops.slice", "parts.append(ops.slice"),
    "one token too few before": ("0, self.at))", "0, self.at - 1))"),
    "the tokens before again": (
        'self.at, x.size("t")) if self.at else x',
        'x.size("t") - self.at, x.size("t")) if self.at else x',
    ),
}

_RESIZE: _Edits = {
    "corners aligned": (
        "(np.arange(target) + 0.5) * (source / target) - 0.5",
        "np.arange(target) * (source / target)",
    ),
    "taps one too far": (".astype(np.int64) - 1", ".astype(np.int64)"),
    "a of the smooth cubic": ("cubic(x, -0.75)", "cubic(x, -0.5)"),
    "a of the sharp cubic": ("cubic(x, -0.5)", "cubic(x, -0.75)"),
    "edges count as nothing": (
        "np.clip(taps, 0, source - 1)), kernel(places[:, None] - taps))",
        "np.clip(taps, 0, source - 1)), "
        "kernel(places[:, None] - taps) * ((taps >= 0) & (taps < source)))",
    ),
    "kernel not widened": ("/ max(ratio, 1.0)", "/ 1.0"),
    "sum not 1": ("return matrix / matrix.sum(axis=1, keepdims=True)", "return matrix"),
}

_POSITIONS: _Edits = {
    "positions subtracted": (
        "return x + ops.convert(table, x.dtype)",
        "return x - ops.convert(table, x.dtype)",
    ),
    "class token resized too": (
        'ops.slice(table, "t", self.prefix, count))',
        'ops.slice(table, "t", 0, count - self.prefix))',
    ),
    "result lies across": ('ops.transpose(grid, "r s d"), "r s"', 'grid, "s r"'),
    "class token last": ("[*before, patches]", "[patches, *before]"),
    "rows and columns swapped": (
        'ops.pick(shapes, "n", 0), ops.pick(shapes, "n", 1)',
        'ops.pick(shapes, "n", 1), ops.pick(shapes, "n", 0)',
    ),
    "pads go on counting": (
        'ops.select(ops.compare(token, "LT", tall * wide), token, 0)',
        'ops.select(ops.compare(token, "LT", tall * wide), token, token)',
    ),
    "first pad has a place": ('"LT", tall * wide', '"LE", tall * wide'),
    "rows counted by height": ("_weights(token / wide,", "_weights(token / tall,"),
    "columns by division": ("ops.remainder(token, wide)", "token / wide"),
    "ratio upside down": (
        'float(size) / ops.convert(count, "f32")',
        'ops.convert(count, "f32") / float(size)',
    ),
    "places at corners": ('(ops.convert(place, "f32") + 0.5)', '(ops.convert(place, "f32") + 0.0)'),
    "samples at corners": (
        'ops.convert(ops.iota(place, axis, size), "f32") + 0.5',
        'ops.convert(ops.iota(place, axis, size), "f32") + 0.0',
    ),
    "no antialiasing": ("/ ops.maximum(ratio, 1.0)", "/ 1.0"),
    "kernel of one side": ("1.0 - ops.abs(distance)", "1.0 - distance"),
    "kernel below 0": (
        "kernel = ops.maximum(1.0 - ops.abs(distance), 0.0)",
        "kernel = 1.0 - ops.abs(distance)",
    ),
    "weights not summed to 1": ("return kernel / ops.sum(kernel, over=axis)", "return kernel"),
}

_GRID_ROPE: _Edits = {
    "columns before rows": ('enumerate("ij")', 'reversed([*enumerate("ij")])'),
    "angles lie across": (
        'ops.merge(ops.concatenate(halves, "r"), "i j", "t")',
        'ops.merge(ops.transpose(ops.concatenate(halves, "r"), "j i r"), "j i", "t")',
    ),
    "tokens before forgotten": ("if self.prefix:", "if False:"),
    "tokens before come last": (
        'ops.pad(angles, "t", self.prefix, 0)',
        'ops.pad(angles, "t", 0, self.prefix)',
    ),
    "sine for cosine": ("ops.cosine(angles)", "ops.sine(angles)"),
    "bands of a half": ("np.float64) / bands)", "np.float64) / (2 * bands))"),
    "no step": ("self.step[at] * np.arange", "np.arange"),
    "no first angle": ("self.first[at] + self.step", "self.step"),
    "centres at edges": ("turn * (1 / grid[0] - 1)", "turn * (0 / grid[0] - 1)"),
    "half a turn": ("turn = 2 * np.pi", "turn = np.pi"),
    "scaled the wrong way": ("whole[1] / grid[1]", "grid[1] / whole[1]"),
}

_ATTENTION_POOL: _Edits = {
    "mask forgotten": ("emit.named(ATTN_MASK) if self.masked else None", "None"),
    "not scaled": ("scale=(size // heads) ** -0.5", "scale=1.0"),
    "keys and values swapped": ("attend(query, k, v,", "attend(query, v, k,"),
    "thirds in another order": ("self._third(emit, probe, 0)", "self._third(emit, probe, 2)"),
    "tokens for the probe": ("self._third(emit, x, 1)", "self._third(emit, x, 0)"),
    "bias of another third": (
        'ops.slice(bias, "o", *part)',
        'ops.slice(bias, "o", 0, size)',
    ),
    "values before keys": (
        'ops.slice(both, "o", 0, size), ops.slice(both, "o", size, 2 * size)',
        'ops.slice(both, "o", size, 2 * size), ops.slice(both, "o", 0, size)',
    ),
    "branch alone": ("pooled + branch", "branch"),
    "branch of the value before its norm": ("self.mlp, normed)", "self.mlp, pooled)"),
    "residual of the norm": ("pooled + branch", "normed + branch"),
    "eps forgotten": ("*norm, self.eps, size)", "*norm, 0.0, size)"),
}

_MATCH: _Edits = {
    "scale not raised": (
        "ops.exponential(self._number(emit, self.scale_key))",
        "self._number(emit, self.scale_key)",
    ),
    "bias subtracted": (
        "scores + self._number(emit, self.bias_key)",
        "scores - self._number(emit, self.bias_key)",
    ),
    "bias forgotten": ("if self.bias_key:", "if False:"),
    "product in the narrow type": (
        'image = ops.rename(ops.convert(required(x, self), "f32"), b="i")',
        'image = ops.convert(ops.rename(required(x, self), b="i"), "f32") * 1.0',
    ),
    "texts by texts": (
        'ops.transpose(scores, "b i")',
        'ops.rename(scores, i="b", b="i")',
    ),
    "last end token": (
        'ops.min(ops.select(largest, steps, ids.size("t"))',
        "ops.max(ops.select(largest, steps, 0)",
    ),
    "smallest id": ('ops.max(ids, over="t")', 'ops.min(ids, over="t")'),
    "all but the end token": ('ops.compare(ids, "EQ", self', 'ops.compare(ids, "NE", self'),
}

_PARTS: _Edits = {
    "scale added": ("return x * ops.convert(emit.param", "return x + ops.convert(emit.param"),
}

_SWIGLU: _Edits = {
    "gate on the other": ('up * activate("silu", gate)', 'gate * activate("silu", up)'),
    "gate not activated": ('up * activate("silu", gate)', "up * gate"),
    "no norm": (
        'linear(emit, normed, *self._keys("fc2")',
        'linear(emit, gated, *self._keys("fc2")',
    ),
    "eps forgotten": ("self.eps, up.size", "0.0, up.size"),
}

_POOLS: _Edits = {
    "registers in the mean": ('ops.slice(x, "t", 1 + self.skip', 'ops.slice(x, "t", 1'),
    "first token in the mean": (
        'ops.slice(x, "t", 1 + self.skip',
        'ops.slice(x, "t", self.skip',
    ),
    "mean before first": ('[ops.pick(x, "t", 0), mean]', '[mean, ops.pick(x, "t", 0)]'),
    "mean in the narrow type": (
        'ops.slice(x, "t", 1 + self.skip, x.size("t")), "f32")',
        'ops.slice(x, "t", 1 + self.skip, x.size("t")), x.dtype)',
    ),
    "last but one": ('ops.pick(x, "t", x.size("t") - 1)', 'ops.pick(x, "t", x.size("t") - 2)'),
}

VISION: tuple[tuple[str, str, _Edits], ...] = (
    ("patches.py", "blocks/patches.py", _PATCHES),
    ("image_positions.py", "resize.py", _RESIZE),
    ("image_positions.py", "blocks/image_positions.py", _POSITIONS),
    ("grid_rope.py", "blocks/grid_rope.py", _GRID_ROPE),
    ("attention_pool.py", "blocks/attention_pool.py", _ATTENTION_POOL),
    ("match.py", "blocks/match.py", _MATCH),
    ("vision_parts.py", "blocks/layer_scale.py", _PARTS),
    ("vision_parts.py", "blocks/swiglu_norm.py", _SWIGLU),
    ("vision_parts.py", "blocks/pool.py", _POOLS),
)
"""Golden, file, edits."""
