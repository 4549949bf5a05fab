"""Steps compiled: the module and the choice of the next token in one program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.stages import Compiled, Lowered

from rlxflow.errors import CompileError
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.params import param_specs
from rlxflow.ir.module import Port
from rlxflow.kernels.ffi import register_kernels
from rlxflow.passes.kernel_calls import kernels_of
from rlxflow.runtime.device_weights import DeviceWeights
from rlxflow.runtime.devices import Device
from rlxflow.runtime.draw import KERNELS, PLAIN, Search, penalise, sample_token, suppress
from rlxflow.runtime.heap import trim_heap
from rlxflow.runtime.primitive import BoundModule, shape_struct
from rlxflow.runtime.program_key import program_key
from rlxflow.runtime.sampling import Choice, SamplingOptions
from rlxflow.runtime.step_store import StepStore
from rlxflow.runtime.stepper import Cursor, Held, StepProgram, state_ports


def bind_by_kind(
    bound: BoundModule, params: Sequence[Any], states: Sequence[Any], inputs: Sequence[Any]
) -> Mapping[str, Any]:
    """Applies a module to arguments sorted by kind; returns its results by name."""
    queues = {"param": iter(params), "state": iter(states), "input": iter(inputs)}
    results = bound(*(next(queues[port.kind]) for port in bound.arguments))
    return dict(zip([port.name for port in bound.results], results, strict=True))


@dataclass(frozen=True, slots=True)
class Workshop:
    """What steps are made with.

    Attributes:
        weights: On the device, shared by all programs.
        workers: Threads that compile, and take weights to the device, at the same time.
        store: Where steps are kept between processes; nowhere if None.
    """

    weights: DeviceWeights
    workers: Executor
    store: StepStore | None = None


def compile_step(built: BuiltModel, choice: Choice, shop: Workshop) -> StepProgram:
    """Returns the step of a built model whose output `logits` is f32[b, 1, v].

    It is compiled, or read from the store, by a thread of its own, and its weights are taken to the
    device by another.

    Args:
        built: With its kernels bound.
        choice: How tokens are chosen.
        shop: What it is made with.
    """
    arguments = tuple(built.module.arguments())
    params = shop.workers.submit(shop.weights.place, param_specs(arguments), built.plan)
    step = _Step(built, choice, arguments, tuple(built.module.results()))
    register_kernels([*kernels_of(built.module), *step.search.kernels], f"step `{built.name}`")
    device = shop.weights.device
    key = program_key(built, device, asdict(choice)) if shop.store else ""
    program = shop.workers.submit(_compiled, step, key, shop)
    return StepProgram(built, device, arguments, choice.samples, program, params)


def _compiled(step: _Step, key: str, shop: Workshop) -> Compiled:
    """Returns the program of a step: the one that is kept, or a new one, which is kept then."""
    device, store, name = shop.weights.device, shop.store, step.built.name
    known = store.load(key, device, (step.takes(), {}), step.gives()) if store else None
    if known is not None:
        return known
    try:
        made = step.lowered(device).compile()
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        raise CompileError(f"step `{name}`", found=str(error).splitlines()[0]) from error
    if store:
        store.save(key, name, device, made)
    trim_heap()
    return made


@dataclass(frozen=True, slots=True)
class _Step:
    """A module and the choice of a token, as one function of held values."""

    built: BuiltModel
    choice: Choice
    arguments: tuple[Port, ...]
    results: tuple[Port, ...]

    @property
    def search(self) -> Search:
        """Kernels where the profile wants them and there are some."""
        return KERNELS if self.built.bound and self.built.bound.kernels else PLAIN

    @property
    def prefills(self) -> bool:
        return any(port.name == "lengths" for port in self.arguments if port.kind == "input")

    def takes(self) -> Any:
        """Returns the types of all arguments: weights, what is held, cursor, prompt, numbers."""
        params = [shape_struct(port) for port in self.arguments if port.kind == "param"]
        inputs = tuple(shape_struct(port) for port in self.arguments if port.kind == "input")
        numbers = jax.eval_shape(SamplingOptions().numbers) if self.choice.samples else ()
        return params, *self.gives(), inputs if self.prefills else (), numbers

    def gives(self) -> tuple[Any, Any]:
        """Returns the types of what is held, and of the cursor."""
        logits = next(port for port in self.results if port.name == "logits")
        rows, words = logits.shape[0], logits.shape[-1]
        shape: Any = jax.ShapeDtypeStruct
        states: Any = tuple(shape_struct(port) for port in state_ports(self.arguments))
        held = Held(states, shape((rows, words) if self.choice.penalised else (0,), jnp.bool_))
        row = shape((rows,), jnp.int32)
        return held, Cursor(shape((rows, 1), jnp.int32), row, shape((), jnp.int32))

    def lowered(self, device: Device) -> Lowered:
        """Returns the function as JAX hands it to XLA; what is held is donated."""
        bound = BoundModule(self.built.name, self.built.lowered("stablehlo"))
        names = [port.name for port in state_ports(self.arguments)]
        choice, search = self.choice, self.search

        def step(params: Any, held: Held, cursor: Cursor, prompt: Any, numbers: Any) -> Any:
            inputs = prompt if self.prefills else (cursor.tokens, cursor.positions)
            results = bind_by_kind(bound, params, held.states, inputs)
            scores = suppress(results["logits"][:, -1], choice.suppressed)
            if choice.penalised:
                scores = penalise(scores, held.seen, numbers.penalty)
            if choice.greedy:
                tokens = search.best(scores)
            else:
                tokens = sample_token(scores, numbers, cursor.step, choice.width, search)
            rows = jnp.arange(len(tokens))
            seen = held.seen.at[rows, tokens].set(True) if choice.penalised else held.seen
            positions = prompt[1] if self.prefills else cursor.positions + 1
            states = tuple(results[name] for name in names)
            return Held(states, seen), Cursor(tokens[:, None], positions, cursor.step + 1)

        step.__name__ = self.built.name
        with jax.default_device(device):
            return jax.jit(step, donate_argnums=(1,), keep_unused=True).lower(*self.takes())
