"""The module that a program was compiled from: its stages, and its text at each level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlxflow.inspect.stage_table import StageTable, stage_table
from rlxflow.inspect.stage_text import Piece, flow_pieces, located_pieces
from rlxflow.ir.module import IrModule
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.passes.pipelines import to_level


@dataclass(frozen=True, eq=False)
class Source:
    """Where a program comes from.

    Attributes:
        module: At flow level; without stages if there never were any.
        lowered: Gives a copy of the module at a level.
        decisions: Gives for each stage the mode that was decided on, and why.
    """

    module: IrModule
    lowered: Callable[[str], IrModule]
    decisions: Callable[[], Sequence[Dispatch]]

    @classmethod
    def of_module(cls, module: IrModule) -> Source:
        """Returns the source of a program that is compiled from a module as it stands."""

        def lowered(level: str) -> IrModule:
            copy = module.clone()
            to_level(copy, level)
            return copy

        return cls(module, lowered, list)

    def table(self) -> StageTable:
        """Returns the stages and what they use."""
        return stage_table(self.module, {made.path: made.mode for made in self.decisions()})

    def pieces(self) -> dict[str, list[Piece]]:
        """Returns the text by level, cut by stage: `flow`, `composite`, `stablehlo`."""
        return {
            "flow": flow_pieces(self.module),
            "composite": located_pieces(self.lowered("composite")),
            "stablehlo": located_pieces(self.lowered("stablehlo")),
        }
