"""What the loop of a run of layers takes, hands on and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rlxflow.ir.bindings import ir
from rlxflow.passes.layer_runs import Place, Run
from rlxflow.passes.slices import SliceBuilder, stacked_type
from rlxflow.passes.stacked_ports import MainPorts

Use = tuple[ir.Operation, int]


@dataclass(eq=False)
class Carry:
    """What goes from pass to pass: its first value, the result that is the next one, its users."""

    first: ir.Value
    source: Place
    places: list[Place]


@dataclass(eq=False)
class Stack:
    """Values with one slice a pass, `[l, ...]`.

    Attributes:
        whole: All slices.
        places: The operands that take the slice of the pass.
        writer: The result that takes the slice's place; None if slices are only read.
        label: For locations.
    """

    whole: ir.Value
    places: list[Place]
    writer: Place | None
    label: ir.Location


@dataclass(eq=False)
class Plan:
    """A run and all that is needed to build its loop.

    Attributes:
        run: The layers.
        name: Of the stage.
        carries: See `Carry`.
        shared: Values that all passes take, and where.
        stacks: What is taken slice by slice.
        kept: Results of single passes that are wanted outside, `[l, ...]` behind the loop.
        fresh: Result -> states that it becomes, pass by pass, without their being read.
        unchanged: States of single passes that are only read, and the stack of them.
        uses: Result and pass -> the operands outside that want it.
    """

    run: Run
    name: str
    carries: list[Carry] = field(default_factory=list[Carry])
    shared: dict[ir.Value, list[Place]] = field(default_factory=dict[ir.Value, list[Place]])
    stacks: list[Stack] = field(default_factory=list[Stack])
    kept: list[Place] = field(default_factory=list[Place])
    fresh: dict[Place, list[ir.Value]] = field(default_factory=dict[Place, list[ir.Value]])
    unchanged: list[tuple[list[ir.Value], ir.Value]] = field(
        default_factory=list[tuple[list[ir.Value], ir.Value]]
    )
    uses: dict[tuple[Place, int], list[Use]] = field(
        default_factory=dict[tuple[Place, int], list[Use]]
    )

    @property
    def count(self) -> int:
        """How many passes there are."""
        return len(self.run.passes)

    @property
    def written(self) -> list[Stack]:
        """The stacks that are replaced slice by slice."""
        return [stack for stack in self.stacks if stack.writer]

    def kept_type(self, place: Place) -> ir.Type:
        """Returns the type of a result of all passes, `[l, ...]`."""
        result = self.run.passes[0][place.layer].op.results[place.at]
        return stacked_type(result.type, self.count)

    def label(self, place: Place) -> ir.Location:
        """Returns the location of the argument that an operand becomes inside its layer."""
        return self.run.passes[0][place.layer].body.arguments[place.at].location


def make_plan(run: Run, name: str, ports: MainPorts) -> Plan:
    """Returns how the loop is built; adds the stacks to the arguments of `main`."""
    plan = Plan(run, name)
    carries: dict[tuple[ir.Value, Place], Carry] = {}
    for place, source in run.carried.items():
        first = run.operands(place)[0]
        carries.setdefault((first, source), Carry(first, source, [])).places.append(place)
    plan.carries = list(carries.values())
    for place in run.shared:
        plan.shared.setdefault(run.operands(place)[0], []).append(place)
    stacks: dict[tuple[ir.Value, ...], Stack] = {}
    for place in run.parts:
        values = tuple(run.operands(place))
        if values not in stacks:
            stacks[values] = _stack(plan, place, ports)
        stacks[values].places.append(place)
    plan.stacks = list(stacks.values())
    _find_uses(plan, ports)
    return plan


def writer(run: Run, states: Sequence[ir.Value], ports: MainPorts) -> Place | None:
    """Returns the result that each pass gives back as its state; None if there is none."""
    wanted = [ports.result_of(port.name) for state in states if (port := ports.port_of(state))]
    if any(value is None for value in wanted):
        return None
    for i, layer in enumerate(run.passes[0]):
        for k in range(len(layer.op.results)):
            if run.results(Place(i, k)) == wanted:
                return Place(i, k)
    return None


def _stack(plan: Plan, place: Place, ports: MainPorts) -> Stack:
    """Returns the stack for an operand: an argument of `main`, or put together before the loop."""
    run, label = plan.run, plan.label(place)
    values = run.operands(place)
    port = ports.port_of(values[0])
    if port is None or port.kind == "input":
        build = SliceBuilder(ir.InsertionPoint(run.layers[0].op))
        return Stack(build.join(values, ir.Location.name(plan.name)), [], None, label)
    stack = ports.stack(values)
    if port.kind == "state" and ports.unchanged(values):
        plan.unchanged.append((list(values), stack))
        return Stack(stack, [], None, label)
    written = writer(run, values, ports) if port.kind == "state" else None
    return Stack(stack, [], written, label)


def _find_uses(plan: Plan, ports: MainPorts) -> None:
    """Notes who wants the results of single passes, except that states are given back."""
    states = {
        stack.writer: ports.names(plan.run.operands(stack.places[0])) for stack in plan.written
    }
    carried = {carry.source for carry in plan.carries}
    for i, layer in enumerate(plan.run.passes[0]):
        for k in range(len(layer.op.results)):
            place = Place(i, k)
            if place not in states and (fresh := ports.unread_states(plan.run.results(place))):
                plan.fresh[place] = fresh
                plan.kept.append(place)
                ports.stack(fresh)
                states[place] = ports.names(fresh)
            for t, value in enumerate(plan.run.results(place)):
                uses = [(use.owner.operation, use.operand_number) for use in outer(plan.run, value)]
                given = states[place][t] if place in states else ""
                uses = [use for use in uses if not ports.gives(use, given)]
                if not uses:
                    continue
                plan.uses[place, t] = uses
                single = place not in carried or t < plan.count - 1
                if single and place not in states and place not in plan.kept:
                    plan.kept.append(place)


def outer(run: Run, value: ir.Value) -> list[ir.OpOperand]:
    """Returns the uses of a value outside a run."""
    inside = {layer.op for layer in run.layers}
    return [use for use in value.uses if use.owner.operation not in inside]
