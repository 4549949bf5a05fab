"""Edits of the package that the golden tests of blocks must notice, and some that they must not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lib.mutants_decoders import DECODERS
from lib.mutants_diffusion import DIFFUSION
from lib.mutants_encoders import ENCODERS
from lib.mutants_flow import FLOW
from lib.mutants_gemma import GEMMA
from lib.mutants_speech import SPEECH
from lib.mutants_vision import VISION


@dataclass(frozen=True)
class Mutant:
    """One edit of a file: `old` occurs in it once and is replaced by `new`.

    Attributes:
        name: `golden/what is wrong`.
        file: Below `rlxflow`.
        old: Text as it is.
        new: Text instead.
        golden: The test below `test/emit` that must fail, or all of them if empty.
        harmless: Whether the tests must stay green instead.
    """

    name: str
    file: str
    old: str
    new: str
    golden: str = ""
    harmless: bool = False


HARMLESS = (
    Mutant(
        "harmless/dead operation first",
        "ir/mlir_base.py",
        '        label = "/".join(',
        "        if not scope.operations:\n"
        '            unused, zero = self.tensor((13,), "i8"), {"iota_dimension": i64(0)}\n'
        "            ir.Operation.create(\n"
        '                "stablehlo.iota", [unused], [], zero, ip=scope.insertion_point\n'
        "            )\n"
        '        label = "/".join(',
        harmless=True,
    ),
    Mutant(
        "harmless/other labels",
        "ir/mlir_base.py",
        '"/".join(scope.labels) or name.partition(".")[2]',
        '"z".join(["renamed", *scope.labels])',
        harmless=True,
    ),
)

_Edits = Mapping[str, tuple[str, str]]

_NORM: _Edits = {
    "sum instead of mean": (
        "centred = wide - ops.mean(wide, over=axis)",
        "centred = wide - ops.sum(wide, over=axis)",
    ),
    "mean over the tokens": (
        "centred = wide - ops.mean(wide, over=axis)",
        'centred = wide - ops.mean(wide, over="t")',
    ),
    "mean minus value": (
        "centred = wide - ops.mean(wide, over=axis)",
        "centred = ops.mean(wide, over=axis) - wide",
    ),
    "variance of what was not centred": (
        "ops.mean(centred * centred, over=axis)",
        "ops.mean(wide * wide, over=axis)",
    ),
    "eps multiplied": ("variance + checked_eps(eps)", "variance * checked_eps(eps)"),
    "root instead of its inverse": ("ops.rsqrt(variance + ", "ops.sqrt(variance + "),
    "weight added": (
        "scaled = normed * ops.convert(emit.param(weight_key",
        "scaled = normed + ops.convert(emit.param(weight_key",
    ),
    "weight left out": ("scaled = normed * ops.convert(", "scaled = normed + 0.0 * ops.convert("),
    "bias subtracted": ("scaled = scaled + ops.convert(", "scaled = scaled - ops.convert("),
    "result stays f32": ("return ops.convert(scaled, x.dtype)", "return scaled"),
}

_LINEAR: _Edits = {
    "bias subtracted": ("y = y + _as(bias, y.dtype)", "y = y - _as(bias, y.dtype)"),
    "bias twice": ("y = y + _as(bias, y.dtype)", "y = y + 2.0 * _as(bias, y.dtype)"),
    "bias left out": (
        'self.bias_key,\n            out=("d", self.out_features),\n            transposed',
        '"",\n            out=("d", self.out_features),\n            transposed',
    ),
    "rows and columns swapped": ("if transposed else axes", "if not transposed else axes"),
    "value negated": ("y = ops.dot(x, _as(", "y = ops.dot(-x, _as("),
    "weight rounded on the way": (
        "return ops.convert(weight, dtype)",
        'return ops.convert(ops.convert(weight, "f16"), dtype)',
    ),
}

_EMBEDDING: _Edits = {
    "columns instead of rows": (
        'ops.take(table, required(x, self), axis="v")',
        'ops.take(table, required(x, self), axis="d")',
    ),
    "rows doubled": (
        'axis="n")\n        return ops.convert(rows, emit.compute_dtype)',
        'axis="n") * 2.0\n        return ops.convert(rows, emit.compute_dtype)',
    ),
    "rows subtracted": (
        "return x + ops.convert(rows, x.dtype)",
        "return x - ops.convert(rows, x.dtype)",
    ),
    "rows multiplied": (
        "return x + ops.convert(rows, x.dtype)",
        "return x * ops.convert(rows, x.dtype)",
    ),
    "value dropped": (
        "return x + ops.convert(rows, x.dtype)",
        "return ops.convert(rows, x.dtype)",
    ),
    "offset left out": ("self.offset, self.offset + length)", "0, length)"),
    "offset plus one": (
        "self.offset, self.offset + length)",
        "self.offset + 1, self.offset + length + 1)",
    ),
    "last rows": (
        "self.offset, self.offset + length)",
        "self.positions - length, self.positions)",
    ),
    "positions multiplied": (
        "return x + ops.convert(ops.rename(rows",
        "return x * ops.convert(ops.rename(rows",
    ),
}

_ACTIVATION: _Edits = {
    "gelu without its half": ("x * 0.5 * (ops.erf(", "x * (ops.erf("),
    "gelu stretched": ("math.sqrt(0.5)", "math.sqrt(2.0)"),
    "gelu minus one": (
        "(ops.erf(x * math.sqrt(0.5)) + 1.0)",
        "(ops.erf(x * math.sqrt(0.5)) - 1.0)",
    ),
    "gelu by tanh": ('"gelu": gelu,', '"gelu": gelu_tanh,'),
    "another cubic factor": ("x * x * x * 0.044715", "x * x * x * 0.44715"),
    "square instead of cube": ("x * x * x * 0.044715", "x * x * 0.044715"),
    "root of 2 over pi without root": ("math.sqrt(2.0 / math.pi)", "2.0 / math.pi"),
    "quick gelu as silu": ("1.702)", "1.0)"),
    "relu upside down": ("ops.maximum(x, 0.0)", "ops.minimum(x, 0.0)"),
    "silu without its value": (
        'sigmoid(x)`."""\n    return x * ops.logistic(x)',
        'sigmoid(x)`."""\n    return ops.logistic(x)',
    ),
    "not in f32": ('function(ops.convert(x, "f32"))', "function(x)"),
}

