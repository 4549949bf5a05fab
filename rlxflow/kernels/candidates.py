"""Which stages get a kernel: conditions of each, then those of the weights they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule, Port
from rlxflow.ir.region import StageRegion, string_of
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.formats import Asked
from rlxflow.kernels.found import Found, Matrix, Refused
from rlxflow.kernels.library import Library
from rlxflow.kernels.table import entry_for
from rlxflow.kernels.trace import stack_of, stage_around, uses_of
from rlxflow.passes.kernel_calls import kernel_of
from rlxflow.passes.kernel_costs import WEIGHTS_FROM
from rlxflow.passes.mode_rules import Rule, mode_under
from rlxflow.weights.panels import Panels, split_formats

WANTED = ("auto", "required")
PLAIN_ROWS = "rows of a plain table are read in place, which no kernel does faster"
EXEMPT = frozenset({PLAIN_ROWS})
"""Reasons for which `required` leaves a stage to XLA: a kernel would gain nothing."""
PLAIN = ("f32", "bf16", "f16")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for.

    Attributes:
        library: The kernels.
        kernels: `auto` where they are worth it, `required` for all there are.
        policy: What a stage of mode `auto` becomes.
        rules: Modes of stages.
    """

    library: Library
    kernels: str
    policy: str
    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight that goes to panels: its place among the arguments of `main`, name and layout."""

    argument: int
    name: str
    panels: Panels

    @property
    def quantised(self) -> bool:
        return any(each not in PLAIN for each in self.panels.formats)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A stage that a kernel can do, as far as the stage alone goes."""

    stage: StageRegion
    found: Found
    weights: tuple[Weight, ...]


def candidates(
    module: IrModule,
    found: Sequence[StageRegion],
    choice: Choice,
    asked: Mapping[int, Asked],
    bodies: Bodies,
) -> tuple[list[Candidate], dict[str, str]]:
    """Returns the stages that kernels can do, and why others that there are kernels for cannot."""
    arguments = _Arguments(module, asked)
    made: list[Candidate] = []
    reasons: dict[str, str] = {}
    kept = ""
    for stage in found:
        inside = kept and stage.path.startswith(f"{kept}/")
        mode = mode_under(choice.rules, stage)
        if mode == "keep" and not inside:
            kept = stage.path
        entry = entry_for(stage.block)
        if entry is None or kernel_of(stage.op):
            continue
        try:
            if inside:
                raise Refused(f"inside `{kept}`, which is kept for others")
            _check_mode(mode, choice)
            what = entry.find(stage, bodies)
            if what.target not in choice.library.targets:
                raise Refused(f"`{what.target}` is not in {choice.library.path.name}")
            asked_for = choice.kernels == "required" or mode == "kernel"
            wanted = what.follows or what.any_weights or asked_for
            weights = tuple(
                arguments.weight(stage, what.target, each, choice.library, wanted)
                for each in what.matrices
            )
        except Refused as refused:
            reasons[stage.path] = str(refused)
        else:
            made.append(Candidate(stage, what, weights))
    return made, reasons


def settle(found: Sequence[Candidate], reasons: dict[str, str]) -> list[Candidate]:
    """Returns those whose weights nobody reads but them; adds the reasons of the others."""
    kept = list(found)
    while True:
        lost = _lost(kept)
        if not lost:
            return kept
        reasons.update({candidate.stage.path: why for candidate, why in lost.items()})
        kept = [candidate for candidate in kept if candidate not in lost]


def _lost(kept: Sequence[Candidate]) -> dict[Candidate, str]:
    readers: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in kept:
        for weight in candidate.weights:
            readers[weight.argument].append(candidate)
    lost: dict[Candidate, str] = {}
    for argument, group in readers.items():
        why = _conflict(argument, group)
        lost |= dict.fromkeys(group, why) if why else {}
    return lost


