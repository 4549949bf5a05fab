"""Running the experts of a mixture on sorted tokens, for many tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rlxflow.blocks.moe_forms import Experts, Routing, dense, zeros
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value

SLACK = 2.0  # rows an expert has room for in one round, in units of the mean over the experts


def grouped(experts: Experts, x: Value, routing: Routing) -> Value:
    """Returns f32[t, d]: tokens sorted by expert, then rounds in which each expert takes some.

    In a round an expert takes its next `room` tokens. How many rounds there are is known at run
    time: one if no expert has more than twice its share, and never so many that it costs more rows
    than `dense`, but for the last round. Costs x room rows a round and reads all weights in each.
    With so few tokens that all of them fit into one round, `dense` is the same without sorting.
    XLA's `ragged_dot` is not used: on CPU it multiplies every sorted row with every expert.
    """
    tokens, choices = routing.ids.shape
    count = routing.num_experts
    room = 8 * math.ceil(tokens * choices / count * SLACK / 8)
    if room >= tokens:
        return dense(experts, x, routing)
    plan = _sorted(routing)
    rounds = (ops.max(plan.sizes, over="x") + (room - 1)) / room
    places = ops.remainder(plan.ranks, room) + routing.ids * room

    def one(step: Value, made: tuple[Value, ...]) -> list[Value]:
        slots = tensor_type("i32", {"x": count, "slot": room})
        first = ops.expand(plan.starts + step * room, slots)
        sources = ops.take(plan.tokens, first + ops.iota(x, "slot", room), "row")
        answers = ops.transpose(experts.run(ops.take(x, sources, "t")), "x slot d")
        answers = ops.merge(answers, "x slot", "place")
        mine = ops.take(answers, places, "place") * routing.shares
        now = ops.compare(plan.ranks / room, "EQ", step)
        return [made[0] + ops.sum(ops.select(now, mine, 0.0), over="choice")]

    return ops.repeat(rounds, one, zeros(x, t=tokens, d=x.size("d")))[0]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Tokens in the order of their experts.

    Attributes:
        tokens: i32[row], the token of each sorted row.
        starts: i32[x], the first sorted row of each expert.
        sizes: i32[x], how many rows each expert has.
        ranks: i32[t, choice], where each choice stands among the rows of its expert.
    """

    tokens: Value
    starts: Value
    sizes: Value
    ranks: Value


def _sorted(routing: Routing) -> _Plan:
    tokens, choices = routing.ids.shape
    rows = ops.iota(routing.ids, "row", tokens * choices)
    _, order = ops.sort(ops.merge(routing.ids, "t choice", "row"), rows, over="row")
    _, inverse = ops.sort(order, rows, over="row")
    sizes = ops.sum(ops.convert(routing.chosen(), "i32"), over="t choice")
    starts = ops.cumulative_sum(sizes, over="x") - sizes
    places = ops.split(inverse, "row", t=tokens, choice=choices)
    ranks = places - ops.take(starts, routing.ids, "x")
    return _Plan(order / choices, starts, sizes, ranks)
