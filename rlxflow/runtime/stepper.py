"""Programs with states: the module and the choice of the next token in one compiled step.

States are donated, so a cache stays where it is on the device from the first step to the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rlxflow import dtypes
from rlxflow.errors import CompileError
from rlxflow.flow.built import BuiltModel
from rlxflow.ir.module import Port
from rlxflow.runtime.compiled import DeviceWeights
from rlxflow.runtime.primitive import BoundModule, shape_struct
from rlxflow.runtime.sampling import SamplingNumbers, best_token, penalise, sample_token
from rlxflow.weights import ParamSpec


class Carry(NamedTuple):
    """What goes from step to step and never leaves the device.

    Attributes:
        states: The caches, in the order of the module's states.
        seen: i1[b, v], tokens that stand in the row; an empty array if no penalty needs them.
        step: i32[], tokens chosen so far.
    """

    states: tuple[jax.Array, ...]
    seen: jax.Array
    step: jax.Array


@dataclass(frozen=True, slots=True)
class StepProgram:
    """A compiled step: `(weights, carry, inputs, numbers) -> (tokens, scores, carry)`."""

    program: Any
    bound: BoundModule
    params: list[jax.Array]

    def __call__(
        self, carry: Carry, inputs: Sequence[jax.Array], numbers: SamplingNumbers
    ) -> tuple[jax.Array, jax.Array, Carry]:
        """Returns i32[b] tokens, f32[b, v] scores and what the next step takes."""
        return self.program(self.params, carry, tuple(inputs), numbers)


def state_ports(bound: BoundModule) -> list[Port]:
    """Returns the states of a module, in order."""
    return [port for port in bound.arguments if port.kind == "state"]


def new_states(bound: BoundModule) -> tuple[jax.Array, ...]:
    """Returns empty states, made on the device so that they can be reused in place."""
    ports = state_ports(bound)
    return tuple(jnp.zeros(port.shape, dtypes.to_numpy(port.dtype)) for port in ports)


def bind_by_kind(
    bound: BoundModule, params: Sequence[Any], states: Sequence[Any], inputs: Sequence[Any]
) -> Mapping[str, Any]:
    """Applies a module to arguments sorted by kind; returns its results by name."""
    queues = {"param": iter(params), "state": iter(states), "input": iter(inputs)}
    results = bound(*(next(queues[port.kind]) for port in bound.arguments))
    return dict(zip([port.name for port in bound.results], results, strict=True))


def compile_step(
    built: BuiltModel,
    weights: DeviceWeights,
    numbers: SamplingNumbers,
    *,
    greedy: bool,
    penalised: bool,
) -> StepProgram:
    """Returns the step of a built model whose output `logits` is f32[b, 1, v].

    Args:
        built: A flow with states.
        weights: Shared with other programs.
        numbers: Any; only their types matter.
        greedy: Whether the best token is taken.
        penalised: Whether tokens seen so far count.
    """
    bound = BoundModule(built.name, built.lowered("stablehlo"))
    names = [port.name for port in state_ports(bound)]

    def step(params: Any, carry: Carry, inputs: Any, numbers: SamplingNumbers) -> Any:
        results = bind_by_kind(bound, params, carry.states, inputs)
        scores = results["logits"][:, -1]
        if penalised:
            scores = penalise(scores, carry.seen, numbers.penalty)
        tokens = best_token(scores) if greedy else sample_token(scores, numbers, carry.step)
        rows = jnp.arange(len(tokens))
        seen = carry.seen.at[rows, tokens].set(True) if penalised else carry.seen
        states = tuple(results[name] for name in names)
        return tokens, scores, Carry(states, seen, carry.step + 1)

    step.__name__ = built.name
    specs = [ParamSpec(p.name, p.shape, p.dtype) for p in bound.arguments if p.kind == "param"]
    params = weights.place(specs, built.plan)
    inputs = tuple(shape_struct(port) for port in bound.arguments if port.kind == "input")
    states = tuple(shape_struct(port) for port in state_ports(bound))
    rows, words = next((p.shape[0], p.shape[-1]) for p in bound.results if p.name == "logits")
    seen = jax.ShapeDtypeStruct((rows, words) if penalised else (0,), jnp.bool_)
    carry: Any = (states, seen, jax.ShapeDtypeStruct((), jnp.int32))
    try:
        lowered = jax.jit(step, donate_argnums=(1,), keep_unused=True).lower(
            params, Carry(*carry), inputs, numbers
        )
        return StepProgram(lowered.compile(), bound, params)
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        raise CompileError(f"step `{built.name}`", found=str(error).splitlines()[0]) from error
