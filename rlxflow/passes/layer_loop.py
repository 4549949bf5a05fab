"""Builds the loop of one run of layers: a stage with a `stablehlo.while` over stacked values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.ir.attributes import to_attribute
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.region import StageRegion, splice
from rlxflow.passes.layer_plan import Plan
from rlxflow.passes.layer_runs import Place
from rlxflow.passes.slices import SliceBuilder
from rlxflow.passes.stacked_ports import MainPorts

LOOP = "layer_loop"
"""The block of the stage."""


@dataclass(eq=False)
class Loop:
    """The stage that was built: what its results stand for."""

    last: Sequence[ir.Value]  # of each carry
    written: Sequence[ir.Value]  # of each written stack
    kept: Sequence[ir.Value]


def roll(plan: Plan, ports: MainPorts) -> None:
    """Replaces the layers of a run by its loop."""
    stage, loop = _build_stage(plan)
    _replace_results(plan, loop)
    for stack, value in zip(plan.written, loop.written, strict=True):
        ports.give_back(plan.run.operands(stack.places[0]), value)
    for place, states in plan.fresh.items():
        ports.give_back(states, loop.kept[plan.kept.index(place)])
    for states, whole in plan.unchanged:
        ports.give_back(states, whole)
    for layer in reversed(plan.run.layers[len(plan.run.passes[0]) :]):
        layer.op.erase()
    _fill_loop(plan, stage)


def _replace_results(plan: Plan, loop: Loop) -> None:
    """Lets those outside use what the loop gives instead of what the layers gave."""
    last = dict(zip([carry.source for carry in plan.carries], loop.last, strict=True))
    whole = dict(zip(plan.kept, loop.kept, strict=True))
    for stack, value in zip(plan.written, loop.written, strict=True):
        assert stack.writer
        whole[stack.writer] = value
    build = SliceBuilder(ir.InsertionPoint(plan.run.layers[-1].op))
    for (place, t), uses in plan.uses.items():
        if place in last and t == plan.count - 1:
            value = last[place]
        else:
            label = ir.Location.name(plan.run.passes[t][place.layer].path)
            value = build.pick(whole[place], t, label)
        for op, number in uses:
            op.operands[number] = value


def _build_stage(plan: Plan) -> tuple[ir.Operation, Loop]:
    """Returns the stage, built before the run's first layer, with nothing inside."""
    before = ir.InsertionPoint(plan.run.layers[0].op)
    operands = [carry.first for carry in plan.carries]
    operands += [*plan.shared, *[stack.whole for stack in plan.stacks]]
    labels = [plan.label(carry.places[0]) for carry in plan.carries]
    labels += [plan.label(places[0]) for places in plan.shared.values()]
    labels += [stack.label for stack in plan.stacks]
    kept = [plan.kept_type(place) for place in plan.kept]
    results = [carry.first.type for carry in plan.carries]
    results += [*[stack.whole.type for stack in plan.written], *kept]
    numbers = to_attribute({"layers": len(plan.run.layers), "passes": plan.count})
    made = ir.Operation.create(
        "rlx.stage",
        results=results,
        operands=operands,
        attributes={
            "name": ir.StringAttr.get(plan.name),
            "block": ir.StringAttr.get(LOOP),
            "mode": ir.Attribute.parse("#rlx.mode<auto>"),
            "origin": to_attribute([layer.path for layer in plan.run.layers]),
            "params": numbers,
        },
        regions=1,
        loc=ir.Location.name(plan.name),
        ip=before,
    )
    ir.Block.create_at_start(made.regions[0], [value.type for value in operands], labels)
    one, two = len(plan.carries), len(plan.carries) + len(plan.written)
    given = list(made.results)
    return made, Loop(given[:one], given[one:two], given[two:])


