"""A program read from a file: called like one that was compiled here."""

from __future__ import annotations

from typing import Any

import jax

from rlxflow.runtime.devices import Device


class LoadedProgram:
    """Machine code on a device, with the calls of `jax.stages.Compiled` that are used here."""

    def __init__(self, executable: Any, device: Device) -> None:
        self._executable, self._device = executable, device

    def __call__(self, *arguments: Any) -> list[jax.Array]:
        """Runs the program; donated arguments are gone afterwards."""
        placed = list(arguments)
        host = [i for i, a in enumerate(placed) if not isinstance(a, jax.Array)]
        moved = jax.device_put([placed[i] for i in host], self._device)  # one transfer for all
        for i, array in zip(host, moved, strict=True):
            placed[i] = array
        results = self._executable.execute_sharded(placed)
        return [parts[0] for parts in results.disassemble_into_single_device_arrays()]

    def serialize(self) -> bytes:
        """Returns the machine code in XLA's own form."""
        return self._executable.serialize()

    def as_text(self) -> str:
        """Returns the optimised HLO."""
        return "\n\n".join(module.to_string() for module in self._executable.hlo_modules())

    def cost_analysis(self) -> Any:
        """Returns XLA's own count."""
        return self._executable.cost_analysis()

    def memory_analysis(self) -> Any:
        """Returns XLA's own sizes."""
        return self._executable.get_compiled_memory_stats()
