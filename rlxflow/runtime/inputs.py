"""Checks what a call is given, by name, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import numpy as np

from rlxflow import dtypes
from rlxflow.errors import InputError, did_you_mean
from rlxflow.ir.module import Port
from rlxflow.runtime.primitive import as_numpy


def check_inputs(
    given: Mapping[str, object], ports: Sequence[Port]
) -> list[jax.Array | np.ndarray]:
    """Returns the inputs in the order of the module's arguments, in its element types.

    Integers of any width are taken for ids, floats are not. Arrays on a device other than the CPU
    are not looked into.

    Raises InputError for a name, shape, element type or id that does not fit.
    """
    names = [port.name for port in ports]
    for name in given:
        if name not in names:
            raise InputError(
                f"input `{name}`",
                expected=f"inputs {', '.join(names)}",
                found=f"`{name}`",
                cure=did_you_mean(name, names),
            )
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(
            "call", expected=f"inputs {', '.join(names)}", found=f"no {', '.join(missing)}"
        )
    return [_check(given[port.name], port) for port in ports]


def _check(value: object, port: Port) -> jax.Array | np.ndarray:
    array = value if isinstance(value, jax.Array) else as_numpy(value)
    wanted, below = dtypes.to_numpy(port.dtype), port.below
    if tuple(array.shape) != port.shape:
        raise InputError(
            f"input `{port.name}`",
            expected=f"shape {list(port.shape)}",
            found=str(list(array.shape)),
        )
    if array.dtype == wanted and below is None:
        return array
    if array.dtype != wanted and not _fits(array.dtype, wanted):
        raise InputError(
            f"input `{port.name}`",
            expected=f"{port.dtype} values",
            found=str(array.dtype),
            cure="ids and masks are integers" if wanted.kind == "i" else "convert it first",
        )
    if isinstance(array, jax.Array) and next(iter(array.devices())).platform != "cpu":
        return array.astype(wanted)
    host = np.asarray(array)
    if below is not None and host.size:
        _check_range(host, port.name, below)
    return host.astype(wanted, copy=False) if array.dtype != wanted else array


def _fits(found: np.dtype, wanted: np.dtype) -> bool:
    """Whether a conversion keeps every value that passes the range check."""
    if wanted.kind in "iu":
        return found.kind in "iub"
    return wanted.kind == found.kind and found.itemsize <= wanted.itemsize


def _check_range(host: np.ndarray, name: str, below: int) -> None:
    low, high = int(host.min()), int(host.max())
    if low < 0 or high >= below:
        place = np.argwhere((host < 0) | (host >= below))[0]
        raise InputError(
            f"input `{name}`{[int(i) for i in place]}",
            expected=f"0 <= id < {below}",
            found=str(int(host[tuple(place)])),
        )
