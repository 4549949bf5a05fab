"""Activation functions under the names that config files give them.

Source: transformers' `ACT2FN`; Hendrycks and Gimpel, arXiv 1606.08415, for both GELU forms.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from rlxflow.errors import ConfigError, did_you_mean
from rlxflow.ir import ops
from rlxflow.ir.value import Value


def gelu(x: Value) -> Value:
    """Returns `x/2 (1 + erf(x / sqrt 2))`."""
    return x * 0.5 * (ops.erf(x * math.sqrt(0.5)) + 1.0)


def gelu_tanh(x: Value) -> Value:
    """Returns `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`."""
    inner = (x + x * x * x * 0.044715) * math.sqrt(2.0 / math.pi)
    return x * 0.5 * (ops.tanh(inner) + 1.0)


def quick_gelu(x: Value) -> Value:
    """Returns `x sigmoid(1.702 x)`."""
    return x * ops.logistic(x * 1.702)


def relu(x: Value) -> Value:
    """Returns `max(x, 0)`."""
    return ops.maximum(x, 0.0)


def silu(x: Value) -> Value:
    """Returns `x sigmoid(x)`."""
    return x * ops.logistic(x)


ACTIVATIONS: dict[str, Callable[[Value], Value]] = {
    "gelu": gelu,
    "gelu_erf": gelu,
    "gelu_new": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "gelu_tanh": gelu_tanh,
    "quick_gelu": quick_gelu,
    "relu": relu,
    "silu": silu,
    "swish": silu,
    "tanh": ops.tanh,
}


def check_activation(name: str, where: str) -> str:
    """Returns `name` if the table holds it, else raises ConfigError."""
    if name in ACTIVATIONS:
        return name
    raise ConfigError(
        where,
        expected=f"one of {', '.join(ACTIVATIONS)}",
        found=f"`{name}`",
        cure=did_you_mean(name, ACTIVATIONS),
    )


def activate(name: str, x: Value) -> Value:
    """Returns the activation of that name, computed in f32 and given back as the dtype of `x`."""
    function = ACTIVATIONS[check_activation(name, "activation")]
    return ops.convert(function(ops.convert(x, "f32")), x.dtype)
