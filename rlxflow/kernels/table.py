"""The kernels there are: for which kind of stage, on which platform, under what conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlxflow.ir.region import StageRegion
from rlxflow.kernels import attend, embed, experts, linear
from rlxflow.kernels.found import Found


@dataclass(frozen=True, slots=True)
class Entry:
    """A kernel.

    Attributes:
        block: The kind of stage that it can do.
        about: What it computes.
        find: Returns what it would do for a stage; raises Refused, with the reason, if it cannot.
    """

    block: str
    about: str
    find: Callable[[StageRegion], Found]


TABLE: tuple[Entry, ...] = (
    Entry("linear", "a product with a weight, and its bias", linear.find),
    Entry("embed", "rows of a table", embed.find),
    Entry("attend", "scores, softmax and the weighted sum", attend.find),
    Entry("experts", "the experts of a mixture on the tokens that chose them", experts.find),
)
PLATFORMS = ("cpu",)
"""Where the kernels run."""


def entry_for(block: str) -> Entry | None:
    """Returns the kernel for a kind of stage."""
    return next((entry for entry in TABLE if entry.block == block), None)
