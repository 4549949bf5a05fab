"""The stages of a module at flow level, and which weights, states and inputs each one uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule, Port
from rlxflow.ir.region import StageRegion, stages


@dataclass(frozen=True, slots=True)
class StageInfo:
    """What is known of a stage before it is compiled."""

    path: str
    block: str = ""
    mode: str = ""


@dataclass(frozen=True)
class StageTable:
    """The stages of a module by path, and the stages that use each argument of `main`.

    Attributes:
        stages: In the order of the text, a stage before those inside it.
        owners: Name of an argument to the paths of the innermost stages that use it; the empty path
            stands for an operation outside of all stages.
        ports: The arguments of `main`.
    """

    stages: Mapping[str, StageInfo] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()

    def inside(self, path: str) -> str:
        """Returns the path of the innermost stage that a path leads into, or nothing."""
        while path and path not in self.stages:
            path = path.rpartition("/")[0]
        return path


def stage_table(module: IrModule, modes: Mapping[str, str] | None = None) -> StageTable:
    """Returns the table of a module at flow level.

    Args:
        module: The module; without stages the table has arguments only.
        modes: By path the mode that was decided on, where it is not the stage's own.
    """
    decided = modes or {}
    regions = {stage.op: stage for stage in stages(module)}
    found = {
        s.path: StageInfo(s.path, s.block, decided.get(s.path, s.mode)) for s in regions.values()
    }
    ports = module.arguments()
    body = module.main.operation.regions[0].blocks[0]
    walk = _Uses(regions)
    walk.block(body, dict(zip(body.arguments, (port.name for port in ports), strict=True)), "")
    owners = {name: tuple(paths) for name, paths in walk.owners.items()}
    return StageTable(found, owners, tuple(ports))


class _Uses:
    """Follows arguments into regions, down to the operations that take them."""

    def __init__(self, regions: Mapping[ir.Operation, StageRegion]) -> None:
        self._regions = regions
        self.owners: dict[str, dict[str, None]] = {}

    def block(self, block: ir.Block, known: dict[ir.Value, str], path: str) -> None:
        for view in block.operations:
            op = view.operation
            stage = self._regions.get(op)
            names = [known.get(operand) for operand in op.operands]
            if stage is None and not op.name.endswith(("return", "yield")):
                for name in filter(None, names):
                    self.owners.setdefault(name, {})[path] = None
            for region in op.regions:
                for inner in region.blocks:
                    pairs = zip(inner.arguments, names, strict=False)
                    given = {argument: name for argument, name in pairs if name}
                    self.block(inner, known | given, stage.path if stage else path)
