"""Constants that are one number, also where the module computes it: sqrt of 64, 24 less 0."""

from __future__ import annotations

import math
from collections.abc import Callable

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import maker

_COMPUTED: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "sqrt": math.sqrt,
    "rsqrt": lambda a: 1 / math.sqrt(a),
    "negate": lambda a: -a,
    "convert": lambda a: a,
    "broadcast_in_dim": lambda a: a,
    "reshape": lambda a: a,
}


def number_of(value: ir.Value, used: dict[ir.Operation, None]) -> float | None:
    """Returns the number that all elements of a value are, or None; notes operations in `used`."""
    op = maker(value)
    if op is None:
        return None
    kind = op.name.removeprefix("stablehlo.")
    if kind == "constant":
        found = _splat(op.attributes["value"])
    elif kind == "compare":
        one, other = (number_of(operand, used) for operand in op.operands)
        found = None if one is None or other is None else _compare(op, one, other)
    elif kind in _COMPUTED:
        parts = [number_of(operand, used) for operand in op.operands]
        found = None if None in parts else _compute(kind, parts)
    else:
        return None
    if found is not None:
        used[op] = None
    return found


def neutral(op: ir.Operation, used: dict[ir.Operation, None]) -> int | None:
    """Returns which operand a product with 1 is."""
    if op.name != "stablehlo.multiply":
        return None
    return next((i for i in (0, 1) if number_of(op.operands[1 - i], used) == 1.0), None)


def _compute(kind: str, parts: list[float | None]) -> float | None:
    try:
        return _COMPUTED[kind](*parts)
    except (ArithmeticError, ValueError):
        return None


def _compare(op: ir.Operation, one: float, other: float) -> float | None:
    direction = str(op.attributes["comparison_direction"]).rpartition(" ")[2].strip("<>")
    return {"GT": one > other, "LT": one < other}.get(direction)


def _splat(value: ir.Attribute) -> float | None:
    if not isinstance(value, ir.DenseElementsAttr):
        return None
    if not value.is_splat:
        return None
    number = value.get_splat_value()
    return (
        float(number.value)
        if isinstance(number, ir.FloatAttr | ir.IntegerAttr | ir.BoolAttr)
        else None
    )


def near(one: float, other: float, dtype: str) -> bool:
    """Tells whether two numbers are the same after rounding to a type."""
    tolerance = {"f64": 1e-12, "f32": 1e-6, "f16": 2e-3, "bf16": 1e-2}.get(dtype, 1e-6)
    return math.isclose(one, other, rel_tol=tolerance)
