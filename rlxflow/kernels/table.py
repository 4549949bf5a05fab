"""The kernels there are: for which kind of stage, on which platform, under what conditions."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.ir.region import StageRegion
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.found import Found
from rlxflow.lazy import load_attribute


@dataclass(frozen=True, slots=True)
class Entry:
    """A kernel.

    Attributes:
        block: The kind of stage that it can do.
        about: What it computes.
    """

    block: str
    about: str

    def find(self, stage: StageRegion, bodies: Bodies) -> Found:
        """Returns what it would do for a stage; raises Refused, with the reason, if it cannot.

        It is in the module that is called as the stage, loaded when there is one: some know blocks.
        """
        return load_attribute(f"rlxflow.kernels.{self.block}:find")(stage, bodies)


TABLE: tuple[Entry, ...] = (
    Entry("linear", "a product with a weight, and its bias"),
    Entry("embed", "rows of a table"),
    Entry("attend", "scores, softmax and the weighted sum"),
    Entry("experts", "the experts of a mixture on the tokens that chose them"),
)
PLATFORMS = ("cpu",)
"""Where the kernels run."""


def entry_for(block: str) -> Entry | None:
    """Returns the kernel for a kind of stage."""
    return next((entry for entry in TABLE if entry.block == block), None)
