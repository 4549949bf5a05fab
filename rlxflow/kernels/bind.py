"""Replaces stages by calls of kernels, and the weights that these read by panels.

Before:
    func.func @main(%x: tensor<1x64xf32>,
                    %w: tensor<32x64xf32> {rlx.param = "w", rlx.storage = "q8_0"}) ... {
      %0 = "rlx.stage"(%x, %w) ({ ... dot_general ... })
          {block = "linear", mode = #rlx.mode<auto>, ...}
After:
    func.func @main(%x: tensor<1x64xf32>,
                    %w: tensor<2176xui8> {rlx.packed = "q8_0.v1 32x64", ...}) ... {
      %0 = "rlx.stage"(%x, %w) ({ ... custom_call @rlxflow.linear.v1 ... })
          {block = "linear", mode = #rlx.mode<kernel>, ...}

A weight goes to panels only if everything that reads it is a kernel which takes them. Products are
made stages of their own first (`rlx-wrap-products`); those of one x, and a gate with what it lets
through, become one stage and one call (`merge.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion, matches, stages
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.candidates import EXEMPT, WANTED, Candidate, Choice, candidates, settle
from rlxflow.kernels.formats import Asked, asked_formats, check_asked, why_left
from rlxflow.kernels.index_stacks import IndexStacks
from rlxflow.kernels.library import Library, need_library
from rlxflow.kernels.merge import fill, merge
from rlxflow.kernels.trace import aliases
from rlxflow.passes.base import Pass, option
from rlxflow.passes.layer_slices import slices_of
from rlxflow.passes.lower_stage_modes import POLICIES
from rlxflow.passes.mode_rules import Rule, mode_under, parse_rules, winning_rule
from rlxflow.passes.wrap_products import WrapProducts
from rlxflow.weights.panels import Panels


@dataclass(frozen=True)
class Report:
    """What became of the stages that there are kernels for.

    Attributes:
        bound: Path -> kernel.
        reasons: Path of each other one -> why it has none.
        asked: Paths of those without a kernel that a rule gives the mode `kernel`.
        idle: Rules for modes that name no stage.
    """

    bound: Mapping[str, str] = field(default_factory=dict[str, str])
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: Sequence[str] = ()
    idle: Sequence[str] = ()

    @property
    def missing(self) -> dict[str, str]:
        """The reasons of the stages that a kernel would be faster for."""
        return {path: why for path, why in self.reasons.items() if why not in EXEMPT}


@dataclass(frozen=True)
class BindKernels(Pass):
    """Replaces stages by calls of the kernels that can do them."""

    name: ClassVar[str] = "rlx-bind-kernels"
    kernels: str = option("auto", "where they are worth it, or all there are", choices=WANTED)
    policy: str = option("direct", "what `auto` becomes", choices=POLICIES)
    modes: tuple[str, ...] = option((), "rules `pattern=mode`; the last that matches wins")
    quant: tuple[str, ...] = option((), "rules `pattern=format` for weights; the last one wins")
    ruled: tuple[str, ...] = option((), "stages that have their modes by rules, besides")

    def run(self, module: IrModule) -> None:
        self.bind(module, need_library(f"pass `{self.name}`"))

    def bind(self, module: IrModule, library: Library) -> Report:
        """Does it, in place; returns what became of each stage."""
        with _inside(module):
            settled = self.settle(module, library)
            kept, reasons = settled.kept, settled.reasons
            check_asked(settled.asked, kept, settled.found, reasons)
            _retype(module, _panels(kept), library)
            rules = parse_rules(self.modes)
            ruled = [each.op for each in settled.found if self._is_ruled(rules, each)]
            asked = [
                each.path
                for each in settled.found
                if each.path in reasons and mode_under(rules, each) == "kernel"
            ]
            idle = [str(rule) for rule in rules if not _names_any(rule, settled.found)]
            merged, single = merge(kept, ruled, settled.bodies)
            for each in merged:
                each.replace(library)
            for candidate in single:
                _replace(candidate, library)
            IndexStacks().run(module)
        return Report({c.stage.path: c.found.target for c in kept}, reasons, asked, idle)

    def settle(self, module: IrModule, library: Library) -> Settled:
        """Makes products stages of their own; returns which stages get a kernel."""
        WrapProducts().run(module)
        choice = Choice(library, self.kernels, self.policy, parse_rules(self.modes))
        found = stages(module)
        asked = asked_formats(module, found, self.quant)
        bodies = Bodies()
        possible, reasons = candidates(module, found, choice, asked, bodies)
        return Settled(found, asked, settle(possible, reasons), reasons, bodies)

    def _is_ruled(self, rules: Sequence[Rule], stage: StageRegion) -> bool:
        return stage.path in self.ruled or winning_rule(rules, stage) is not None

    def quantised(self, module: IrModule, library: Library) -> Quantised:
        """Returns what becomes of the weights that the rules for formats name."""
        with _inside(module):
            settled = self.settle(module, library)
            names = {i: port.name for i, port in enumerate(module.arguments())}
            readers = {place: panels.format for place, panels in _panels(settled.kept).items()}
            done = {names[i]: readers[i] for i in settled.asked if i in readers}
            left = {
                names[i]: why_left(i, settled.found, settled.reasons)
                for i in settled.asked
                if i not in readers
            }
        return Quantised(done, left)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided: all stages, formats asked for, stages with a kernel, why others have none.

    Attributes:
        found: All stages.
        asked: Formats by the place of a weight among the arguments.
        kept: Those that get a kernel.
        reasons: Path of each other one that there is a kernel for -> why it has none.
        bodies: Those that were compared.
    """

    found: list[StageRegion]
    asked: dict[int, Asked]
    kept: list[Candidate]
    reasons: dict[str, str]
    bodies: Bodies