def _conflict(argument: int, group: Sequence[Candidate]) -> str:
    """Returns why a weight cannot go to panels, if it cannot."""
    weights = [w for candidate in group for w in candidate.weights if w.argument == argument]
    if len({weight.panels for weight in weights}) > 1:
        return f"weight `{weights[0].name}` is read in two layouts"
    if all(candidate.found.follows for candidate in group) and not weights[0].quantised:
        return PLAIN_ROWS
    ops = frozenset(candidate.stage.op for candidate in group)
    for use in uses_of(_argument_value(group[0].stage, argument), ops):
        if use.op not in ops:
            around = stage_around(use.op)
            who = f"stage `{string_of(around, 'name')}`" if around else f"`{use.op.name}`"
            return f"weight `{weights[0].name}` is also read by {who}, which has no kernel"
    return ""


def _argument_value(stage: StageRegion, argument: int) -> ir.Value:
    op = stage.op
    while op.name != "func.func" and op.parent is not None:
        op = op.parent.operation
    return op.regions[0].blocks[0].arguments[argument]


def _check_mode(mode: str, choice: Choice) -> None:
    if mode == "auto" and choice.policy != "direct":
        raise Refused(f"policy `{choice.policy}`")
    if mode not in ("auto", "kernel"):
        raise Refused(f"mode `{mode}`")


class _Arguments:
    """The weights of a module by their place."""

    def __init__(self, module: IrModule, asked: Mapping[int, Asked]) -> None:
        self._asked = asked
        main = module.main
        self._body = main.operation.regions[0].blocks[0]
        self._ports: list[Port] = module.arguments()
        listed = main.operation.attributes.get("arg_attrs")
        marks = [ir.DictAttr(each) for each in ir.ArrayAttr(listed)] if listed else []
        self._storage = [_text(mark, "rlx.storage") for mark in marks]

    def weight(
        self, stage: StageRegion, target: str, matrix: Matrix, library: Library, wanted: bool
    ) -> Weight:
        """Returns the weight that a stage reads as a matrix; raises Refused.

        Of f32 it is refused unless that kernel is wanted in any case, or XLA would copy the slice
        of a layer out of a stack.
        """
        value, layers = stack_of(stage.op.operands[matrix.operand])
        if value.owner != self._body:
            raise Refused("the weight is computed")
        if layers and target not in WEIGHTS_FROM:
            raise Refused("a layer's part of a stack, which this kernel does not take")
        place = ir.BlockArgument(value).arg_number
        port = self._ports[place]
        if port.kind != "param":
            raise Refused(f"`{port.name}` is no weight")
        formats = self._formats(place)
        if set(formats) == {"f32"} and not (wanted or layers):
            raise Refused("f32 weights, which XLA reads in place as fast as memory is")
        sizes = matrix.rows, matrix.depth, matrix.transposed, matrix.bank
        each = [Panels(format_, library.layout, *sizes) for format_ in formats]
        for panels in dict.fromkeys(each):
            _check_layout(panels, library)
        if len(each) not in (1, layers):
            found = " and ".join(dict.fromkeys(formats))
            raise Refused(f"weights {found}, which are not read layer by layer")
        panels = Panels.stacked(each * (layers // len(each))) if layers else each[0]
        return Weight(place, port.name, panels)

    def _formats(self, place: int) -> list[str]:
        """Returns the formats of a weight, of a stack whose layers differ one for each.

        Raises Refused if a rule asks for another than the file has.
        """
        stored = split_formats(self._storage[place] or self._ports[place].dtype)
        asked = self._asked[place].format if place in self._asked else ""
        other = [each for each in stored if asked and each not in (*PLAIN, asked)]
        if other:
            found = " and ".join(dict.fromkeys(other))
            raise Refused(f"weights {found} in the file, {asked} asked for")
        return [asked] if asked else stored


def _check_layout(panels: Panels, library: Library) -> None:
    """Raises Refused for matrices that kernels do not read."""
    format_ = panels.format
    if format_ not in library.formats:
        known = ", ".join(library.formats)
        raise Refused(f"weights {format_}; there are kernels for {known}")
    if panels.transposed and format_ not in PLAIN:
        raise Refused(f"{format_} blocks along outputs instead of inputs")
    if library.nbytes(panels) < 0:
        raise Refused(f"{panels.depth} inputs, which are no whole blocks of {format_}")


def _text(mark: ir.DictAttr, key: str) -> str:
    return ir.StringAttr(mark[key]).value if key in mark else ""
