"""What there is to run on: devices, their measured rates, and the kernels of the CPU."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import jax

from rlxflow.errors import KernelError
from rlxflow.kernels.library import Library, find_library
from rlxflow.runtime.devices import Device
from rlxflow.runtime.machine import this_machine


@dataclass(frozen=True)
class Kernels:
    """The library of kernels.

    Attributes:
        path: Of the file; empty if it is not installed.
        isa: Instruction set that it uses on this machine.
        formats: Of weights.
        targets: Kernels by the names that modules call.
        problem: Why there is none, if there is none.
    """

    path: str = ""
    isa: str = ""
    formats: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    problem: str = ""


def kernel_facts() -> Kernels:
    """Returns what is known of the library."""
    try:
        found: Library | None = find_library()
    except KernelError as error:
        return Kernels(problem=str(error))
    if found is None:
        return Kernels(problem="not installed")
    return Kernels(str(found.path), found.isa, found.formats, found.targets)


def device_facts(*, again: bool = False) -> dict[str, Any]:
    """Returns devices and kernels as plain data; rates are measured once and kept.

    Args:
        again: Whether they are measured in any case.
    """
    devices: list[Device] = list(jax.devices("cpu")[:1])
    devices += [each for each in jax.devices() if each.platform != "cpu"]
    rows: list[dict[str, Any]] = []
    for device in devices:
        machine = this_machine(device, again=again)
        row: dict[str, Any] = {"platform": device.platform, "name": machine.name}
        row["read_bytes_per_s"] = machine.bandwidth
        row["flops"] = dict(machine.flops)
        rows.append(row)
    return {"devices": rows, "kernels": asdict(kernel_facts())}