_MLP: _Edits = {
    "gate and up swapped": (
        "self._activate(emit, gate) * wide",
        "self._activate(emit, wide) * gate",
    ),
    "gate as it is": ("self._activate(emit, gate) * wide", "gate * wide"),
    "gate added": ("self._activate(emit, gate) * wide", "self._activate(emit, gate) + wide"),
    "gate by the weight of up": (
        "return self._linear(emit, x, self.gate_key",
        "return self._linear(emit, x, self.up_key",
    ),
    "no activation": ("wide = self._activate(emit, wide)", "wide = wide * 1.0"),
    "activated twice": (
        "wide = self._activate(emit, wide)",
        "wide = self._activate(emit, self._activate(emit, wide))",
    ),
    "bias left out": ('bias = f"{key}.bias" if self.bias else ""', 'bias = ""'),
}

_ATTEND: _Edits = {
    "scale left out": (
        "scores = scores * scale\n",
        "scores = scores\n",
    ),
    "scale divides": (
        "scores = scores * scale\n",
        "scores = scores / scale\n",
    ),
    "scores not in f32": (
        'ops.dot(q, k, over="e", dtype="f32")',
        'ops.convert(ops.dot(q, k, over="e"), "f32")',
    ),
    "softcap upside down": (
        "ops.tanh(scores / softcap) * softcap",
        "ops.tanh(scores * softcap) / softcap",
    ),
    "softcap after the mask": (
        'weights = ops.softmax(scores, over="s")',
        'scores = ops.tanh(scores / 50.0) * 50.0\n    weights = ops.softmax(scores, over="s")',
    ),
    "mask inverted": ('with_dtype("i1")), scores, lowest)', 'with_dtype("i1")), lowest, scores)'),
    "infinite mask": ("float(np.finfo(np.float32).min)", 'float("-inf")'),
    "softmax over the queries": ('ops.softmax(scores, over="s")', 'ops.softmax(scores, over="t")'),
    "softmax left out": ('ops.softmax(scores, over="s")', "scores"),
}

_HEADS: _Edits = {
    "query heads dealt out in turn": (
        "    norms = {",
        '    own = {"g": block.share, "k": block.num_key_value_heads, "e": block.head_dim}\n'
        '    dealt = ops.transpose(ops.split(rows["q"], "o", **own), "b t k g e")\n'
        '    rows["q"] = ops.merge(dealt, "k g e", "o")\n    norms = {',
    ),
    "values by the weight of keys": (
        "project(emit, x, block, block.value_key, kv)",
        "project(emit, x, block, block.key_key, kv)",
    ),
    "bias left out": (
        'bias = f"{key}{dot}bias" if (block.bias if own is None else own) else ""',
        'bias = ""',
    ),
    "heads joined in another order": (
        'joined = ops.merge(mixed, "k g e", "o")',
        'joined = ops.merge(ops.transpose(mixed, "b t g k e"), "g k e", "o")',
    ),
    "output bias left out": ('f"{block.output_key}.bias" if has_bias else ""', '""'),
}

