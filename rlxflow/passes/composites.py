"""Composites that other compilers know, for stages that they can take as a whole.

    odml          LiteRT and its converters
    tenstorrent   tt-mlir, fed by tt-xla

Theirs have other names and attributes than ours, and fix operands and layouts, so a stage gets
their name only if its operands are those, in that order and layout. All others stay `rlx.<block>`.

    rms_norm, offset 0   odml.rms_norm {epsilon} (x, weight)
                         tenstorrent.rms_norm {normalized_shape, epsilon} (x, weight)
    layer_norm           tenstorrent.layer_norm {normalized_shape, epsilon} (x, weight, bias)
    gelu, gelu_tanh      aten.gelu.default {approximate = "none" | "tanh"} (x), which LiteRT reads
                         tenstorrent.gelu (x), tenstorrent.gelu_tanh {approximate = "tanh"} (x)
    attention            odml.scaled_dot_product_attention {scale, logit_cap} (q, k, v, mask),
                         q [b, t, h, e], k and v [b, s, h, e]
                         tenstorrent.scaled_dot_product_attention {is_causal, scale} likewise,
                         q [b, h, t, e], k and v [b, h, s, e]; the mask may be missing

A mask there is added to the scores, so an attention that selects by booleans has no counterpart.
One without a mask has none in odml, which takes it for causal, and one with a softcap none in
tenstorrent. odml has no layer norm: `odml.group_norm` with one group norms all axes but the first.

Source: ai-edge-torch (now litert-torch), `generative/layers/normalization.py` and
`scaled_dot_product_attention.py`; tensorflow, `compiler/mlir/lite/stablehlo/transforms/
composite_lowering_patterns.td`; tt-mlir, `lib/Conversion/StableHLOToTTIR/
StableHLOLegalizeCompositePass.cpp`; tt-xla, `tt_torch/composite_ops.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from rlxflow.ir.attributes import from_attribute
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import StageRegion

CONSUMERS = ("rlx", "odml", "tenstorrent")


class Composite(NamedTuple):
    """The name and the attributes of a composite."""

    name: str
    attributes: dict[str, ir.Attribute]


def counterpart(consumer: str, stage: StageRegion) -> Composite | None:
    """Returns the composite that a consumer reads for a stage, or None if it knows none."""
    make = _MAKERS.get((consumer, stage.block))
    params = stage.op.attributes.get("params")
    numbers = from_attribute(params) if isinstance(params, ir.DictAttr) else {}
    assert isinstance(numbers, dict)
    return make(stage.op, numbers) if make and len(stage.op.results) == 1 else None


Numbers = Mapping[str, object]


def _rms_norm(op: ir.Operation, numbers: Numbers) -> Composite | None:
    if numbers.get("offset") or not _is_norm(op, numbers, 2):
        return None
    return Composite("odml.rms_norm", {"epsilon": _f32(numbers["eps"])})


def _tt_norm(op: ir.Operation, numbers: Numbers) -> Composite | None:
    found = {2: "rms_norm"} if "offset" in numbers else {2: "layer_norm", 3: "layer_norm"}
    count = len(op.operands)
    if numbers.get("offset") or count not in found or not _is_norm(op, numbers, count):
        return None
    shape = ir.Attribute.parse(f"dense<{_shape(op.operands[0])[-1]}> : tensor<1xi64>")
    entries = {"normalized_shape": shape, "epsilon": _f32(numbers["eps"])}
    return Composite(f"tenstorrent.{found[count]}", entries)


def _is_norm(op: ir.Operation, numbers: Numbers, operands: int) -> bool:
    """Tells whether a stage takes x, then vectors of its last size, and gives what is like x."""
    types = [_shape(value) for value in op.operands]
    x = types[0] if types else ()
    vectors = all(each == x[-1:] for each in types[1:])
    return "eps" in numbers and len(types) == operands and vectors and x == _shape(op.results[0])


def _gelu(op: ir.Operation, tanh: bool, name: str) -> Composite | None:
    if len(op.operands) != 1:
        return None
    if name == "aten.gelu.default":
        how = ir.StringAttr.get("tanh" if tanh else "none")
        return Composite(name, {"approximate": how})
    return Composite(name, {"approximate": ir.StringAttr.get("tanh")} if tanh else {})


def _odml_attention(op: ir.Operation, numbers: Numbers) -> Composite | None:
    if not _is_attention(op, numbers, "bthe,bshe,bshe->bthe") or len(op.operands) < _WITH_MASK:
        return None
    entries = {"scale": _f32(numbers["scale"])}
    if "softcap" in numbers:
        entries["logit_cap"] = _f32(numbers["softcap"])
    return Composite("odml.scaled_dot_product_attention", entries)


def _tt_attention(op: ir.Operation, numbers: Numbers) -> Composite | None:
    if not _is_attention(op, numbers, "bhte,bhse,bhse->bhte") or "softcap" in numbers:
        return None
    entries = {"is_causal": ir.BoolAttr.get(False), "scale": _f32(numbers["scale"])}
    return Composite("tenstorrent.scaled_dot_product_attention", entries)


_WITH_MASK = 4


def _is_attention(op: ir.Operation, numbers: Numbers, layout: str) -> bool:
    """Tells whether a stage takes q, k, v in a layout and then at most a mask that is added."""
    if numbers.get("layout") != layout or len(op.operands) not in (_WITH_MASK - 1, _WITH_MASK):
        return False
    if len(op.operands) < _WITH_MASK:
        return True
    q, k, _, mask = (_shape(value) for value in op.operands)
    head, row = layout.index("h"), layout.index("t")
    wanted = (q[0], q[head], q[row], k[row])
    element = ir.RankedTensorType(op.operands[3].type).element_type
    fits = len(mask) == len(wanted) and all(
        n in (1, size) for n, size in zip(mask, wanted, strict=True)
    )
    return fits and isinstance(element, ir.FloatType)


def _shape(value: ir.Value) -> tuple[int, ...]:
    return tuple(ir.RankedTensorType(value.type).shape)


def _f32(number: object) -> ir.Attribute:
    assert isinstance(number, float)
    return ir.FloatAttr.get(ir.F32Type.get(), number, loc=ir.Location.unknown())


_MAKERS: dict[tuple[str, str], Callable[[ir.Operation, Numbers], Composite | None]] = {
    ("odml", "rms_norm"): _rms_norm,
    ("odml", "gelu"): lambda op, _: _gelu(op, False, "aten.gelu.default"),
    ("odml", "gelu_tanh"): lambda op, _: _gelu(op, True, "aten.gelu.default"),
    ("odml", "attention"): _odml_attention,
    ("tenstorrent", "rms_norm"): _tt_norm,
    ("tenstorrent", "layer_norm"): _tt_norm,
    ("tenstorrent", "gelu"): lambda op, _: _gelu(op, False, "tenstorrent.gelu"),
    ("tenstorrent", "gelu_tanh"): lambda op, _: _gelu(op, True, "tenstorrent.gelu_tanh"),
    ("tenstorrent", "attention"): _tt_attention,
}
