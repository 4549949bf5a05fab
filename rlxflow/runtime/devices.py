"""Names of devices."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax

from rlxflow.errors import InputError

Device: TypeAlias = Any
"""A `jax.Device`, which jax exports as a variable that type checkers do not take."""


def find_device(device: object) -> Device:
    """Returns a device by platform name (`cpu`, `gpu`, `cuda`, `tpu`), or the device itself.

    Raises InputError that lists what jax sees if there is none of that name.
    """
    if isinstance(device, jax.Device):
        return device
    name = "cpu" if device is None else str(device)
    try:
        return jax.devices(name)[0]
    except RuntimeError:
        seen = sorted({d.platform for d in jax.devices()})
        raise InputError(
            f"device `{name}`",
            expected=f"one of {', '.join(seen)}",
            found="none of that name",
            cure="install the jax plugin of that platform",
        ) from None
