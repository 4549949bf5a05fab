"""The weights that a module takes, as its arguments say."""

from __future__ import annotations

from collections.abc import Iterable

from rlxflow.ir.module import Port
from rlxflow.weights import ParamSpec


def param_specs(ports: Iterable[Port]) -> tuple[ParamSpec, ...]:
    """Returns the weights among the arguments of a module, in order."""
    return tuple(
        ParamSpec(port.name, port.shape, port.dtype, packed=port.packed)
        for port in ports
        if port.kind == "param"
    )
