"""Edits of the blocks of diffusion models; see `mutants.py`."""

from __future__ import annotations

from collections.abc import Mapping

_Edits = Mapping[str, tuple[str, str]]

_CONDITIONING: _Edits = {
    "sines first": (
        "[ops.cosine(angles), ops.sine(angles)]",
        "[ops.sine(angles), ops.cosine(angles)]",
    ),
    "scale left out": ('ops.convert(number, "f32") * self.scale', 'ops.convert(number, "f32")'),
    "silu after the second product": (
        'if layer == "linear_1" else x',
        'if layer == "linear_2" else x',
    ),
    "only the first part": ("for part in parts[1:]:", "for part in parts[2:]:"),
    "parts multiplied": ("total = total + part", "total = total * part"),
    "bias left out": ('f"{key}.{layer}.bias" if self.bias else ""', '""'),
}

_MODULATION: _Edits = {
    "silu left out": (
        'told = activate("silu", emit.named(self.source))',
        "told = emit.named(self.source)",
    ),
    "scale without one": ("(by + 1.0) + plus", "by + plus"),
    "shift before scale": (
        "standardize(x, eps) * (by + 1.0) + plus",
        "(standardize(x, eps) + plus) * (by + 1.0)",
    ),
    "shift and scale swapped": ("for at in (scale, shift))", "for at in (shift, scale))"),
    "branch from the first vector": (
        "modulate(x, vectors, self.at, self.at + 1, self.eps)",
        "modulate(x, vectors, 0, 1, self.eps)",
    ),
    "norm left out": ("ops.convert(standardize(x, eps)", 'ops.convert(ops.convert(x, "f32")'),
    "gate of the shift": (
        "gated_add(x, made, vectors, self.at + 2)",
        "gated_add(x, made, vectors, self.at)",
    ),
    "residual left out": ("return x + branch *", "return branch *"),
    "residual of the norm": (
        "gated_add(x, made, vectors, self.at + 2)",
        "gated_add(normed, made, vectors, self.at + 2)",
    ),
}

_AXES: _Edits = {
    "inputs in another order": ("for name in self.inputs]", "for name in reversed(self.inputs)]"),
    "axes in another order": (
        "for axis, dim in enumerate(self.dims)",
        "for axis, dim in [*enumerate(self.dims)][::-1]",
    ),
    "fine angles left out of the cosine": (
        "cos * more_cos - sin * more_sin",
        "cos",
    ),
    "cosine of the difference": (
        "cos * more_cos - sin * more_sin",
        "cos * more_cos + sin * more_sin",
    ),
    "sine of the difference": (
        "sin * more_cos + cos * more_sin",
        "sin * more_cos - cos * more_sin",
    ),
    "frequencies of all axes alike": (
        "own = emit.constant_array(frequencies[start : start + dim // 2]",
        "own = emit.constant_array(frequencies[: dim // 2] * 0.5",
    ),
    "twice the exponent": ("np.float64) / dim)", "np.float64) * 2 / dim)"),
}

_JOINT: _Edits = {
    "streams in another order": (
        "pairs = ((b, self.other, self.slots[1]), (a, self.own, self.slots[0]))",
        "pairs = ((a, self.own, self.slots[0]), (b, self.other, self.slots[1]))",
    ),
    "second stream from the start": ('start += x.size("t")', "start += 0"),
    "gate of the scale": ("emit.named(slot), 2)", "emit.named(slot), 1)"),
    "shift and scale swapped": (
        "emit.named(slot), 0, 1, self.eps)",
        "emit.named(slot), 1, 0, self.eps)",
    ),
    "results swapped": ("return made[1], made[0]", "return made[1], made[1]"),
    "keys where values belong": (
        'attend(q, ops.rename(k, t="s"), ops.rename(v, t="s")',
        'attend(q, ops.rename(k, t="s"), ops.rename(k, t="s")',
    ),
    "residual left out": (
        "made.append(gated_add(x, branch",
        "made.append(gated_add(branch, branch",
    ),
}

_PARALLEL: _Edits = {
    "feed-forward first": ('[mixed, wide], "d")', '[wide, mixed], "d")'),
    "activation left out": (
        "wide = activate(self.activation, wide)",
        "wide = wide",
    ),
    "attention of nothing else": (
        'emit.run("attn", self.attention, x)',
        'emit.run("attn", self.attention, -x)',
    ),
    "gate after the value": (
        "q, k, v, gate, up = (",
        "q, k, v, up, gate = (",
    ),
    "keys before queries": ("q, k, v, gate, up = (", "k, q, v, gate, up = ("),
    "gate added": ("activate(self.activation, gate) * up", "activate(self.activation, gate) + up"),
    "scale without root": (
        "own.head_dim**-0.5 if own.scale is None",
        "own.head_dim**-1.0 if own.scale is None",
    ),
}

_SPANS: _Edits = {
    "streams in another order": (
        "for name in self.streams]",
        "for name in reversed(self.streams)]",
    ),
    "last tokens left out": (
        'ops.slice(x, "t", self.count, tokens)',
        'ops.slice(x, "t", 0, tokens - self.count)',
    ),
}

_GUIDANCE: _Edits = {
    "the other way": (
        "in (self.positive, self.negative)",
        "in (self.negative, self.positive)",
    ),
    "from the positive": (
        "ops.convert(start + way,",
        'ops.convert(ops.convert(positive, "f32") + way,',
    ),
    "scale divides": ("way * self.scale", "way / self.scale"),
    "scale of rows added": (
        'way * ops.convert(emit.flow_input(self.input), "f32")',
        'way + ops.convert(emit.flow_input(self.input), "f32")',
    ),
}

DIFFUSION: tuple[tuple[str, str, _Edits], ...] = (
    ("conditioning.py", "blocks/conditioning.py", _CONDITIONING),
    ("modulation.py", "blocks/modulation.py", _MODULATION),
    ("axes_rope.py", "blocks/axes_rope.py", _AXES),
    ("joint_attention.py", "blocks/joint_attention.py", _JOINT),
    ("parallel_attention.py", "blocks/parallel_attention.py", _PARALLEL),
    ("token_spans.py", "blocks/token_spans.py", _SPANS),
    ("guidance.py", "blocks/guidance.py", _GUIDANCE),
)
"""Golden, file, edits."""
