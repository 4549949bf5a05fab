"""Calls of kernels in modules that were written by hand: checked before anything is compiled.

XLA names neither the kernel nor the attribute when a call is not of the form that a kernel takes.
What depends on sizes and values, the kernels check themselves in each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlxflow.errors import KernelError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.kernels.call import TYPED_FFI
from rlxflow.kernels.trace import dtype_of, shape_of
from rlxflow.passes.kernel_calls import calls, target_of
from rlxflow.passes.kernel_costs import WEIGHTS_FROM
from rlxflow.weights.panels import split_formats

MOST = 17
"""Operands of a product of several matrices: x, eight weights, eight biases."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a call.

    Attributes:
        operands: How many there are, at least and at most; of stacks the layer comes as one more.
        results: How many there are, at least and at most; of several the last is a workspace.
        attributes: Types by name.
        panels: From which operand on they are weights of experts.
    """

    operands: tuple[int, int]
    results: tuple[int, int]
    attributes: Mapping[str, str]
    panels: int = MOST


_SCORES = {"scale": "f32", "softcap": "f32", "window": "i64"}
FORMS: Mapping[str, Form] = {
    "rlxflow.linear.v1": Form(
        (2, MOST),
        (2, 9),
        {
            "formats": "string",
            "in_dim": "i64",
            "out_dims": "array<i64>",
            "has_bias": "bool",
            "has_residual": "bool",
        },
    ),
    "rlxflow.linear_glu.v1": Form(
        (3, 5),
        (2, 2),
        {
            "formats": "string",
            "act": "string",
            "in_dim": "i64",
            "out_dim": "i64",
            "has_bias": "bool",
        },
    ),
    "rlxflow.embed_rows.v1": Form(
        (2, 2), (1, 1), {"format": "string", "out_dim": "i64", "in_dim": "i64"}
    ),
    "rlxflow.experts.v1": Form(
        (5, 6),
        (2, 2),
        {
            "formats": "string",
            "act": "string",
            "num_experts": "i64",
            "in_dim": "i64",
            "inner_dim": "i64",
        },
        3,
    ),
    "rlxflow.attend_decode.v1": Form((4, 8), (2, 6), _SCORES),
    "rlxflow.attend_prefill.v1": Form((3, 5), (2, 2), {**_SCORES, "causal": "bool"}),
    "rlxflow.argmax.v1": Form((1, 1), (2, 2), {}),
    "rlxflow.top_k.v1": Form((1, 1), (3, 3), {}),
}


def check_calls(module: IrModule, where: str) -> None:
    """Raises KernelError for a call of a kernel that has not the form which it takes."""
    for op in calls(module.operation):
        form = FORMS.get(target_of(op))
        if form is not None:
            _check(op, form, f"{where}: call of {target_of(op)}")


def _check(op: ir.Operation, form: Form, where: str) -> None:
    attributes = op.attributes
    version = ir.IntegerAttr(attributes["api_version"]).value if "api_version" in attributes else 1
    if version != TYPED_FFI:
        raise KernelError(where, expected=f"api_version {TYPED_FFI}", found=str(version))
    layered = _check_layer(op, where)
    for what, count, (least, most) in (
        ("operands", len(op.operands) - layered, form.operands),
        ("results", len(op.results), form.results),
    ):
        if not least <= count <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise KernelError(where, expected=f"{wanted} {what}", found=str(count))
    _check_bytes(op, form, layered, where)
    config = attributes.get("backend_config", None)
    entries = config if isinstance(config, ir.DictAttr) else []
    given = {entry.name: _type_of(entry.attr) for entry in entries}
    if given != dict(form.attributes):
        raise KernelError(
            where, expected=f"backend_config {_listed(form.attributes)}", found=_listed(given)
        )


def _check_layer(op: ir.Operation, where: str) -> bool:
    """Tells whether the last operand is the number of a layer; raises KernelError for a wrong one.

    It goes with stacks: weights, or caches, that have an axis of layers before the others, and
    weights that have a format for each layer.
    """
    operands, target = list(op.operands), target_of(op)
    first = WEIGHTS_FROM.get(target, len(operands))
    stacks = [i for i, v in enumerate(operands) if i >= first and _axes(v) == 2 and _is_bytes(v)]
    if target == "rlxflow.attend_decode.v1":
        stacks = [i for i, value in enumerate(operands) if i in (1, 2) and _axes(value) == 5]
    elif target not in WEIGHTS_FROM:
        return False
    mixed = len(operands) > first and len(split_formats(_formats(op))) > 1
    last = operands[-1] if operands else None
    layered = last is not None and not shape_of(last)
    if last is None or not (stacks or layered or mixed):
        return False
    if not layered or dtype_of(last) != "i32":
        beside = ", since formats are those of layers" if mixed else ""
        beside = f", since operand {stacks[0]} is a stack" if stacks else beside
        raise KernelError(
            where,
            expected=f"the number of a layer, i32[], as the last operand{beside}",
            found=f"{dtype_of(last)}{[*shape_of(last)]}",
        )
    return True


def _formats(op: ir.Operation) -> str:
    """Returns the formats that a call names; nothing for a call without them."""
    config = op.attributes.get("backend_config", None)
    names = config["formats"] if isinstance(config, ir.DictAttr) and "formats" in config else None
    return names.value if isinstance(names, ir.StringAttr) else ""


def _axes(value: ir.Value) -> int:
    return len(shape_of(value))


def _is_bytes(value: ir.Value) -> bool:
    return dtype_of(value) == "ui8"


def _check_bytes(op: ir.Operation, form: Form, layered: bool, where: str) -> None:
    """Raises KernelError for weights of experts, or a workspace, that are not bytes in a row.

    Weights may be rows of bytes, one for each layer, if the call says which.
    """
    operands = list(enumerate(op.operands))[form.panels : len(op.operands) - layered]
    named = [
        (f"operand {i}, a weight,", value)
        for i, value in operands
        if not (layered and _axes(value) == 2 and _is_bytes(value))
    ]
    if len(op.results) > 1:
        named.append((f"result {len(op.results) - 1}, the workspace,", op.results[-1]))
    for name, value in named:
        if _axes(value) != 1 or not _is_bytes(value):
            raise KernelError(
                where,
                expected=f"{name} of type ui8 with one axis",
                found=f"{dtype_of(value)}{[*shape_of(value)]}",
            )


def _listed(attributes: Mapping[str, str]) -> str:
    """Returns names with types in order, so that two texts are alike where attributes are."""
    return "{" + ", ".join(f"{name}: {attributes[name]}" for name in sorted(attributes)) + "}"


def _type_of(attribute: ir.Attribute) -> str:
    if isinstance(attribute, ir.BoolAttr):
        return "bool"
    if isinstance(attribute, (ir.IntegerAttr, ir.FloatAttr)):
        return str(attribute.type)
    if isinstance(attribute, ir.StringAttr):
        return "string"
    if isinstance(attribute, ir.DenseI64ArrayAttr):
        return "array<i64>"
    return str(attribute)[:40]
