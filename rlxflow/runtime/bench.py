"""Times prefill and decode of a language model, and sets them against what the machine can do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from rlxflow.errors import InputError
from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.cost import Cost
from rlxflow.inspect.ledger import Ledger
from rlxflow.runtime.ledger import source_of
from rlxflow.runtime.machine import multiply_rate, product_rate, read_by_cores, this_machine
from rlxflow.runtime.measure import measure
from rlxflow.runtime.sampling import SamplingOptions
from rlxflow.runtime.stepper import Cursor, Held, StepProgram

if TYPE_CHECKING:
    from rlxflow.runtime.model import Model

BEST = SamplingOptions()
PHASES = ("prefill", "decode")
TYPES = ("f32", "bf16")
_PRODUCTS_OF_F32 = 3  # of bf16, which AMX makes instead of one of f32 with a weight in a block


@dataclass(frozen=True, kw_only=True)
class BenchSizes:
    """What is run.

    Attributes:
        batch: Rows.
        prompt: Tokens of each prompt.
        context: Positions of the cache; decode steps end at the last of them, so that each reads
            nearly all of it.
        steps: Decode steps of a round.
        rounds: How often each is timed, in turns.
    """

    batch: int = 1
    prompt: int = 128
    context: int = 512
    steps: int = 16
    rounds: int = 5

    def __post_init__(self) -> None:
        for name, number in asdict(self).items():
            if number < 1:
                raise InputError(name, expected="at least 1", found=str(number))
        if max(self.prompt, self.steps) >= self.context:
            found = f"{self.prompt} tokens, {self.steps} steps and a context of {self.context}"
            cure = "raise the context"
            raise InputError("bench", expected="a cache that holds them", found=found, cure=cure)


@dataclass(frozen=True)
class Round:
    """Seconds of one round, and what the machine did beside it.

    Attributes:
        prefill_s: A prefill.
        decode_s: All decode steps.
        read_bytes_s: Bytes that all cores read from memory in a second, the median of several
            tries; 0 if not the CPU's.
        flops_s: Operations a second of the fastest of a large product in f32, one in bf16, and
            multiplications of kernels in registers (pairs of int16 if weights are blocks, else
            f32; of bf16, if activations are that), by the median, too: what a step takes is no
            best case either.
    """

    prefill_s: float
    decode_s: float
    read_bytes_s: float
    flops_s: float


class Bench:
    """The programs of a model, compiled, with a cache of the length that was asked for."""

    def __init__(self, model: Model, sizes: BenchSizes) -> None:
        """Compiles prefill and decode.

        Raises ConfigError for a model that does not generate, InputError for a context beyond its
        positions.
        """
        model.generator.check_family()
        limits = model.generator.limits()
        if limits.max_positions is not None and sizes.context > limits.max_positions:
            expected = f"at most {limits.max_positions} positions"
            raise InputError("context", expected=expected, found=str(sizes.context))
        self.model, self.sizes = model, sizes
        self._device = model.weights.on_device.device
        b, t, s = sizes.batch, sizes.prompt, sizes.context
        self.programs = {
            "prefill": model.generator.program("prefill", b, t, s, BEST),
            "decode": model.generator.program("decode", b, 1, s, BEST),
        }
        for program in self.programs.values():
            program.wait()
        stages = self.programs["decode"].built.dispatch()
        self._multiplied = ["int16" if any(stage.blocks for stage in stages) else "f32"]
        if model.checkpoint.compute_dtype == "bf16":
            self._multiplied.append("bf16")
        draw = np.random.default_rng(1)
        self._ids = draw.integers(0, limits.vocab_size, (b, t)).astype(np.int32)

    def round(self) -> Round:
        """Returns the times of one prefill and of the decode steps after each other."""
        with jax.default_device(self._device):
            prefill, (held, cursor) = self.timed(self.prefill)
            decode, _ = self.timed(lambda: self.decode(held, cursor))
        on_cpu = self._device.platform == "cpu"
        read = read_by_cores(statistics.median) if on_cpu else 0.0
        return Round(prefill, decode, read, self._peak(on_cpu))

    def _peak(self, on_cpu: bool) -> float:
        """Returns the operations a second of the fastest that the programs may multiply with."""
        size, usual = 1024 if on_cpu else 8192, statistics.median
        rates = [product_rate(self._device, dtype, size, usual) for dtype in TYPES]
        if on_cpu:
            rates += [multiply_rate(dtype, usual) for dtype in self._multiplied]
            rates.append(multiply_rate("bf16", usual) / _PRODUCTS_OF_F32)
        return max(rates)

    @staticmethod
    def timed(run: Callable[[], tuple[Held, Cursor]]) -> tuple[float, tuple[Held, Cursor]]:
        """Returns the seconds until the results of a call are there, and these."""
        begin = time.perf_counter()
        results = jax.block_until_ready(run())
        return time.perf_counter() - begin, results

    def prefill(self) -> tuple[Held, Cursor]:
        """Runs the prompts through the model, into new caches."""
        sizes, program = self.sizes, self.programs["prefill"]
        held = Held(program.new_states(), jnp.zeros((0,), jnp.bool_))
        lengths = jnp.full((sizes.batch,), sizes.prompt, jnp.int32)
        cursor = Cursor(jnp.zeros((sizes.batch, 1), jnp.int32), lengths, jnp.int32(0))
        return program(held, cursor, BEST.numbers(), (jnp.asarray(self._ids), lengths))

    def decode(self, held: Held, cursor: Cursor) -> tuple[Held, Cursor]:
        """Takes the steps that fill the last positions of the context."""
        program, numbers = self.programs["decode"], BEST.numbers()
        cursor = self._before_end(cursor, self.sizes.steps)
        for _ in range(self.sizes.steps):
            held, cursor = program(held, cursor, numbers)
        return held, cursor

    def _before_end(self, cursor: Cursor, steps: int) -> Cursor:
        """Returns the cursor so many steps before the end of the context."""
        start = jnp.full((self.sizes.batch,), self.sizes.context - steps, jnp.int32)
        return cursor._replace(positions=start)

    def ledger(self, phase: str, *, measured: bool = False) -> Ledger:
        """Returns what a program costs, stage by stage, with measured times if asked for."""
        program = self.programs[phase]
        text = program.program.as_text() or ""
        times = self._measured(phase, text) if measured else None
        return make_ledger(
            text,
            phase,
            table=source_of(program.built).table(),
            machine=this_machine(self._device),
            measured=times.per_call() if times else None,
            step_s=times.step_s if times else None,
        )

    def _measured(self, phase: str, text: str) -> Any:
        name = text.partition("HloModule ")[2].partition(",")[0]
        with jax.default_device(self._device):
            held, cursor = self.prefill()
            if phase == "prefill":
                return measure(self.prefill, name)
            last = self._before_end(cursor, 1)
            return measure(_stepper(self.programs["decode"], held, last), name)


def _stepper(program: StepProgram, held: Held, cursor: Cursor) -> Callable[[], object]:
    """Returns a function that takes one step, always at the same position."""
    kept = [held]

    def step() -> object:
        kept[0], chosen = program(kept[0], cursor, BEST.numbers())
        return chosen.tokens

    return step


@dataclass(frozen=True)
class Figures:
    """One phase: the median of its rounds, and what that is of the machine's limit.

    Attributes:
        tokens_s: Tokens of all rows in a second; the median of the rounds.
        slowest: The same, in the slowest round.
        fastest: In the fastest one.
        bytes_s: Bytes a second that the program reads from memory, weights and caches.
        flops_s: Floating point operations a second.
        limited_by: `memory` or `compute`: what a step needs more time for at the machine's rates.
        of_limit: The time it would need at the rates of the same rounds, over the time it took.
    """

    tokens_s: float
    slowest: float
    fastest: float
    bytes_s: float
    flops_s: float
    limited_by: str
    of_limit: float


def figures(bench: Bench, phase: str, rounds: Sequence[Round], cost: Cost) -> Figures:
    """Returns what the rounds say about a phase whose program costs so much."""
    sizes = bench.sizes
    runs, tokens = (1, sizes.prompt) if phase == "prefill" else (sizes.steps, 1)
    taken = [getattr(each, f"{phase}_s") / runs for each in rounds]
    rates = sorted(sizes.batch * tokens / each for each in taken)
    machine = this_machine(bench.model.weights.on_device.device)
    reads = [each.read_bytes_s or machine.bandwidth for each in rounds]
    memory = [cost.read / (rate * each) for rate, each in zip(reads, taken, strict=True)]
    peaks = [each.flops_s for each in rounds]
    compute = [cost.flops / (peak * each) for peak, each in zip(peaks, taken, strict=True)]
    limits = {"memory": statistics.median(memory), "compute": statistics.median(compute)}
    by = max(limits, key=lambda name: limits[name])
    middle = statistics.median(taken)
    return Figures(
        tokens_s=statistics.median(rates),
        slowest=rates[0],
        fastest=rates[-1],
        bytes_s=cost.read / middle,
        flops_s=cost.flops / middle,
        limited_by=by,
        of_limit=limits[by],
    )
