"""What function of one number a piece of a module is, told by its values at sample points.

However a GELU is written (erf, erfc, the polynomial that an erf was lowered to, constants in any
order), its values are those of a GELU.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from rlxflow.ir.bindings import ir

POINTS = np.array([-30.0, -7.3, -4.1, -3.3, -2.6, -1.9, -1.3, -0.7, -0.31, -0.05, 0.02, 0.4, 0.9])
POINTS = np.concatenate([POINTS, -POINTS[::-1] * 0.93])

_erf = np.vectorize(math.erf, otypes=[float])
_erfc = np.vectorize(math.erfc, otypes=[float])


def _logistic(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


OPERATIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "abs": np.abs,
    "add": np.add,
    "clamp": lambda low, x, high: np.clip(x, low, high),
    "chlo.erf": _erf,
    "chlo.erfc": _erfc,
    "chlo.square": np.square,
    "convert": lambda x: x,
    "divide": np.divide,
    "exponential": np.exp,
    "exponential_minus_one": np.expm1,
    "log": np.log,
    "log_plus_one": np.log1p,
    "logistic": _logistic,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "multiply": np.multiply,
    "negate": np.negative,
    "power": np.power,
    "rsqrt": lambda x: 1.0 / np.sqrt(x),
    "select": np.where,
    "sign": np.sign,
    "sqrt": np.sqrt,
    "subtract": np.subtract,
    "tanh": np.tanh,
}
COMPARISONS: Mapping[str, Callable[..., np.ndarray]] = {
    "EQ": np.equal,
    "GE": np.greater_equal,
    "GT": np.greater,
    "LE": np.less_equal,
    "LT": np.less,
    "NE": np.not_equal,
}


def apply(op: ir.Operation, kind: str, values: list[np.ndarray]) -> np.ndarray:
    """Returns what an elementwise operation makes of values at the sample points."""
    with np.errstate(all="ignore"):
        if kind == "compare":
            text = str(op.attributes["comparison_direction"])
            direction = next(name for name in COMPARISONS if f" {name}" in text)
            return COMPARISONS[direction](*values)
        return OPERATIONS[kind](*values)


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1.0 + _erf(x / math.sqrt(2.0)))


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))


def silu(x: np.ndarray) -> np.ndarray:
    return x * _logistic(x)


def quick_gelu(x: np.ndarray) -> np.ndarray:
    return x * _logistic(1.702 * x)


FUNCTIONS = {"gelu": gelu, "gelu_tanh": gelu_tanh, "silu": silu, "quick_gelu": quick_gelu}
"""The activations by the names that blocks give them."""


def classify(values: np.ndarray, tolerance: float) -> str:
    """Returns the activation whose values these are, the nearest one, or an empty string."""
    errors = {name: np.max(np.abs(values - f(POINTS))) for name, f in FUNCTIONS.items()}
    name = min(errors, key=errors.__getitem__)
    return name if errors[name] <= tolerance else ""
