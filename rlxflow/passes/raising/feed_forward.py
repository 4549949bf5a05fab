"""Gated and plain feed-forwards, made of products and activations that are stages already.

mlp   linear(act(linear(x)))                    activation, bias, intermediate_size, transposed
      linear(act(linear(x)) * linear(x))        SwiGLU with silu, GeGLU with gelu
      the same with halves of one product for gate and up
glu   act(a) * b, where a and b are products or halves of one value, and no product follows
"""

from __future__ import annotations

from rlxflow.ir.attributes import from_attribute
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import is_stage, string_of
from rlxflow.passes.raising.graph import ints, maker, shape
from rlxflow.passes.raising.match import Match
from rlxflow.passes.raising.sampling import FUNCTIONS
from rlxflow.passes.raising.trace import kind_of
from rlxflow.passes.raising.weights import Weights

_BETWEEN = ("convert",)


def mlp(down: ir.Operation, _: Weights) -> Match | None:
    """Returns the feed-forward that ends in a product, or None."""
    if not _is_block(down, "linear"):
        return None
    ops: dict[ir.Operation, None] = {down: None}
    middle = _behind(down.operands[0], ops)
    if middle is None:
        return None
    sides = _sides(middle, ops)
    if sides is None:
        return None
    act, up = sides
    first = _behind(act.operands[0], ops)
    if first is None or (x := _source(first, up, ops)) is None:
        return None
    numbers = _numbers(down)
    return Match(
        block="mlp",
        root=down,
        ops=tuple(ops),
        inputs={"x": x},
        params={
            "activation": string_of(act, "block"),
            "bias": len(down.operands) > 2,
            "intermediate_size": numbers["in_dim"],
            "transposed": numbers["transposed"],
        },
    )


def glu(product: ir.Operation, _: Weights) -> Match | None:
    """Returns the gated activation that a multiplication is, or None."""
    if kind_of(product) != "multiply":
        return None
    ops: dict[ir.Operation, None] = {}
    sides = _sides(product, ops)
    act, up = sides or (None, None)
    gate = maker(act.operands[0]) if act else None
    if act is None or up is None or gate is None:
        return None
    if not _halves(gate, up) and not (_is_linear(gate) and _is_linear(up)):
        return None
    inputs = {"gate": act.operands[0], "up": up.results[0]}
    params = {"activation": string_of(act, "block")}
    return Match(block="glu", root=product, ops=tuple(ops), inputs=inputs, params=params)


def _sides(
    op: ir.Operation, ops: dict[ir.Operation, None]
) -> tuple[ir.Operation, ir.Operation | None] | None:
    """Returns the activation and what it is multiplied with, if it is."""
    if _is_activation(op):
        ops[op] = None
        return op, None
    if kind_of(op) != "multiply":
        return None
    for one, other in ((0, 1), (1, 0)):
        found: dict[ir.Operation, None] = {op: None}
        act, up = _behind(op.operands[one], found), _behind(op.operands[other], found)
        if act is not None and up is not None and _is_activation(act):
            ops |= {**found, act: None}
            return act, up
    return None


def _source(
    gate: ir.Operation, up: ir.Operation | None, ops: dict[ir.Operation, None]
) -> ir.Value | None:
    """Returns what gate and up are products of."""
    if up is None:
        up = gate
    elif _halves(gate, up):
        ops |= dict.fromkeys([gate, up])
        gate = up = maker(gate.operands[0]) or gate
    if not _is_linear(gate) or not _is_linear(up) or gate.operands[0] != up.operands[0]:
        return None
    ops |= dict.fromkeys([gate, up])
    return gate.operands[0]


def _halves(one: ir.Operation, other: ir.Operation) -> bool:
    """Tells whether two slices are the halves of one value along its last axis."""
    if kind_of(one) != "slice" or kind_of(other) != "slice":
        return False
    if one.operands[0] != other.operands[0]:
        return False
    *rest, size = shape(one.operands[0])
    starts = sorted((ints(one, "start_indices"), ints(other, "start_indices")))
    halves = [(*[0] * len(rest), 0), (*[0] * len(rest), size // 2)]
    wanted = (*rest, size // 2)
    return starts == halves and shape(one.results[0]) == shape(other.results[0]) == wanted


def _behind(value: ir.Value, ops: dict[ir.Operation, None]) -> ir.Operation | None:
    """Returns what makes a value behind conversions, which are noted."""
    while (op := maker(value)) is not None and kind_of(op) in _BETWEEN:
        ops[op] = None
        value = op.operands[0]
    return op


def _is_block(op: ir.Operation, *blocks: str) -> bool:
    return is_stage(op) and string_of(op, "block") in blocks


def _is_linear(op: ir.Operation) -> bool:
    return _is_block(op, "linear")


def _is_activation(op: ir.Operation) -> bool:
    return _is_block(op, *FUNCTIONS)


def _numbers(linear: ir.Operation) -> dict[str, object]:
    found = from_attribute(linear.attributes["params"])
    assert isinstance(found, dict)
    return found
