"""What the calls of our own kernels compute and read; of other custom calls nothing is known.

Counted is what a stage's operations would do: of attention every score, hidden or not.
"""

from __future__ import annotations

import re

from rlxflow.inspect.hlo import Computation, Instruction
from rlxflow.inspect.hlo_shape import content_bytes

TARGET = 'custom_call_target="'


def kernel_flops(inside: Computation, one: Instruction) -> tuple[int, int]:
    """Returns operations and transcendentals of a call: 0 and 0 of a call that is not ours."""
    first = inside.operands(one)[0].elements if one.operands else 0
    match one.text_of(TARGET):
        case "rlxflow.linear.v1":  # x [.., in_dim], and so many outputs a row
            return 2 * first * sum(_numbers(one, "out_dims")), 0
        case "rlxflow.linear_glu.v1":  # two products, an activation, a multiplication
            outputs = sum(_numbers(one, "out_dim"))
            rows = first // max(1, sum(_numbers(one, "in_dim")))
            return 4 * first * outputs + rows * outputs, rows * outputs
        case "rlxflow.experts.v1":  # x, ids: three products, an activation, and two multiplications
            inputs, inner = (sum(_numbers(one, name)) for name in ("in_dim", "inner_dim"))
            rows = inside.operands(one)[1].elements
            return rows * (6 * inputs * inner + inner + 2 * inputs), rows * inner
        case "rlxflow.attend_decode.v1" | "rlxflow.attend_prefill.v1":
            queries, keys = (each.arrays[0].sizes for each in inside.operands(one)[:2])
            slots = keys[-1] if "decode" in one.text_of(TARGET) else keys[1]
            return 4 * first * slots, first // max(1, queries[-1]) * slots
        case _:
            return 0, 0


def kernel_reads(inside: Computation, one: Instruction) -> int:
    """Returns the bytes that a custom call reads: all it is given, but of a table some rows.

    Of experts those that can be chosen, each by another choice.
    """
    operands = inside.operands(one)
    match one.text_of(TARGET):
        case "rlxflow.embed_rows.v1":
            ids, table = operands[:2]
            rows = sum(_numbers(one, "out_dim")) or 1
            return content_bytes(ids.shape) + table.nbytes * ids.elements // rows
        case "rlxflow.experts.v1":
            experts = sum(_numbers(one, "num_experts")) or 1
            read = min(operands[1].elements, experts)
            whole, banks = (
                sum(content_bytes(e.shape) for e in p) for p in (operands[:3], operands[3:])
            )
            return whole + banks * read // experts
        case _:
            return sum(content_bytes(each.shape) for each in operands)


def _numbers(one: Instruction, name: str) -> list[int]:
    """Returns the numbers of an attribute `name = 8 : i64` or `name = array<i64: 8, 9>`."""
    found = re.search(rf"\b{name} = (?:array<i64: ([\d, ]+)>|(\d+))", one.attributes)
    return [int(text) for text in (found[1] or found[2]).split(",")] if found else []
