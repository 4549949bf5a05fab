"""Running the experts of a mixture: all of them, or one after the other.

What a form costs is counted in products: a row (one token in one expert) is three of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True)
class Routing:
    """Where tokens go.

    Attributes:
        ids: i32[t, choice], experts of each token, best first.
        shares: f32[t, choice], how much each of them counts.
        num_experts: How many experts there are to choose from.
    """

    ids: Value
    shares: Value
    num_experts: int

    def chosen(self) -> Value:
        """Returns i1[t, choice, x]: whether expert x is that choice."""
        pairs = zip(self.ids.axes, self.ids.shape, strict=True)
        full = tensor_type("i32", [*pairs, ("x", self.num_experts)])
        numbers = ops.expand(ops.iota(self.ids, "x", self.num_experts), full)
        return ops.compare(numbers, "EQ", ops.expand(self.ids, full))


@dataclass(frozen=True, slots=True)
class Experts:
    """Weights of all experts: gate, up [x, f, d], or both in one [x, 2f, d]; down [x, d, f].

    Attributes:
        wide: Gate and up, or the one that is both.
        down: The product back to d.
        activation: Of the gate.
    """

    wide: tuple[Value, ...]
    down: Value
    activation: str

    def at(self, index: Value) -> Experts:
        """Returns one expert, without the axis x."""
        *wide, down = (
            ops.pick(ops.dynamic_slice(w, "x", index, 1), "x", 0) for w in (*self.wide, self.down)
        )
        return Experts(tuple(wide), down, self.activation)

    def run(self, x: Value) -> Value:
        """[t, d] -> f32[x, d, t] all experts on all rows; [x, t, d] -> f32[x, d, t] on their own.

        Works on one row [d], too. Weights stand on the left of each product, because XLA copies a
        right side with a batch axis unless its second axis is summed over. What is in one weight
        is cut after the product, so that no weight is copied.
        """
        gate, up = self._widen(x)
        down = ops.convert(self.down, x.dtype)
        return ops.convert(ops.dot(down, gate * up, over="f"), "f32")

    def _widen(self, x: Value) -> tuple[Value, Value]:
        """Returns the activated gate, and up."""
        made = (ops.dot(ops.convert(w, x.dtype), x, over="d") for w in self.wide)
        first = next(made)
        if len(self.wide) > 1:
            return activate(self.activation, first), next(made)
        half = first.size("f") // 2
        gate, up = (ops.slice(first, "f", at, at + half) for at in (0, half))
        return activate(self.activation, gate), up


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedExperts(Block):
    """The experts of a mixture after routing: what a kernel can do as a whole.

    Its region takes the tokens, where they go, how much each choice counts, and the weights: gate,
    up and down, or gate and up in one and down.

    Attributes:
        fn: Builds it.
        form: How the experts are run.
        activation: Of the gate.
    """

    fn: Callable[[Emit, Value], Value] = field(repr=False)
    form: str
    activation: str

    @property
    def kind(self) -> str:
        return "experts"

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[t, d] -> f32[t, d]."""
        return self.fn(emit, required(x, self))


def zeros(like: Value, **axes: int) -> Value:
    """Returns an f32 tensor of zeros."""
    type_ = tensor_type("f32", axes)
    zero = np.zeros((), np.float32)
    return like.derive(type_, like.backend.constant(zero, type_.sizes, "f32"))


def dense(experts: Experts, x: Value, routing: Routing) -> Value:
    """Returns f32[t, d]: every expert on every token, weighted by 0 where it was not chosen.

    Costs t x rows and reads all weights once. The other forms are checked against it.
    """
    weights = ops.sum(ops.select(routing.chosen(), routing.shares, 0.0), over="choice")
    return ops.transpose(ops.sum(experts.run(x) * weights, over="x"), "t d")


def gathered(experts: Experts, x: Value, routing: Routing) -> Value:
    """Returns f32[t, d]: one choice of one token after the other, its expert cut out when due.

    Costs t k rows and reads the weights of t k experts, each into the same memory, which on a CPU
    is its cache; a `gather` of all t k experts at once would write them all to memory first.
    """
    tokens, choices = routing.ids.shape
    ids = ops.merge(routing.ids, "t choice", "row")

    def one(step: Value, made: tuple[Value, ...]) -> list[Value]:
        expert = ops.pick(ops.dynamic_slice(ids, "row", step, 1), "row", 0)
        token = ops.pick(ops.dynamic_slice(x, "t", step / choices, 1), "t", 0)
        y = ops.insert(experts.at(expert).run(token), "row", 0)
        return [ops.dynamic_update_slice(made[0], y, "row", step)]

    (rows,) = ops.repeat(tokens * choices, one, zeros(x, row=tokens * choices, d=x.size("d")))
    answers = ops.split(rows, "row", t=tokens, choice=choices)
    return ops.sum(answers * routing.shares, over="choice")
