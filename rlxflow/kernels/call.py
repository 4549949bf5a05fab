"""Builds the calls of kernels: `stablehlo.custom_call`s of XLA's typed FFI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rlxflow.ir.attributes import to_attribute
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.passes.kernel_calls import CALL

TYPED_FFI = 4  # the calling convention whose configuration is a dictionary


def call(
    target: str,
    operands: Sequence[ir.Value],
    results: Sequence[ir.Type],
    config: Mapping[str, object],
    *,
    aliases: Mapping[int, int] | None = None,
    name: str,
) -> list[ir.Value]:
    """Builds a call at the insertion point; returns its results.

    Args:
        target: The kernel.
        operands: What it takes.
        results: Types of what it gives; a workspace last.
        config: Numbers by name; a tuple of integers is an array, an `np.float32`
            an f32, all else as in `to_attribute`.
        aliases: Index of a result -> of the operand whose memory it takes over.
        name: Of the operation, for its location.
    """
    made = ir.Operation.create(
        CALL,
        results=list(results),
        operands=list(operands),
        attributes={
            "call_target_name": ir.StringAttr.get(target),
            "api_version": ir.IntegerAttr.get(ir.IntegerType.get_signless(32), TYPED_FFI),
            "backend_config": ir.DictAttr.get({k: _attribute(v) for k, v in config.items()}),
            "has_side_effect": ir.BoolAttr.get(False),
            **({"output_operand_aliases": _aliases(aliases, len(results))} if aliases else {}),
        },
        loc=ir.Location.name(name),
    )
    return list(made.results)


def workspace(nbytes: int) -> ir.Type:
    """Returns the type of scratch memory: `tensor<nbytes x ui8>`."""
    return ir.RankedTensorType.get([nbytes], ir.IntegerType.get_unsigned(8))


def convert(value: ir.Value, dtype: str) -> ir.Value:
    """Returns a value in another element type; itself if it has it."""
    old = ir.RankedTensorType(value.type)
    element = ir.Type.parse(dtype)
    if old.element_type == element:
        return value
    made = ir.Operation.create(
        "stablehlo.convert",
        results=[ir.RankedTensorType.get(list(old.shape), element)],
        operands=[value],
        loc=ir.Location.name("convert"),
    )
    return made.results[0]


def _attribute(value: object) -> ir.Attribute:
    if isinstance(value, np.floating):
        return ir.FloatAttr.get(ir.F32Type.get(), float(value))
    if isinstance(value, tuple):
        return ir.DenseI64ArrayAttr.get(list(value))
    return to_attribute(value)


def _aliases(aliases: Mapping[int, int], results: int) -> ir.Attribute:
    made = [
        stablehlo.OutputOperandAlias.get([result] if results > 1 else [], operand, [])
        for result, operand in aliases.items()
    ]
    return ir.ArrayAttr.get(made)
