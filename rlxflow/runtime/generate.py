"""Token by token: prompts into the cache, then steps, the next one sent before the last is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from rlxflow.errors import InputError
from rlxflow.runtime.embed import bucket
from rlxflow.runtime.sampling import SamplingNumbers, SamplingOptions

if TYPE_CHECKING:
    import jax

    from rlxflow.runtime.stepper import Cursor, Held, StepProgram

CONTEXT_STEP = 128  # caches are made for a multiple of this many positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model allows.

    Attributes:
        max_positions: Tokens in a row, prompt and answer together; None for no limit.
        vocab_size: Ids are below it.
        restart_at: A length at which everything before has to be computed anew, because the
            rotation changes there; 0 for none.
    """

    max_positions: int | None
    vocab_size: int
    restart_at: int = 0


@dataclass(slots=True)
class Timing:
    """Seconds and tokens of a generation; `compile_s` is spent once for each shape."""

    compile_s: float = 0.0
    prompt_tokens: int = 0
    prompt_s: float = 0.0
    new_tokens: int = 0
    decode_s: float = 0.0

    def __str__(self) -> str:
        prompt = f"prompt {self.prompt_tokens} tokens in {self.prompt_s:.2f} s"
        rate = (self.new_tokens - 1) / self.decode_s if self.decode_s else 0.0
        ready = f"ready in {self.compile_s:.2f} s"
        return f"{ready}; {prompt}; {self.new_tokens} new tokens a row, {rate:.1f} tokens/s a row"


Programs = Callable[[str, int, int, int, SamplingOptions], Callable[[], "StepProgram"]]
"""`(phase, batch, seq, context, options) -> begin`: a step is built; `begin` has it compiled."""


@dataclass
class Generation:
    """One run over a batch of prompts.

    Attributes:
        prompts: Ids of each row, at least one.
        max_new_tokens: At most this many are added to each row.
        options: How tokens are chosen.
        limits: What the model allows.
        programs: Where steps come from.
        workers: Where the step is built beside the prompt's program, and later compiled.
        extra: What a prefill takes beside ids and lengths, in order.
        timing: Filled while tokens are drawn.
    """

    prompts: Sequence[Sequence[int]]
    max_new_tokens: int
    options: SamplingOptions
    limits: Limits
    programs: Programs
    workers: Executor
    extra: tuple[jax.Array, ...] = ()
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        if not self.prompts:
            raise InputError("prompts", expected="at least one", found="none")
        if self.max_new_tokens < 1:
            raise InputError(
                "max_new_tokens", expected="at least 1", found=str(self.max_new_tokens)
            )
        most = self.limits.max_positions
        for i, row in enumerate(self.prompts):
            if not len(row):
                raise InputError(f"prompt {i}", expected="at least one token", found="none")
            if min(row) < 0 or max(row) >= self.limits.vocab_size:
                bad = next(x for x in row if not 0 <= x < self.limits.vocab_size)
                below = f"ids below {self.limits.vocab_size}"
                raise InputError(f"prompt {i}", expected=below, found=str(bad))
            total = len(row) + self.max_new_tokens
            if most is not None and total > most:
                raise InputError(
                    f"prompt {i}",
                    expected=f"at most {most} tokens with the new ones",
                    found=f"{len(row)} and {self.max_new_tokens} new",
                    cure="shorten the prompt or ask for fewer tokens",
                )

    def tokens(self) -> Iterator[np.ndarray]:
        """Yields i32[b], one token for each row, until `max_new_tokens`; stop it by closing it."""
        rows = [list(row) for row in self.prompts]
        left = self.max_new_tokens
        while left > 0:
            longest = max(map(len, rows))
            until = self.limits.restart_at
            count = min(left, until - longest + 1) if until > 0 and longest <= until else left
            for token in self._run(rows, count):
                yield token
                for row, one in zip(rows, token.tolist(), strict=True):
                    row.append(one)
            left -= count

    def _run(self, rows: list[list[int]], count: int) -> Iterator[np.ndarray]:
        """Yields `count` tokens after filling the cache with the rows."""
        started = time.perf_counter()
        total = max(map(len, rows)) + self.max_new_tokens
        context = -(-total // CONTEXT_STEP) * CONTEXT_STEP
        context = min(context, self.limits.max_positions or context)
        width = min(bucket(max(map(len, rows)), context), context)
        prefill = self.programs("prefill", len(rows), width, context, self.options)()
        step = "decode", len(rows), 1, context, self.options
        built = self.workers.submit(self.programs, *step) if count > 1 else None
        chosen, words = self.timing.new_tokens, self.limits.vocab_size
        begin = prefill.start(rows, width, self.options, words, step=chosen, extra=self.extra)
        prefill.wait()
        started = self._count("compile_s", started)
        held, cursor = prefill(*begin)
        token = self._read(cursor)
        self.timing.prompt_tokens += sum(map(len, rows))
        self._count("prompt_s", started)
        if built is None:
            yield token
            return
        # Not before: compiling it would take cores from the prompt.
        decode = self.workers.submit(_begun, built)
        yield token
        yield from self._steps(decode, held, cursor, begin.numbers, count - 1)

    def _steps(
        self,
        coming: Future[StepProgram],
        held: Held,
        cursor: Cursor,
        numbers: SamplingNumbers | tuple[()],
        count: int,
    ) -> Iterator[np.ndarray]:
        """Yields `count` tokens; a step is sent before the token of the last one is read."""
        started = time.perf_counter()
        program = coming.result().wait()
        started = self._count("compile_s", started)
        try:
            held, cursor = program(held, cursor, numbers)
            for _ in range(count - 1):
                held, following = program(held, cursor, numbers)
                yield self._read(cursor)
                cursor = following
            yield self._read(cursor)
        finally:
            self._count("decode_s", started)

    def _count(self, name: str, started: float) -> float:
        """Adds the seconds since `started` to the timing; returns the time."""
        now = time.perf_counter()
        setattr(self.timing, name, getattr(self.timing, name) + now - started)
        return now

    def _read(self, cursor: Cursor) -> np.ndarray:
        self.timing.new_tokens += 1
        return np.asarray(cursor.tokens)[:, 0]


def _begun(built: Future[Callable[[], StepProgram]]) -> StepProgram:
    """Has a step compiled, once it is built; raises what went wrong in building it."""
    return built.result()()
