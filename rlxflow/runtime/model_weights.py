"""The weights of one model: where they are read, and the device that they go to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from rlxflow.runtime.host_weights import HostWeights

if TYPE_CHECKING:
    from rlxflow.runtime.device_weights import DeviceWeights


class ModelWeights:
    """Weights that all programs of a model share; jax is imported once the device is asked for.

    Args:
        device: As `load` takes it.
        progress: Called with the bytes that were read and all that are needed.

    Attributes:
        host: Where they are read.
    """

    def __init__(
        self, device: object = None, progress: Callable[[int, int], object] | None = None
    ) -> None:
        self._device = device
        self.host = HostWeights(progress)

    @functools.cached_property
    def on_device(self) -> DeviceWeights:
        """The weights on the device."""
        from rlxflow.runtime.device_weights import DeviceWeights
        from rlxflow.runtime.devices import find_device

        return DeviceWeights(find_device(self._device), self.host)

    @property
    def platform(self) -> str:
        """What the device is; only whether there is another than the CPU is a question to jax."""
        if self._device in (None, "cpu"):
            return "cpu"
        return str(self.on_device.device.platform)
