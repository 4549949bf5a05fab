"""Calls of our own kernels in optimised HLO; of other custom calls only what they read is known."""

from __future__ import annotations

import re

from rlxflow.inspect.hlo import Computation, Instruction
from rlxflow.inspect.hlo_shape import content_bytes
from rlxflow.passes.kernel_costs import CallCost, Operand, call_cost

FLOATS = {"f32", "f16", "bf16"}
TARGET = 'custom_call_target="'
STACKED = {"rlxflow.attend_decode.v1"}
_ALIAS = re.compile(r"\{\d+\}: \((\d+), \{\}\)")


def kernel_cost(inside: Computation, one: Instruction) -> CallCost:
    """Returns what a custom call costs."""
    given = [
        Operand(tuple(each.arrays[0].sizes) if each.arrays else (), content_bytes(each.shape))
        for each in inside.operands(one)
    ]
    return call_cost(one.text_of(TARGET), given, lambda name: _number(one, name))


def kernel_written(inside: Computation, one: Instruction) -> int:
    """Returns the bytes that a custom call gives; of a stack that it changes those of a layer."""
    operands = [each.arrays[0] if each.arrays else None for each in inside.operands(one)]
    last = operands[-1] if operands else None
    spared = 0
    if one.text_of(TARGET) in STACKED and last is not None and not last.sizes:
        for place in _ALIAS.findall(one.attributes):
            stack = operands[int(place)]
            spared += stack.nbytes - stack.nbytes // max(1, stack.sizes[0]) if stack else 0
    return content_bytes(one.shape) - spared


def _number(one: Instruction, name: str) -> int:
    """Returns the number `name = 8 : i64`, or the sum of `name = array<i64: 8, 9>`."""
    found = re.search(rf"\b{name} = (?:array<i64: ([\d, ]+)>|(\d+))", one.attributes)
    return sum(int(text) for text in (found[1] or found[2]).split(",")) if found else 0


def call_dtype(one: Instruction) -> str:
    """Returns the type that a call multiplies: `int16` for weights in blocks, else its result's."""
    formats = re.search(r'\bformats = "([^"]*)"', one.attributes)
    if formats and {*re.split("[,|]", formats[1])} - FLOATS:
        return "int16"
    return one.arrays[0].dtype if one.arrays else ""