@dataclass(frozen=True, slots=True)
class Quantised:
    """What becomes of the weights that rules name.

    Attributes:
        done: Weight -> format.
        left: Weight -> why it stays as it is.
    """

    done: Mapping[str, str]
    left: Mapping[str, str]


@contextmanager
def _inside(module: IrModule) -> Iterator[None]:
    with module.context, ir.Location.unknown():
        yield


def _panels(kept: Sequence[Candidate]) -> dict[int, Panels]:
    """Returns the layout of each weight that goes to panels, by its place among the arguments."""
    return {weight.argument: weight.panels for candidate in kept for weight in candidate.weights}


def _retype(module: IrModule, layouts: Mapping[int, Panels], library: Library) -> None:
    """Makes arguments of `main` arrays of bytes, in every stage that they are handed to."""
    if not layouts:
        return
    main = module.main
    body = main.operation.regions[0].blocks[0]
    marks = [ir.DictAttr(each) for each in ir.ArrayAttr(main.operation.attributes["arg_attrs"])]
    for argument, panels in layouts.items():
        _make_bytes(body.arguments[argument], library.nbytes(panels))
        known = {entry.name: entry.attr for entry in marks[argument]}
        known.pop("rlx.storage", None)
        marks[argument] = ir.DictAttr.get({**known, "rlx.packed": ir.StringAttr.get(str(panels))})
    inputs = [value.type for value in body.arguments]
    signature = ir.FunctionType.get(inputs, list(main.type.results))
    main.operation.attributes["function_type"] = ir.TypeAttr.get(signature)
    main.operation.attributes["arg_attrs"] = ir.ArrayAttr.get(marks)


def _make_bytes(weight: ir.Value, nbytes: int) -> None:
    """Makes a weight bytes wherever it is handed to, and slices of layers those of a layer."""
    values = list(aliases(weight))
    slices = [taken for value in values for taken in slices_of(value)]
    layers = slices[0].layers if slices else 0
    u8 = ir.IntegerType.get_unsigned(8)
    sizes = [layers, nbytes // layers] if layers else [nbytes]
    for value in values:
        value.set_type(ir.RankedTensorType.get(sizes, u8))
    for taken in slices:
        for value in list(aliases(taken.part)):
            value.set_type(ir.RankedTensorType.get(sizes[1:], u8))
        taken.take_again()


def _replace(candidate: Candidate, library: Library) -> None:
    """Makes the call the body of the stage."""
    stage: StageRegion = candidate.stage
    formats = [weight.panels.format for weight in candidate.weights]
    inner = list(stage.body.arguments)
    fill(stage.op, lambda sizes: candidate.found.emit(inner, formats, sizes), library)


def _names_any(rule: Rule, found: Sequence[StageRegion]) -> bool:
    return any(matches(rule.pattern, stage) for stage in found)
