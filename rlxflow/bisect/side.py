"""Who says what values are: a module with something that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import InputError
from rlxflow.ir.module import IrModule, Port

Arrays = Mapping[str, np.ndarray]
Run = Callable[[IrModule, Arrays], Arrays]
"""Runs a module of stages whose arguments are all inputs; returns its results by name."""


@dataclass(frozen=True)
class Side:
    """A module and what runs it.

    Attributes:
        name: For people: `xla`, or the file of the module.
        module: With stages.
        run: What runs it.
    """

    name: str
    module: IrModule
    run: Run

    def of(self, module: IrModule) -> Side:
        """Returns the same for another module."""
        return replace(self, module=module)

    def values(self, module: IrModule, arrays: Arrays) -> dict[str, np.ndarray]:
        """Returns the results of a module for inputs of which it may need only some."""
        given = {port.name: fit(arrays, port) for port in module.arguments()}
        made = self.run(module, given)
        ports = {port.name: dtypes.to_numpy(port.dtype) for port in module.results()}
        return {name: made[name].astype(ports[name], copy=False) for name in ports}


def fit(arrays: Arrays, port: Port) -> np.ndarray:
    """Returns the array of an argument in its element type; raises InputError if none fits."""
    array = arrays.get(port.name)
    if array is None or array.shape != port.shape:
        found = "none" if array is None else f"shape {list(array.shape)}"
        where = f"input `{port.name}`"
        raise InputError(where, expected=f"shape {list(port.shape)}", found=found)
    return array.astype(dtypes.to_numpy(port.dtype), copy=False)
