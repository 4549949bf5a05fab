"""What a call of one of our kernels computes and reads, by its sizes.

Counted is what a stage's operations would do: of attention every score, hidden or not. Read is all
that a call is given, but of a table the rows that are asked for, and of experts those that can be
chosen, each by another choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from rlxflow.amounts import amount


@dataclass(frozen=True, slots=True)
class Operand:
    """An array that a call is given."""

    sizes: tuple[int, ...]
    nbytes: int

    @property
    def elements(self) -> int:
        return prod(self.sizes)


@dataclass(frozen=True, slots=True)
class CallCost:
    """Operations (additions and multiplications), values of `exp` and the like, bytes read."""

    flops: int
    transcendentals: int
    read: int

    def __str__(self) -> str:
        return f"reads {amount(self.read, 'B')}, {amount(self.flops, 'FLOP')}"


def call_cost(target: str, operands: Sequence[Operand], number: Callable[[str], int]) -> CallCost:
    """Returns what a call costs; of a target that is not ours only what it reads is known.

    Args:
        target: The kernel.
        operands: In order.
        number: Returns a number of its configuration by name; of several their sum.
    """
    read = sum(each.nbytes for each in operands)
    first = operands[0].elements if operands else 0
    match target:
        case "rlxflow.linear.v1":  # x [.., in_dim], and so many outputs a row
            return CallCost(2 * first * number("out_dims"), 0, read)
        case "rlxflow.linear_glu.v1":  # two products, an activation, a multiplication
            outputs = number("out_dim")
            values = first // max(1, number("in_dim")) * outputs
            return CallCost(4 * first * outputs + values, values, read)
        case "rlxflow.experts.v1":  # x, ids: three products, an activation, and two multiplications
            inputs, inner, experts = map(number, ("in_dim", "inner_dim", "num_experts"))
            rows = operands[1].elements
            banks = sum(each.nbytes for each in operands[3:])
            chosen = banks * min(rows, experts) // max(1, experts)
            flops = rows * (6 * inputs * inner + inner + 2 * inputs)
            return CallCost(flops, rows * inner, read - banks + chosen)
        case "rlxflow.attend_decode.v1" | "rlxflow.attend_prefill.v1":
            slots = operands[1].sizes[-1 if "decode" in target else 1]
            scores = first // max(1, operands[0].sizes[-1]) * slots
            return CallCost(4 * first * slots, scores, read)
        case "rlxflow.embed_rows.v1":
            ids, table = operands[:2]
            rows = table.nbytes * ids.elements // max(1, number("out_dim"))
            return CallCost(0, 0, ids.nbytes + rows)
        case _:
            return CallCost(0, 0, read)