def _fill_loop(plan: Plan, stage: ir.Operation) -> None:
    """Moves the layers of the first pass into the loop; those of the others must be gone."""
    block = stage.regions[0].blocks[0]
    inner = dict(zip(stage.operands, block.arguments, strict=True))
    build = SliceBuilder(ir.InsertionPoint(block))
    start = [build.index(0, "first"), *[inner[carry.first] for carry in plan.carries]]
    start += [inner[stack.whole] for stack in plan.written]
    start += [build.zeros(plan.kept_type(place)) for place in plan.kept]
    types = [value.type for value in start]
    loop = build.op("stablehlo.while", types, start, "loop", regions=2)
    build.op("rlx.yield", [], list(loop.results)[1:], "yield")
    labels = [ir.Location.name("pass")]
    labels += [plan.label(carry.places[0]) for carry in plan.carries]
    labels += [stack.label for stack in plan.written]
    labels += [ir.Location.name("kept")] * len(plan.kept)
    condition, body = (ir.Block.create_at_start(r, types, labels) for r in loop.regions)
    _fill_condition(condition, plan.count)
    _fill_body(plan, body, inner)


def _fill_condition(block: ir.Block, count: int) -> None:
    build = SliceBuilder(ir.InsertionPoint(block))
    less = {"comparison_direction": stablehlo.ComparisonDirectionAttr.get("LT")}
    flag = ir.RankedTensorType.get([], ir.IntegerType.get_signless(1))
    operands = [block.arguments[0], build.index(count, "passes")]
    compared = build.op("stablehlo.compare", [flag], operands, "more", less)
    build.op("stablehlo.return", [], list(compared.results), "return")


def _fill_body(plan: Plan, block: ir.Block, inner: dict[ir.Value, ir.Value]) -> None:
    counter, *rest = block.arguments
    carried = rest[: len(plan.carries)]
    written = rest[len(plan.carries) : len(plan.carries) + len(plan.written)]
    kept = rest[len(plan.carries) + len(plan.written) :]
    build = SliceBuilder(ir.InsertionPoint(block))
    zero, step = build.index(0, "zero"), build.index(1, "one")
    following = build.op("stablehlo.add", [counter.type], [counter, step], "next").results[0]
    values: dict[Place, ir.Value] = {}
    for carry, value in zip(plan.carries, carried, strict=True):
        values.update((place, value) for place in carry.places)
    for value, places in plan.shared.items():
        values.update((place, inner[value]) for place in places)
    wholes = dict(zip(plan.written, written, strict=True))
    for stack in plan.stacks:
        whole = wholes.get(stack, inner[stack.whole])
        part = build.take(whole, counter, zero, stack.label)
        values.update((place, part) for place in stack.places)
    marker = build.op("stablehlo.add", [counter.type], [counter, step], "mark")
    layers = plan.run.passes[0]
    for i, layer in enumerate(layers):
        for j in range(len(layer.op.operands)):
            if Place(i, j) in values:
                layer.op.operands[j] = values[Place(i, j)]
        layer.op.move_before(marker)
    marker.erase()

    def result(place: Place) -> ir.Value:
        return layers[place.layer].op.results[place.at]

    updated = [
        build.put(value, result(stack.writer), counter, zero, stack.label)
        for stack, value in wholes.items()
        if stack.writer
    ]
    name = ir.Location.name("kept")
    updated += [
        build.put(value, result(place), counter, zero, name)
        for place, value in zip(plan.kept, kept, strict=True)
    ]
    sources = [result(carry.source) for carry in plan.carries]
    build.op("stablehlo.return", [], [following, *sources, *updated], "return")
    _name_layers(layers)


def _name_layers(layers: Sequence[StageRegion]) -> None:
    """A single fused layer lies open in the loop; several, or others, are stages `0`, `1`, ..."""
    if len(layers) == 1 and layers[0].mode in ("auto", "fuse"):
        splice(layers[0])
        return
    for i, layer in enumerate(layers):
        layer.op.attributes["name"] = ir.StringAttr.get(str(i))
        layer.op.location = ir.Location.name(str(i))
