"""What a call of one of our kernels computes and reads, by its sizes.

Counted is what a stage's operations would do: of attention every score, hidden or not. Read is all
that a call is given, but of a table the rows that are asked for, of experts those that can be
chosen, each by another choice, and of stacks the layer that the call is for.
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

    @property
    def is_bytes(self) -> bool:
        return self.nbytes == self.elements

    def layer(self) -> Operand:
        """Returns one of a stack."""
        return Operand(self.sizes[1:], self.nbytes // max(1, self.sizes[0]))


@dataclass(frozen=True, slots=True)
class CallCost:
    """Operations (additions and multiplications), values of `exp` and the like, bytes read."""

    flops: int
    transcendentals: int
    read: int

    def __str__(self) -> str:
        return f"reads {amount(self.read, 'B')}, {amount(self.flops, 'FLOP')}"


WEIGHTS_FROM = {"rlxflow.linear.v1": 1, "rlxflow.linear_glu.v1": 1, "rlxflow.experts.v1": 3}
"""From which operand on a call takes weights in panels, which may be stacks in a loop."""


def of_one_layer(target: str, operands: Sequence[Operand]) -> Sequence[Operand]:
    """Returns what a call is given without stacks: of each the layer that the call is for.

    The number of the layer is the last operand of a call with stacks, and a single number.
    """
    if len(operands) < 2 or operands[-1].sizes:
        return operands
    given = operands[:-1]
    if target in WEIGHTS_FROM:
        first = WEIGHTS_FROM[target]
        places = [i for i, each in enumerate(given) if each.is_bytes and len(each.sizes) == 2]
        stacks = {i for i in places if i >= first}
    elif target == "rlxflow.attend_decode.v1":
        stacks = {1, 2, 4, 5} if operands[1].is_bytes else {1, 2}
    else:
        return operands
    return [each.layer() if i in stacks else each for i, each in enumerate(given)]


def call_cost(target: str, operands: Sequence[Operand], number: Callable[[str], int]) -> CallCost:
    """Returns what a call costs; of a target that is not ours only what it reads is known.

    Args:
        target: The kernel.
        operands: In order.
        number: Returns a number of its configuration by name; of several their sum.
    """
    operands = of_one_layer(target, operands)
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
