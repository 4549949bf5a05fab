"""What a built model can be asked: manifest, counts, parts. Nothing here changes or copies it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.flow.manifest import Manifest, manifest
from rlxflow.flow.reflection import Reflection, reflect
from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import summary
from rlxflow.weights import ParamSpec, WeightPlan


class ParamArrays(Mapping[str, np.ndarray]):
    """The weights of a plan by name, read when they are asked for.

    An array is the file's own memory, or the caller's, unless it has to be cast or aligned.
    """

    def __init__(self, plan: WeightPlan) -> None:
        self.plan = plan

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in set(self):
            raise KeyError(name)
        return self.plan.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(entry.param.name for entry in self.plan.entries)

    def __len__(self) -> int:
        return len(self.plan.entries)


class BuiltViews:
    """Part of `BuiltModel`."""

    name: str
    module: IrModule
    params: tuple[ParamSpec, ...]
    plan: WeightPlan | None

    def summary(self) -> str:
        """Returns one line a stage."""
        return summary(self.module)

    def manifest(self) -> Manifest:
        """Returns names, types and bytes of inputs, weights, states and outputs."""
        return manifest(self.name, self.module)

    def reflect(self) -> Reflection:
        """Returns how many operations of each kind there are, by stage and in total."""
        return reflect(self.module)

    def describe(self) -> str:
        """Returns the manifest and the counts as text."""
        return f"{self.manifest()}\n{self.reflect()}"

    @property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """The weights by name, each read when it is asked for; none of them is copied.

        Raises WeightError for a model built from shapes alone.
        """
        if self.plan is not None:
            return ParamArrays(self.plan)
        if not self.params:
            return {}
        raise WeightError(
            f"model `{self.name}`",
            expected="weights",
            found="a model built from shapes alone",
            cure="build it with weights",
        )

    def into_parts(self) -> tuple[IrModule, Mapping[str, np.ndarray]]:
        """Returns the module itself and the weights by name, both without a copy."""
        return self.module, self.arrays
