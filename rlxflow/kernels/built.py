"""A built model with kernels bound to its stages: other weights, other plan, and what was done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from rlxflow.errors import KernelError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.kernels.bind import BindKernels, Report
from rlxflow.kernels.blocks import block_report, blocks_read, made_blocks
from rlxflow.kernels.library import CURE, find_library
from rlxflow.kernels.table import PLATFORMS
from rlxflow.kernels.trace import stage_around
from rlxflow.kernels.unmet import check_report
from rlxflow.passes.kernel_calls import cost_of
from rlxflow.passes.kernel_costs import CallCost
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.passes.split_rows import SplitRows
from rlxflow.weights.packed import scheme_of
from rlxflow.weights.panels import joined_formats
from rlxflow.weights.plan import ParamSpec
from rlxflow.weights.quant_error import QuantError

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel
    from rlxflow.weights import WeightPlan

SPLIT = "a few rows split for bf16 weights"


@dataclass(frozen=True)
class Bound:
    """What became of the stages that there are kernels for, and the module that shows it.

    Attributes:
        report: Which have kernels, and why others have none.
        module: The module with products as stages of their own.
        split: Paths of stages with a few rows that were split for bf16 weights.
        kernels: Whether kernels are there and wanted.
        stored: Weight -> the format of its blocks in the file, if it is blocks there; of a stack of
            layers that differ all formats, see `joined_formats`.
    """

    report: Report
    module: IrModule
    split: Collection[str] = ()
    kernels: bool = True
    stored: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def costs(self) -> Mapping[str, CallCost]:
        """What each stage with a kernel costs in a call, by its path."""
        found = {stage.path: cost_of(stage.op) for stage in stages(self.module)}
        return {path: cost for path, cost in found.items() if cost}

    @cached_property
    def packed(self) -> Mapping[str, Mapping[str, str]]:
        """The formats of the weights that each stage with a kernel reads as blocks, by its path."""
        return blocks_read(self.module)

    @property
    def quantised(self) -> list[str]:
        """The weights that become blocks as they are loaded."""
        read = {name: each for found in self.packed.values() for name, each in found.items()}
        return [name for name, each in read.items() if made_blocks(each, self.stored.get(name))]

    def explain(
        self, decisions: Sequence[Dispatch], errors: Mapping[str, QuantError]
    ) -> list[Dispatch]:
        """Returns the decisions with why some have no kernel, and what was done instead.

        What quantising changed in weights is said as far as the errors tell.
        """
        return [self._explained(each, errors) for each in decisions]

    def _explained(self, decision: Dispatch, errors: Mapping[str, QuantError]) -> Dispatch:
        reason, read = self._reason(decision), self.packed.get(decision.path)
        if not read:
            return replace(decision, reason=reason)
        blocks = block_report(read, self.stored, errors)
        return replace(decision, reason=f"{reason}; {blocks}", blocks=blocks)

    def _reason(self, decision: Dispatch) -> str:
        path, reason = decision.path, decision.reason
        if path in self.costs:
            return f"{reason}: {self.costs[path]}"
        if path in self.report.reasons:
            reason = f"{reason.partition(': ')[0]}; no kernel: {self.report.reasons[path]}"
        return f"{reason}; {SPLIT}" if path in self.split else reason


def bind_built(built: BuiltModel, platform: str) -> BuiltModel:
    """Returns the model as it is best for a platform: with kernels, and else with split rows.

    As far as its profile wants that; the model itself if nothing changes. Raises KernelError if its
    profile requires kernels and a stage has none, or asks for weights to be quantised where there
    are none.
    """
    if built.bound is not None:
        return built
    made = _bind(built, platform)
    return _split(made) if platform in PLATFORMS and built.profile.split_rows else made


def _split(built: BuiltModel) -> BuiltModel:
    """Returns the model with a few rows split where weights are bf16."""
    module = built.module.clone()
    made = SplitRows().split(module)
    if not made:
        return built
    around = [stage for product in made if (stage := stage_around(product))]
    split = {stage.path for stage in stages(module) if stage.op in around}
    bound = built.bound or Bound(Report(), built.module, kernels=False)
    return replace(built, module=module, bound=replace(bound, split=split))


def _bind(built: BuiltModel, platform: str) -> BuiltModel:
    profile = built.profile
    if profile.kernels == "none":
        return _without(built, "the profile wants no kernels")
    if platform not in PLATFORMS:
        return _without(built, f"platform `{platform}`, kernels run on {', '.join(PLATFORMS)}")
    if profile.policy != "direct" and "kernel" not in profile.modes.values():
        return _without(built, f"policy `{profile.policy}`")
    library = find_library()
    if library is None:
        return _without(built, "the library of kernels is not installed", CURE)
    module, stored = built.module.clone(), _stored(built.plan)
    _mark_storage(module, stored)
    modes = tuple(f"{pattern}={mode}" for pattern, mode in profile.modes.items())
    quant = tuple(f"{pattern}={format_}" for pattern, format_ in profile.quant.items())
    ruled = tuple(built.rolled.ruled) if built.rolled else ()
    step = BindKernels(profile.kernels, profile.policy, () if built.rolled else modes, quant, ruled)
    report = step.bind(module, library)
    check_report(built.name, report, required=profile.kernels == "required")
    bound = Bound(report, module, stored=stored)
    if not report.bound:
        return replace(built, bound=bound)
    params = [
        ParamSpec(port.name, port.shape, port.dtype, packed=port.packed)
        for port in module.arguments()
        if port.kind == "param"
    ]
    packed = [param for param in params if param.packed]
    plan = built.plan.packed(packed) if built.plan else None
    return replace(built, module=module, params=tuple(params), plan=plan, bound=bound)


def kernel_dispatch(
    built: BuiltModel,
    platform: str,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> list[Dispatch]:
    """Returns the decision for every stage of a model, products with weights among them, and why.

    Weights that are quantised as they are loaded are read for that, one at a time, to tell what
    that changes; the progress is called with the bytes that are done, and all.

    Raises KernelError as `bind_built` does.
    """
    made = bind_built(built, platform)
    if made.bound is None:
        return made.dispatch()
    errors = _read_errors(made, made.bound.quantised, progress)
    return replace(made, module=made.bound.module).dispatch(errors)


def _read_errors(
    built: BuiltModel, names: Sequence[str], progress: Callable[[int, int], object]
) -> dict[str, QuantError]:
    """Returns what quantising changes in some weights; nothing if there are no weights."""
    if built.plan is None:
        return {}
    errors: dict[str, QuantError] = {}
    sizes = {param.name: param.info.nbytes for param in built.params if param.name in names}
    done, total = 0, sum(sizes.values())
    for name in names:
        errors[name] = QuantError()
        built.plan.read(name, errors[name])
        done += sizes[name]
        progress(done, total)
    return errors


def _without(built: BuiltModel, found: str, cure: str = "") -> BuiltModel:
    """Returns the model as it is; raises KernelError if its profile needs kernels."""
    profile = built.profile
    ruled = [f"{pattern}={mode}" for pattern, mode in profile.modes.items() if mode == "kernel"]
    asks = {
        "kernels": profile.kernels == "required",
        "kernels for `weights.quant`": bool(profile.quant),
        f"kernels for rule `{', '.join(ruled)}`": bool(ruled and not built.rolled),
    }
    what = next((text for text, asked in asks.items() if asked), "")
    if built.bound is None and what:
        raise KernelError(f"model `{built.name}`", expected=what, found=found, cure=cure)
    return built


def _stored(plan: WeightPlan | None) -> dict[str, str]:
    """Returns the formats of weights that are blocks in the file; of layers that differ all."""
    if plan is None:
        return {}
    made: dict[str, str] = {}
    for entry in plan.entries:
        parts = entry.parts or (entry,)
        schemes = [scheme_of(plan.source, part.source_name).lower() for part in parts]
        if any(schemes):
            each = [found or part.param.dtype for found, part in zip(schemes, parts, strict=True)]
            made[entry.param.name] = joined_formats(each)
    return made


def _mark_storage(module: IrModule, stored: Mapping[str, str]) -> None:
    """Writes on each weight how the file packs it, if it does."""
    if not stored:
        return
    main = module.main.operation
    ports = module.arguments()
    with module.context:
        made: list[ir.Attribute] = []
        for mark, port in zip(ir.ArrayAttr(main.attributes["arg_attrs"]), ports, strict=True):
            known = {entry.name: entry.attr for entry in ir.DictAttr(mark)}
            if port.kind == "param" and (scheme := stored.get(port.name)):
                known["rlx.storage"] = ir.StringAttr.get(scheme)
            made.append(ir.DictAttr.get(known))
        main.attributes["arg_attrs"] = ir.ArrayAttr.get(made)