_ATTENTION: _Edits = {
    "keys and values swapped": (
        'ops.rename(heads.k, t="s"),\n            ops.rename(heads.v, t="s")',
        'ops.rename(heads.v, t="s"),\n            ops.rename(heads.k, t="s")',
    ),
    "padding ignored": ("emit.named(ATTN_MASK) if self.padding else None", "None"),
    "scale without root": ("self.head_dim**-0.5 if", "self.head_dim**-1.0 if"),
    "scale fixed": ("if self.scale is None else self.scale", "if self.scale else 1.0"),
    "softcap ignored": (
        '"softcap": self.softcap',
        '"softcap": None',
    ),
    "window ignored": (
        '"window": self.window',
        '"window": None',
    ),
    "causality ignored": (
        "causal=self.causal,\n            span",
        "causal=False,\n            span",
    ),
}

_SOFTMAX: _Edits = {
    "largest score not subtracted": (
        "ew.exponential(wide - max_(wide, over))",
        "ew.exponential(wide)",
    ),
    "divided by the largest": ("exps / sum_(exps, over)", "exps / max_(exps, over)"),
}

_MASK: _Edits = {
    "own key hidden": ('ops.compare(distance, "GE", 0)', 'ops.compare(distance, "GT", 0)'),
    "future instead of past": ('ops.compare(distance, "GE", 0)', 'ops.compare(distance, "LE", 0)'),
    "window off by one": ('"LT", window)', '"LE", window)'),
    "window on one side only": ("distance if causal else ops.abs(distance)", "distance"),
    "causal or window": ("ops.logical_and(visible, near)", "ops.logical_or(visible, near)"),
    "first query at position 0": ("+ (keys - queries)", "+ 0"),
    "rows and columns swapped": (
        "ops.expand(rows, grid) - ops.expand(",
        "-ops.expand(rows, grid) + ops.expand(",
    ),
    "one mask or the other": (
        "return ops.logical_and(*_joined(a, b))",
        "return ops.logical_or(*_joined(a, b))",
    ),
    "pads kept": ('ops.compare(given, "NE", 0)', 'ops.compare(given, "EQ", 0)'),
    "ones are zeros": ("emit.constant(True,", "emit.constant(False,"),
}

_POOL: _Edits = {
    "pads summed": ("ops.sum(wide * weights, over=", "ops.sum(wide, over="),
    "pads counted": (
        'total / ops.maximum(ops.sum(weights, over="t"), 1e-9)',
        "total / float(wide.size('t'))",
    ),
    "sum of the count and the floor": (
        'ops.maximum(ops.sum(weights, over="t"), 1e-9)',
        '(ops.sum(weights, over="t") + 1e-9)',
    ),
    "first instead of last": (
        'last = ops.max(ops.select(keep, position, -1), over="t")',
        'last = ops.min(ops.select(keep, position, -1), over="t")',
    ),
    "last in spite of pads": (
        'last = ops.max(ops.select(keep, position, -1), over="t")',
        'last = ops.max(position, over="t")',
    ),
    "zeros where pads are": ('lowest = float("-inf")', "lowest = 0.0"),
    "smallest instead of largest": ("return ops.max(\n", "return ops.min(\n"),
    "second token": ('return ops.pick(wide, "t", 0)', 'return ops.pick(wide, "t", 1)'),
    "second token in its dtype": (
        'return ops.pick(x, "t", 0)',
        'return ops.pick(x, "t", 1)',
    ),
    "another floor": ('over="d", floor=self.floor)', 'over="d")'),
}

_LENGTH: _Edits = {
    "length without root": (
        "norm = ew.sqrt(sum_(ew.multiply(x, x), over))",
        "norm = sum_(ew.multiply(x, x), over)",
    ),
    "floor added": ("x / ew.maximum(norm, floor)", "x / (norm + floor)"),
}

