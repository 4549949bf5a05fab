"""What a call of a model gives and gets, by name: defaults of inputs, outputs put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rlxflow.errors import InputError
from rlxflow.ir.module import Port


def _ones(shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, np.int32)


def _zeros(shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, np.int32)


def _counted(shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.arange(shape[-1], dtype=np.int32), shape)


MASKS = ("attention_mask", "pixel_attention_mask")
DEFAULTS: dict[str, Callable[[tuple[int, ...]], np.ndarray]] = {
    **dict.fromkeys(MASKS, _ones),
    "token_type_ids": _zeros,
    "position_ids": _counted,
}
"""What an input is, of a given shape, if a call does not give it."""


def complete(given: dict[str, Any], ports: Sequence[Port]) -> None:
    """Adds the inputs of a program that a call need not give.

    Raises InputError if a row is masked as a whole.
    """
    for port in ports:
        if port.name in DEFAULTS and port.name not in given:
            given[port.name] = DEFAULTS[port.name](port.shape)
    _refuse_empty_rows(given)


def _refuse_empty_rows(inputs: Mapping[str, object]) -> None:
    for name in MASKS:
        mask = np.asarray(inputs.get(name, True)).astype(bool)
        empty = np.flatnonzero(~mask.any(axis=-1)) if mask.ndim else np.empty(0)
        if empty.size:
            where = f"input `{name}`[{empty[0]}]"
            raise InputError(where, expected="at least one token", found="none")


def gather_numbered(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the outputs with `name.0`, `name.1`, ... put together as the tuple `name`."""
    made: dict[str, Any] = {}
    for name, value in outputs.items():
        base, _, number = name.rpartition(".")
        if base and number.isdecimal():
            made[base] = (*made.get(base, ()), value)
        else:
            made[name] = value
    return made
