"""The weights that a module takes, as its arguments say, and what a file has for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rlxflow.ir.module import Port
from rlxflow.weights import NameRules, ParamSpec, WeightPlan, WeightSource, make_plan
from rlxflow.weights.compare import check_bytes
from rlxflow.weights.names import RenamedSource
from rlxflow.weights.plan import layer_specs

_NO_RULES = NameRules()


def param_specs(ports: Iterable[Port]) -> tuple[ParamSpec, ...]:
    """Returns the weights among the arguments of a module, in order."""
    return tuple(
        ParamSpec(port.name, port.shape, port.dtype, packed=port.packed)
        for port in ports
        if port.kind == "param"
    )


def plan_of(
    ports: Sequence[Port],
    source: WeightSource,
    rules: NameRules = _NO_RULES,
    *,
    allow_unused: bool = False,
) -> WeightPlan:
    """Returns how the weights among the arguments of a module are made; see `make_plan`.

    A stack is made of its parts, unless the source has a tensor of the name of the stack.
    """
    known = RenamedSource(source, rules)
    stacks = {
        port.name: port.parts
        for port in ports
        if port.kind == "param" and port.parts and port.name not in known
    }
    single = [
        spec
        for port in ports
        for spec in (_parts(port) if port.name in stacks else param_specs([port]))
    ]
    return make_plan(single, source, rules, allow_unused=allow_unused).stacked(stacks)


def _parts(port: Port) -> list[ParamSpec]:
    """Returns the weights of a file that a stack is made of."""
    made = [ParamSpec(part, port.shape[1:], port.dtype) for part in port.parts]
    if not port.packed:
        return made
    (whole,) = param_specs([port])
    check_bytes(whole)
    return layer_specs(whole, made)
