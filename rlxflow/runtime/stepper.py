"""Programs with states: the module and the choice of the next token in one compiled step.

States are donated, so a cache stays where it is on the device from the first step to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.stages import Compiled

from rlxflow import dtypes
from rlxflow.flow.built import BuiltModel
from rlxflow.ir.module import Port
from rlxflow.runtime.devices import Device
from rlxflow.runtime.sampling import SamplingNumbers, SamplingOptions


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


class Start(NamedTuple):
    """What the step of a prompt is called with, in this order."""

    held: Held
    cursor: Cursor
    numbers: SamplingNumbers | tuple[()]
    prompt: tuple[jax.Array, ...]


@dataclass(frozen=True, slots=True)
class StepProgram:
    """A step that is being compiled, or is; what needs the program or the weights waits for them.

    Attributes:
        built: The model that the step is of.
        device: Where it runs.
        arguments: Of its module.
        samples: Whether the numbers of the sampling matter.
    """

    built: BuiltModel
    device: Device
    arguments: tuple[Port, ...]
    samples: bool
    _program: Future[Compiled]
    _params: Future[list[jax.Array]]

    @property
    def program(self) -> Compiled:
        """XLA's executable; raises CompileError."""
        return self._program.result()

    @property
    def params(self) -> list[jax.Array]:
        """The weights, on the device; raises WeightError."""
        return self._params.result()

    def wait(self) -> StepProgram:
        """Returns itself, once there is nothing left to wait for; raises what went wrong."""
        both: list[Future[Any]] = [self._program, self._params]
        wait(both, return_when=FIRST_EXCEPTION)
        _ = self.params, self.program
        return self

    def new_states(self) -> tuple[jax.Array, ...]:
        """Returns empty states, made on the device so that they can be reused in place."""
        ports = state_ports(self.arguments)
        with jax.default_device(self.device):
            return tuple(jnp.zeros(port.shape, dtypes.to_numpy(port.dtype)) for port in ports)

    def start(
        self,
        rows: Sequence[Sequence[int]],
        width: int,
        options: SamplingOptions,
        words: int,
        *,
        step: int = 0,
        extra: tuple[jax.Array, ...] = (),
    ) -> Start:
        """Returns what the step of a prompt takes, on the device.

        Args:
            rows: Ids of each row.
            width: Tokens that rows are padded to, on the right.
            options: How tokens are chosen.
            words: Size of the vocabulary.
            step: Tokens chosen so far.
            extra: What the model takes beside ids and lengths, in order.
        """
        count = len(rows)
        ids = np.zeros((count, width), np.int32)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
        seen = np.zeros((0,), np.bool_)
        if options.penalised:
            seen = np.zeros((count, words), np.bool_)
            for i, row in enumerate(rows):
                seen[i, row] = True
        lengths = np.array([len(row) for row in rows], np.int32)
        small = np.zeros((count, 1), np.int32), lengths, np.int32(step), ids
        *cursor, ids = jax.device_put(small, self.device)  # each by itself is a millisecond or ten
        with jax.default_device(self.device):
            held = Held(self.new_states(), jnp.asarray(seen))
            numbers = options.numbers() if self.samples else ()
        cursor = Cursor(*cursor)
        return Start(held, cursor, numbers, (ids, cursor.positions, *extra))

    def __call__(
        self,
        held: Held,
        cursor: Cursor,
        numbers: SamplingNumbers | tuple[()],
        prompt: tuple[jax.Array, ...] = (),
    ) -> tuple[Held, Cursor]:
        """Returns what is held, and the cursor with the token that was chosen for each row.

        Args:
            held: From the step before, or empty states.
            cursor: From the step before; of a prompt only `step` counts.
            numbers: Of the sampling; empty where they do not matter.
            prompt: Of a prefill: ids i32[b, t], lengths i32[b], and what else the model takes; a
                decode step takes the cursor.
        """
        return self.program(self.params, held, cursor, prompt, numbers if self.samples else ())


def state_ports(ports: Sequence[Port]) -> list[Port]:
    """Returns the states among a module's arguments, in order."""
    return [port for port in ports if port.kind == "state"]
