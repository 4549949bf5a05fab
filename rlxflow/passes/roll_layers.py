"""Rolls layers that repeat into one loop over stacked weights and states.

Before:
    func.func public @main(%x: ..., %w0: tensor<7x7xf32> {rlx.param = "layers.0.w"},
                           %w1: tensor<7x7xf32> {rlx.param = "layers.1.w"}) ... {
      %0 = "rlx.stage"(%x, %w0) ({...}) {..., name = "layers.0"} : ...
      %1 = "rlx.stage"(%0, %w1) ({...}) {..., name = "layers.1"} : ...
After:
    func.func public @main(%x: ..., %w: tensor<2x7x7xf32> {
        rlx.param = "layers.{0,1}.w", rlx.parts = ["layers.0.w", "layers.1.w"]}) ... {
      %0 = "rlx.stage"(%x, %w) ({
        ... stablehlo.while(...) ...
          ... stablehlo.dynamic_slice ...
      }) {block = "layer_loop", name = "layers", origin = ["layers.0", "layers.1"], ...} : ...

Layers are rolled that follow each other in `main`, have equal bodies, and of which each takes what
the one before gives; also with a period, such as local and global layers by turns. A state that
every layer replaces is replaced slice by slice. A result of single layers that is wanted elsewhere
is gathered in the loop and sliced behind it. The numbers do not change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages, stages_in
from rlxflow.passes.base import Pass, option
from rlxflow.passes.layer_loop import LOOP, roll
from rlxflow.passes.layer_plan import make_plan, writer
from rlxflow.passes.layer_runs import NoRun, Run, find_runs
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.passes.mode_rules import parse_rules, winning_rule
from rlxflow.passes.open_stages import open_stages
from rlxflow.passes.stack_names import common_name, joined
from rlxflow.passes.stacked_ports import MainPorts
from rlxflow.passes.wrap_products import WrapProducts

__all__ = ["LOOP", "RollLayers"]


_RULED = "ruled"
"""An attribute of stages, while layers are rolled, so that those of one loop are alike in it."""


@dataclass(frozen=True)
class Report:
    """What was done.

    Attributes:
        layers: What became of each layer: `loop`, or `unroll` and why.
        ruled: Paths of the stages that rules name, as they are called now.
    """

    layers: list[Dispatch]
    ruled: tuple[str, ...]


@dataclass(frozen=True)
class RollLayers(Pass):
    """Rolls layers that repeat into `stablehlo.while` over stacked weights and states."""

    name: ClassVar[str] = "rlx-roll-layers"
    modes: tuple[str, ...] = option((), "rules `pattern=mode`, set as modes of the stages first")

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_rules(self.modes)

    def run(self, module: IrModule) -> None:
        self.roll(module)

    def roll(self, module: IrModule) -> Report:
        """Does it, and returns what became of each layer, and of stages that rules name."""
        with module.context, ir.Location.unknown():
            self._set_modes(module)
            opened = open_stages(module)
            ports = MainPorts(module)
            runs, whys = find_runs(module)
            runs, refused = _accepted(runs, ports)
            whys |= refused
            found = {stage.path: stage for stage in stages(module)}
            report = [Dispatch(*each, "fuse", "open, for its layers' sake") for each in opened]
            report += [Dispatch(p, found[p].block, "unroll", why) for p, why in whys.items()]
            taken = {stage.name for stage in found.values() if stage.depth == 0}
            for run in runs:
                name = _free(common_name([layer.name for layer in run.layers]), taken)
                report += _report(run, name)
                _rename_inside(run)
                roll(make_plan(run, name, ports), ports)
            ports.finish()
            ruled = [stage for stage in stages(module) if _RULED in stage.op.attributes]
            for stage in ruled:
                del stage.op.attributes[_RULED]
        return Report(report, tuple(stage.path for stage in ruled))

    def _set_modes(self, module: IrModule) -> None:
        if any(rule.mode == "kernel" for rule in parse_rules(self.modes)):
            WrapProducts().run(module)  # what such rules name
        found = stages(module)
        rules = parse_rules(self.modes, found)
        for stage in found:
            if rule := winning_rule(rules, stage):
                stage.op.attributes["mode"] = ir.Attribute.parse(f"#rlx.mode<{rule.mode}>")
                stage.op.attributes[_RULED] = ir.UnitAttr.get()


@dataclass(eq=False)
class _Uses:
    """Where values stand as parts in runs.

    Attributes:
        stacks: Value -> the lists of values that it is a part of.
        count: Value -> how often it is used as a part.
    """

    stacks: dict[ir.Value, set[tuple[ir.Value, ...]]] = field(
        default_factory=lambda: defaultdict[ir.Value, set[tuple[ir.Value, ...]]](set)
    )
    count: Counter[ir.Value] = field(default_factory=Counter[ir.Value])

    def add(self, run: Run) -> None:
        for place in run.parts:
            values = tuple(run.operands(place))
            self.count.update(values)
            for value in values:
                self.stacks[value].add(values)

    def only_one_stack(self, value: ir.Value, others: int) -> bool:
        """Tells whether nothing but one stack uses the value, beside so many other uses."""
        uses = len(list(value.uses)) - others
        return len(self.stacks[value]) == 1 and self.count[value] == uses


def _accepted(runs: Sequence[Run], ports: MainPorts) -> tuple[list[Run], dict[str, str]]:
    """Returns the runs whose weights and states can be stacked, and why the others are left."""
    kept, whys = list(runs), dict[str, str]()
    while True:
        uses = _Uses()
        for run in kept:
            uses.add(run)
        for run in kept:
            try:
                _check(run, ports, uses)
            except NoRun as why:
                whys |= dict.fromkeys([layer.path for layer in run.layers], str(why))
                kept.remove(run)
                break
        else:
            return kept, whys


def _check(run: Run, ports: MainPorts, uses: _Uses) -> None:
    """Raises NoRun if the weights and states of single layers cannot be stacked."""
    for place in run.parts:
        values = run.operands(place)
        found = [ports.port_of(value) for value in values]
        kinds = {port.kind if port and port.kind != "input" else "value" for port in found}
        if kinds == {"value"}:
            continue
        names = [port.name if port else "a value" for port in found]
        if len(kinds) > 1:
            raise NoRun(f"where one layer takes `{names[0]}`, another takes `{names[-1]}`")
        for name, value in zip(names, values, strict=True):
            unchanged = kinds == {"state"} and ports.is_result(name, value)
            if not uses.only_one_stack(value, int(unchanged)):
                raise NoRun(f"`{name}` is used elsewhere, too")
        given = kinds != {"state"} or ports.unchanged(values)
        if not given and writer(run, values, ports) is None:
            raise NoRun(f"`{names[0]}` is neither replaced by its layer nor left as it is")


def _report(run: Run, name: str) -> list[Dispatch]:
    """Returns what becomes of the layers of a run."""
    count, period = len(run.passes), len(run.passes[0])
    shares = f" of {period} layers each" if period > 1 else ""
    return [
        Dispatch(layer.path, layer.block, "loop", f"pass {t} of {count} in `{name}`{shares}")
        for t, layers in enumerate(run.passes)
        for layer in layers
    ]


def _rename_inside(run: Run) -> None:
    """Gives stages inside the first layers names that fit all: `attention.{0..3}`."""
    for i in range(len(run.passes[0])):
        inner = [list(stages_in(layers[i].op)) for layers in run.passes]
        for alike in zip(*inner, strict=True):
            names = [stage.name for stage in alike]
            if len(set(names)) > 1:
                alike[0].op.attributes["name"] = ir.StringAttr.get(joined(names))


def _free(name: str, taken: set[str]) -> str:
    """Returns the name, with a number behind it if a stage has it already; takes it."""
    found = name
    while found in taken:
        found = f"{name}_{len(taken)}" if found != name else f"{name}_1"
    taken.add(found)
    return found
