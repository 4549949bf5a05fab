"""Rules that say in which format kernels read the weights of some stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rlxflow.errors import PassError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion
from rlxflow.kernels.looped_names import is_named, loops
from rlxflow.kernels.trace import stack_of
from rlxflow.weights.quantise import QUANTISERS

if TYPE_CHECKING:
    from rlxflow.kernels.candidates import Candidate


ROUTER = "router"
"""What the product that chooses experts is called in its stage."""


class Asked(NamedTuple):
    """The format that a rule asks for, and the rule."""

    format: str
    rule: str


def asked_formats(
    module: IrModule, found: Sequence[StageRegion], rules: Sequence[str]
) -> dict[int, Asked]:
    """Returns what rules ask for, by a weight's place among the arguments of `main`.

    A rule names every matrix that a stage of its pattern reads; the last one wins. Layers in a loop
    may be named as they were before. That of a router is named only by a rule that ends in
    `router`: it is small, and rounding changes its choices.

    Raises PassError for a text that is no rule, and for one that names no matrix.
    """
    ports = module.arguments()
    axes = [len(port.shape[1:] if port.parts else port.shape) for port in ports]
    asked: dict[int, Asked] = {}
    around = loops(found)
    routers = {i for stage in found if stage.name == ROUTER for i in _places(stage)}
    for text in rules:
        pattern, _, format_ = text.rpartition("=")
        if not pattern or format_ not in QUANTISERS:
            expected = f"`stages=format`, a format out of {', '.join(QUANTISERS)}"
            raise PassError("option `quant`", expected=expected, found=f"`{text}`")
        read = {
            i for stage in found if is_named(pattern, stage, around, text) for i in _places(stage)
        }
        if pattern.rpartition("/")[2] != ROUTER:
            read -= routers
        named = [i for i in read if ports[i].kind == "param" and axes[i] > 1]
        if not named:
            expected = "a pattern of stages that read a matrix"
            raise PassError(f"rule `{text}`", expected=expected, found="none")
        asked |= dict.fromkeys(sorted(named), Asked(format_, text))
    return asked


def check_asked(
    asked: Mapping[int, Asked],
    kept: Sequence[Candidate],
    found: Sequence[StageRegion],
    reasons: Mapping[str, str],
) -> None:
    """Raises PassError if a weight of a rule does not go to a kernel.

    Args:
        asked: Formats by the place of a weight.
        kept: The stages that get a kernel.
        found: All stages.
        reasons: Path of a stage that there is a kernel for -> why it has none.
    """
    done = {weight.argument for candidate in kept for weight in candidate.weights}
    left = [place for place in asked if place not in done]
    if left:
        why = dict.fromkeys(": ".join(_refusal(place, found, reasons)) for place in left)
        raise PassError(
            f"rule `{asked[left[0]].rule}`",
            expected="weights that kernels alone read",
            found=f"{len(left)} others ({'; '.join([*why][:4])})",
            cure="name the stages of products: `layers.*/mlp`, `block:linear`",
        )


def why_left(place: int, found: Sequence[StageRegion], reasons: Mapping[str, str]) -> str:
    """Returns why no kernel reads a weight."""
    path, why = _refusal(place, found, reasons)
    return why if path in reasons else f"`{path}` reads it, which has no kernel"


def _refusal(
    place: int, found: Sequence[StageRegion], reasons: Mapping[str, str]
) -> tuple[str, str]:
    """Returns the stage that keeps a weight from kernels, and why: the innermost that takes it."""
    readers = [stage.path for stage in found if place in _places(stage)]
    said = [path for path in readers if path in reasons]
    inner = max(said or readers, key=lambda path: path.count("/"), default="main")
    return inner, reasons.get(inner, "no kernel for it")


def _places(stage: StageRegion) -> set[int]:
    """Returns which arguments of `main` a stage takes."""
    values = [value for value, _ in map(stack_of, stage.op.operands) if _is_argument(value)]
    return {ir.BlockArgument(value).arg_number for value in values}


def _is_argument(value: ir.Value) -> bool:
    """Tells whether a value is an argument of the function itself."""
    return isinstance(value.owner, ir.Block) and value.owner.owner.operation.name == "func.func"
