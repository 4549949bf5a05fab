"""Builds a flow: emits its stages, compares its weights with the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from rlxflow.errors import FlowStructureError, MissingState, did_you_mean
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.emitter import FlowEmitter
from rlxflow.flow.extensions import extend
from rlxflow.flow.layer_forms import roll
from rlxflow.ir.builder import ModuleBuilder
from rlxflow.ir.value import Value
from rlxflow.weights import NameRules, RenamedSource, WeightSource, make_plan, open_weights

if TYPE_CHECKING:
    from rlxflow.flow.model_flow import ModelFlow


@dataclass(frozen=True, eq=False)
class Origin:
    """What a model was built from, so that a changed flow can be built alike.

    Attributes:
        flow: The flow.
        source: Its weights; None if it was built from shapes alone.
        dtype: Element type of the weights, if one was asked for.
        rules: Names of the file.
    """

    flow: ModelFlow
    source: WeightSource | None
    dtype: str | None
    rules: NameRules

    def rebuild(self, flow: ModelFlow) -> BuiltModel:
        """Returns another flow, built on the same weights."""
        return build(flow, self.source, dtype=self.dtype, rules=self.rules)


def build(flow: ModelFlow, weights: object, *, dtype: str | None, rules: NameRules) -> BuiltModel:
    """Emits a checked flow and compares its weights with the source; see `ModelFlow.build`."""
    flow.check()
    if flow.dims:
        raise FlowStructureError(
            f"flow `{flow.name}`",
            expected="inputs of known sizes",
            found=f"open dimensions {', '.join(map(str, flow.dims))}",
            cure="bind them: `.specialize({...})`, or `.template(weights)` for many sizes",
        )
    given = rules
    rules = replace(rules, ignore=(*rules.ignore, *flow.spare_weights))
    raw = None if weights is None else open_weights(cast("Mapping[str, object]", weights))
    source = None if raw is None else RenamedSource(raw, rules)
    with ModuleBuilder(flow.name) as builder:
        stored, compute = dtype or flow.profile.storage, flow.profile.compute or dtype or "f32"
        emitter = FlowEmitter(builder, source, stored, compute)
        for declared in flow.inputs:
            type_ = declared.shape.type
            emitter.inputs[declared.name] = builder.argument(
                "input", declared.name, type_, below=declared.below
            )
        value = next(iter(emitter.inputs.values()), None)
        for stage in flow.stages:
            value = emitter.run(stage.name, stage.block, value, stage.mode)
        outputs = _outputs(flow, value, _extra(flow, emitter), emitter.maker)
        module = builder.finish(outputs, emitter.states)
    extend(module, flow.extensions)
    params = tuple(spec for _, spec in emitter.params.values())
    built = BuiltModel(
        name=flow.name,
        module=module,
        inputs=flow.inputs,
        params=params,
        states={name: value.type for name, value in emitter.states.items()},
        plan=None if raw is None else make_plan(params, raw, rules),
        profile=flow.profile,
        outputs={name: value.type for name, value in outputs.items()},
        origin=Origin(flow, raw, dtype, given),
    )
    return roll(built)


def _extra(flow: ModelFlow, emitter: FlowEmitter) -> dict[str, Value]:
    """Returns what the module gives beside the flow's value."""
    if flow.extra_outputs is None:
        return emitter.side_outputs
    known = {**emitter.slots, **emitter.side_outputs}
    for name in flow.extra_outputs:
        if name not in known:
            raise MissingState(
                f"flow `{flow.name}`",
                expected=f"a side output or slot `{name}`",
                found=", ".join(f"`{other}`" for other in known) or "none",
                cure=did_you_mean(name, known),
            )
    return {name: known[name] for name in flow.extra_outputs}


def _outputs(
    flow: ModelFlow, value: Value | None, side_outputs: dict[str, Value], maker: str
) -> dict[str, Value]:
    if value is None:
        raise FlowStructureError(
            f"flow `{flow.name}`",
            expected="a value at the end",
            found="none",
            cure=f"let stage `{maker}` return one" if maker else "let the last stage return one",
        )
    names = flow.output_names
    if len(names) == 1:
        names = (names[0], *side_outputs)
    values = [value, *side_outputs.values()]
    if len(names) != len(values) or len(set(names)) != len(names):
        raise FlowStructureError(
            f"flow `{flow.name}`",
            expected=f"{len(values)} output names that differ",
            found=", ".join(names),
        )
    return dict(zip(names, values, strict=True))
