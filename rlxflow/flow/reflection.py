"""What a module is made of: operations by kind, for each stage and in total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import StageRow, stage_rows


@dataclass(frozen=True)
class Reflection:
    """Counts of a module.

    Attributes:
        ops: Operations by kind, all stages together; one that is called twice counts twice.
        stages: Path to the stage; its `counts` are its operations, with those of stages inside.
        blocks: How many stages there are of each kind of block.
    """

    ops: Counter[str]
    stages: Mapping[str, StageRow]
    blocks: Counter[str]

    @property
    def own(self) -> dict[str, Counter[str]]:
        """The operations of each stage that are in none of the stages inside it."""
        made = {path: Counter(row.counts) for path, row in self.stages.items()}
        for path, row in self.stages.items():
            outer = path.rpartition("/")[0]
            if outer in made:
                made[outer] -= row.counts
        return made

    def as_dict(self) -> dict[str, Any]:
        """Returns the counts as plain dictionaries, for JSON."""
        stages = {
            path: {"block": row.block, "mode": row.mode, "ops": dict(row.counts)}
            for path, row in self.stages.items()
        }
        return {"ops": dict(self.ops), "stages": stages, "blocks": dict(self.blocks)}

    def __str__(self) -> str:
        blocks = ", ".join(f"{n} {block}" for block, n in self.blocks.most_common())
        lines = [f"{len(self.stages)} stages: {blocks}" if blocks else "no stages"]
        lines.append(f"{self.ops.total()} operations")
        lines += [f"  {op}  {count}" for op, count in self.ops.most_common()]
        return "\n".join(lines)


def reflect(module: IrModule) -> Reflection:
    """Returns what a module at flow or composite level is made of; others have no stages."""
    main, *rows = stage_rows(module, whole=True)
    return Reflection(
        main.counts, {row.path: row for row in rows}, Counter(row.block for row in rows)
    )