_HEAD: _Edits = {
    "pooler of the second token": ('first = ops.pick(x, "t", 0)', 'first = ops.pick(x, "t", 1)'),
    "pooler without tanh": ("return activate(self.activation, y)", "return y"),
    "pooler with another activation": (
        'activation: str = "tanh"',
        'activation: str = "silu"',
    ),
    "scores of the value before the norm": (
        "y = layer_norm(emit, y, self.norm_key",
        "layer_norm(emit, y, self.norm_key",
    ),
    "no activation": ("y = activate(self.activation, y)", "y = y * 1.0"),
    "activation after the norm": (
        "        decoder = LmHead(\n",
        "        y = activate(self.activation, y)\n        decoder = LmHead(\n",
    ),
    "another eps": (
        "self.norm_bias_key, self.eps, size)",
        "self.norm_bias_key, self.eps * 0.5, size)",
    ),
    "table stored twice": (
        "weight_key=self.decoder_key",
        'weight_key=f"{self.dense_key}.decoder.weight"',
    ),
    "bias left out": (
        "bias_key=self.bias_key, vocab_size",
        'bias_key="", vocab_size',
    ),
    "scores not in f32": (
        'over="d", dtype="f32")\n        if self.bias_key',
        'over="d")\n        scores = ops.convert(scores, "f32")\n        if self.bias_key',
    ),
}

_RESIDUAL: _Edits = {
    "subtracted": (
        "required(x, self) + emit.take_residual()",
        "required(x, self) - emit.take_residual()",
    ),
    "multiplied": (
        "required(x, self) + emit.take_residual()",
        "required(x, self) * emit.take_residual()",
    ),
    "taken and forgotten": (
        "return required(x, self) + emit.take_residual()",
        "emit.take_residual()\n        return required(x, self)",
    ),
    "value added to itself": (
        "required(x, self) + emit.take_residual()",
        "required(x, self) + (emit.take_residual(), required(x, self))[1]",
    ),
    "negated on saving": ("emit.save_residual(x)", "emit.save_residual(-x)"),
}

_STACK: _Edits = {"saved first, taken first": ("self.residuals.pop()", "self.residuals.pop(0)")}

_CHAIN: _Edits = {
    "flow goes on with the branch": ("        return before", "        return x"),
    "stages in reverse": (
        "for stage in self.stages:\n            x =",
        "for stage in reversed(self.stages):\n            x =",
    ),
    "every stage on the first value": (
        "x = emit.run(stage.name, stage.block, x, stage.mode)",
        "x = emit.run(stage.name, stage.block, before, stage.mode)",
    ),
    "mode forgotten": (
        "x = emit.run(stage.name, stage.block, x, stage.mode)",
        "x = emit.run(stage.name, stage.block, x)",
    ),
    "value from before published": (
        "emit.publish_side_output(self.output, x)",
        "emit.publish_side_output(self.output, x if before is None else before)",
    ),
}

_OUTPUTS: _Edits = {
    "outputs named in another order": (
        "names = (names[0], *side_outputs)",
        "names = (names[0], *reversed(side_outputs))",
    ),
}

_TABLE: tuple[tuple[str, str, _Edits], ...] = (
    ("norm.py", "blocks/norm.py", _NORM),
    ("linear.py", "blocks/linear.py", _LINEAR),
    ("embedding.py", "blocks/embedding.py", _EMBEDDING),
    ("activation.py", "blocks/activation.py", _ACTIVATION),
    ("mlp.py", "blocks/mlp.py", _MLP),
    ("attention.py", "blocks/attention_core.py", _ATTEND),
    ("attention.py", "blocks/heads.py", _HEADS),
    ("attention.py", "blocks/attention.py", _ATTENTION),
    ("attention.py", "ir/contracting.py", _SOFTMAX),
    ("mask.py", "blocks/mask.py", _MASK),
    ("pool.py", "blocks/pool.py", _POOL),
    ("pool.py", "ir/contracting.py", _LENGTH),
    ("head.py", "blocks/head.py", _HEAD),
    ("residual.py", "blocks/residual.py", _RESIDUAL),
    ("residual.py", "flow/emitter.py", _STACK),
    ("chain.py", "blocks/chain.py", _CHAIN),
    ("chain.py", "flow/build.py", _OUTPUTS),
    *DECODERS,
    *GEMMA,
    *ENCODERS,
    *DIFFUSION,
    *FLOW,
    *SPEECH,
    *VISION,
)


def mutants() -> Iterator[Mutant]:
    """Yields the edits of the table, then the harmless ones."""
    for golden, file, edits in _TABLE:
        for what, (old, new) in edits.items():
            yield Mutant(f"{golden.removesuffix('.py')}/{what}", file, old, new, golden)
    yield from HARMLESS
