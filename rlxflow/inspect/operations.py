"""How much one HLO instruction computes, counted by the rules of XLA's own cost analysis.

A multiplication with an addition is 2 operations, any other element of a result 1. Functions such
as `exponential` and `rsqrt` are counted apart, as transcendentals. Moving data is nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.kernel_calls import kernel_cost
from rlxflow.inspect.opcodes import CALLERS, ELEMENTWISE, TRANSCENDENTAL
from rlxflow.inspect.window import convolution_positions, window_of


class Work(NamedTuple):
    """Operations and transcendentals."""

    flops: int = 0
    transcendentals: int = 0

    def plus(self, other: Work) -> Work:
        return Work(self.flops + other.flops, self.transcendentals + other.transcendentals)

    def times(self, count: int) -> Work:
        return Work(self.flops * count, self.transcendentals * count)


NOTHING = Work()


class Counter:
    """Counts the work of the instructions of a module."""

    def __init__(self, module: HloModule) -> None:
        self._module = module
        self._known: dict[str, Work] = {}

    def computation(self, computation: Computation) -> Work:
        """Returns the work of all instructions of a computation, loops counted once."""
        known = self._known.get(computation.name)
        if known is None:
            known = NOTHING
            for one in computation:
                work = self.instruction(computation, one)
                known = known.plus(work) if work is not NOTHING else known
            self._known[computation.name] = known
        return known

    def instruction(self, inside: Computation, one: Instruction) -> Work:
        """Returns the work of an instruction with all that it calls."""
        rule = _RULES.get(one.opcode)
        return NOTHING if rule is None else rule(self, inside, one)

    def called(self, one: Instruction) -> Work:
        """Returns the work of what an instruction runs, loops once, of branches the most."""
        parts = [self.computation(each) for each in self._module.called(one)]
        if one.opcode == "conditional":
            return Work(*(max(column) for column in zip(*parts, strict=True)))
        total = NOTHING
        for part in parts:
            total = total.plus(part)
        return total

    def applied(self, one: Instruction) -> Work:
        """Returns the work of one application of an instruction's function."""
        return self.computation(self._module.called(one)[0])


_Rule = Callable[[Counter, Computation, Instruction], Work]


def _dot(_: Counter, inside: Computation, one: Instruction) -> Work:
    sizes = inside.operands(one)[0].arrays[0].sizes
    width = math.prod(sizes[axis] for axis in one.integers("lhs_contracting_dims"))
    return Work(2 * one.elements * width)


def _convolution(_: Counter, inside: Computation, one: Instruction) -> Work:
    left, right = (operand.arrays[0].sizes for operand in inside.operands(one))
    return Work(2 * convolution_positions(one.attributes, left, right, one.arrays[0].sizes))


def _reduce(counter: Counter, inside: Computation, one: Instruction) -> Work:
    return counter.applied(one).times(inside.operands(one)[0].elements - one.elements)


def _reduce_window(counter: Counter, inside: Computation, one: Instruction) -> Work:
    window = window_of(one.attributes)
    count = (math.prod(axis.size for axis in window) - 1) * one.elements
    wide = [i for i, axis in enumerate(window) if axis.size != 1]
    padded = [axis for axis in window if axis.low or axis.high]
    if len(wide) == 1 and len(padded) == 1 and not one.shape.startswith("("):
        axis, span = window[wide[0]], one.arrays[0].sizes[wide[0]]
        if axis.low == axis.high == span - 1 != 0 and axis.size == 2 * axis.low + 1:
            count = one.elements // span + span - 1  # a sum that is spread over its own axis
    return counter.applied(one).times(count)


def _scatter(counter: Counter, inside: Computation, one: Instruction) -> Work:
    operands = inside.operands(one)
    return counter.applied(one).times(operands[len(operands) // 2 + 1].elements)


def _select_and_scatter(counter: Counter, inside: Computation, one: Instruction) -> Work:
    select, scatter = (counter.computation(c) for c in counter._module.called(one))
    sources = inside.operands(one)[1].elements
    size = math.prod(axis.size for axis in window_of(one.attributes))
    return select.times(sources * (size - 1)).plus(scatter.times(sources))


def _map(counter: Counter, _: Computation, one: Instruction) -> Work:
    return counter.applied(one).times(one.elements)


def _sort(_: Counter, inside: Computation, one: Instruction) -> Work:
    count = inside.operands(one)[0].elements
    return Work(count * max(0, count - 1).bit_length())


def _fft(_: Counter, inside: Computation, one: Instruction) -> Work:
    lengths = [int(text) for text in re.findall(r"\d+", one.text_of("fft_length={", "}"))]
    factors = math.prod(length.bit_length() - 1 for length in lengths)
    return Work(2 * 4 * factors * inside.operands(one)[0].elements)


def _triangular_solve(_: Counter, inside: Computation, one: Instruction) -> Work:
    matrix, right = inside.operands(one)[:2]
    return Work(2 * matrix.arrays[0].sizes[-1] * right.elements)


def _cholesky(_: Counter, inside: Computation, one: Instruction) -> Work:
    matrix = inside.operands(one)[0]
    return Work(matrix.arrays[0].sizes[-1] * matrix.elements // 3)


def _all_reduce(_: Counter, __: Computation, one: Instruction) -> Work:
    return Work(sum(array.elements for array in one.arrays))


def _random(_: Counter, __: Computation, one: Instruction) -> Work:
    return Work(0, sum(array.elements for array in one.arrays))


def _elementwise(_: Counter, __: Computation, one: Instruction) -> Work:
    return Work(one.elements)


def _functions(_: Counter, __: Computation, one: Instruction) -> Work:
    return Work(0, one.elements)


def _kernel(_: Counter, inside: Computation, one: Instruction) -> Work:
    cost = kernel_cost(inside, one)
    return Work(cost.flops, cost.transcendentals)


def _run(counter: Counter, _: Computation, one: Instruction) -> Work:
    return counter.called(one)


_RULES: dict[str, _Rule] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(TRANSCENDENTAL, _functions),
    **dict.fromkeys(("fusion", *CALLERS), _run),
    "dot": _dot,
    "convolution": _convolution,
    "reduce": _reduce,
    "reduce-window": _reduce_window,
    "scatter": _scatter,
    "select-and-scatter": _select_and_scatter,
    "map": _map,
    "sort": _sort,
    "fft": _fft,
    "triangular-solve": _triangular_solve,
    "cholesky": _cholesky,
    "all-reduce": _all_reduce,
    "all-reduce-start": _all_reduce,
    "rng-bit-generator": _random,
    "custom-call": _kernel,
}
