"""Weights on a device, shared by all programs that take them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import jax

from rlxflow.runtime.devices import Device
from rlxflow.runtime.host_weights import HostWeights
from rlxflow.weights import ParamSpec, WeightPlan
from rlxflow.weights.quant_error import QuantError


class DeviceWeights:
    """Weights on one device, each transferred once and shared by all programs that use it.

    Args:
        device: Where they go.
        host: Where they are read; some may have been begun already.
    """

    def __init__(self, device: Device, host: HostWeights | None = None) -> None:
        self.device, self._host = device, host or HostWeights()
        self._placed: dict[ParamSpec, jax.Array] = {}
        self._errors: dict[ParamSpec, QuantError] = {}
        self._lock = threading.Lock()

    def place(self, params: Sequence[ParamSpec], plan: WeightPlan | None) -> list[jax.Array]:
        """Returns the arrays of these arguments; reads those that are not on the device yet.

        On CPU an aligned file is used in place. Threads that ask at the same time wait for each
        other. Raises WeightError if there is no data.
        """
        with self._lock:
            missing = [param for param in params if param not in self._placed]
            self._host.begin(missing, plan)
            for param in missing:
                array, self._errors[param] = self._host.wait(param)
                self._placed[param] = jax.device_put(array, self.device)
                self._host.release(param)
            return [self._placed[param] for param in params]

    def errors(self, params: Sequence[ParamSpec]) -> dict[str, QuantError]:
        """Returns what quantising changed in those of these arguments that are on the device."""
        return {each.name: self._errors[each] for each in params if each in self._errors}
