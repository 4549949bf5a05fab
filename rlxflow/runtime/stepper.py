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
from rlxflow.flow.params import param_specs
from rlxflow.ir.module import Port
from rlxflow.kernels.built import bind_built
from rlxflow.runtime.compiled import DeviceWeights
from rlxflow.runtime.primitive import BoundModule, shape_struct
from rlxflow.runtime.sampling import SamplingNumbers, best_token, penalise, sample_token, suppress


class Held(NamedTuple):
    """What a step replaces in place: it is handed in, and gone, and comes back.

    Attributes:
        states: The caches, in the order of the module's states.
        seen: i1[b, v], tokens that stand in the row; an empty array if no penalty needs them.
    """

    states: tuple[jax.Array, ...]
    seen: jax.Array


class Cursor(NamedTuple):
    """Where the rows stand; what a step hands to the next without the host looking at it.

    Attributes:
        tokens: i32[b, 1], chosen by the last step.
        positions: i32[b], where they stand.
        step: i32[], tokens chosen so far.
    """

    tokens: jax.Array
    positions: jax.Array
    step: jax.Array


@dataclass(frozen=True, slots=True)
class StepProgram:
    """A compiled step.

    Attributes:
        program: XLA's executable.
        built: The model that the step is of.
        bound: The module in it.
        params: The weights, on the device.
        samples: Whether the numbers of the sampling matter.
    """

    program: Any
    built: BuiltModel
    bound: BoundModule
    params: list[jax.Array]
    samples: bool

    def __call__(
        self,
        held: Held,
        cursor: Cursor,
        numbers: SamplingNumbers,
        prompt: tuple[jax.Array, ...] = (),
    ) -> tuple[Held, Cursor]:
        """Returns what is held, and the cursor with the token that was chosen for each row.

        Args:
            held: From the step before, or empty states.
            cursor: From the step before; of a prompt only `step` counts.
            numbers: Of the sampling.
            prompt: Of a prefill: ids i32[b, t], lengths i32[b], and what else the model takes; a
                decode step takes the cursor.
        """
        return self.program(self.params, held, cursor, prompt, numbers if self.samples else ())


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
    suppressed: Sequence[int] = (),
) -> StepProgram:
    """Returns the step of a built model whose output `logits` is f32[b, 1, v].

    Args:
        built: A flow with states.
        weights: Shared with other programs.
        numbers: Any; only their types matter.
        greedy: Whether the best token is taken.
        penalised: Whether tokens seen so far count.
        suppressed: Ids that are never chosen.
    """
    platform = str(weights.device.platform)
    built = bind_built(built.on_platform(platform), platform)
    bound = BoundModule(built.name, built.lowered("stablehlo"))
    names = [port.name for port in state_ports(bound)]
    prefills = any(port.name == "lengths" for port in bound.arguments if port.kind == "input")

    def step(params: Any, held: Held, cursor: Cursor, prompt: Any, numbers: Any) -> Any:
        inputs = prompt if prefills else (cursor.tokens, cursor.positions)
        results = bind_by_kind(bound, params, held.states, inputs)
        scores = suppress(results["logits"][:, -1], suppressed)
        if penalised:
            scores = penalise(scores, held.seen, numbers.penalty)
        tokens = best_token(scores) if greedy else sample_token(scores, numbers, cursor.step)
        rows = jnp.arange(len(tokens))
        seen = held.seen.at[rows, tokens].set(True) if penalised else held.seen
        positions = prompt[1] if prefills else cursor.positions + 1
        states = tuple(results[name] for name in names)
        return Held(states, seen), Cursor(tokens[:, None], positions, cursor.step + 1)

    step.__name__ = built.name
    specs = param_specs(bound.arguments)
    params = weights.place(specs, built.plan)
    rows, words = next((p.shape[0], p.shape[-1]) for p in bound.results if p.name == "logits")
    shape: Any = jax.ShapeDtypeStruct
    states: Any = tuple(shape_struct(port) for port in state_ports(bound))
    held = Held(states, shape((rows, words) if penalised else (0,), jnp.bool_))
    row = shape((rows,), jnp.int32)
    cursor = Cursor(shape((rows, 1), jnp.int32), row, shape((), jnp.int32))
    inputs = tuple(shape_struct(port) for port in bound.arguments if port.kind == "input")
    samples = penalised or not greedy
    try:
        lowered = jax.jit(step, donate_argnums=(1,), keep_unused=True).lower(
            params, held, cursor, inputs if prefills else (), numbers if samples else ()
        )
        return StepProgram(lowered.compile(), built, bound, params, samples)
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        raise CompileError(f"step `{built.name}`", found=str(error).splitlines()[0]) from error
