"""Rules that say in which format kernels read the weights of some stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rlxflow.errors import PassError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion, matches
from rlxflow.kernels.trace import shape_of, source_of
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

    A rule names every matrix that a stage of its pattern reads; the last one wins. That of a router
    is named only by a rule that ends in `router`: it is small, and rounding changes its choices.

    Raises PassError for a text that is no rule, and for one that names no matrix.
    """
    body = module.main.operation.regions[0].blocks[0]
    ports = module.arguments()
    asked: dict[int, Asked] = {}
    routers = {i for stage in found if stage.name == ROUTER for i in _places(stage)}
    for text in rules:
        pattern, _, format_ = text.rpartition("=")
        if not pattern or format_ not in QUANTISERS:
            expected = f"`stages=format`, a format out of {', '.join(QUANTISERS)}"
            raise PassError("option `quant`", expected=expected, found=f"`{text}`")
        read = {i for stage in found if matches(pattern, stage) for i in _places(stage)}
        if pattern.rpartition("/")[2] != ROUTER:
            read -= routers
        named = [
            i for i in read if ports[i].kind == "param" and len(shape_of(body.arguments[i])) > 1
        ]
        if not named:
            expected = "a pattern of stages that read a matrix"
            raise PassError(f"rule `{text}`", expected=expected, found="none")
        asked |= dict.fromkeys(named, Asked(format_, text))
    return asked


def check_asked(
    asked: Mapping[int, Asked], kept: Sequence[Candidate], reasons: Mapping[str, str]
) -> None:
    """Raises PassError if a weight of a rule does not go to a kernel."""
    done = {weight.argument for candidate in kept for weight in candidate.weights}
    left = [rule for place, (_, rule) in asked.items() if place not in done]
    if left:
        why = "; ".join(f"{path}: {reason}" for path, reason in [*reasons.items()][:4])
        raise PassError(
            f"rule `{left[0]}`",
            expected="weights that kernels alone read",
            found=f"{len(left)} others ({why or 'no kernel for what reads them'})",
            cure="name the stages of products: `layers.*/mlp`, `block:linear`",
        )


def why_left(place: int, found: Sequence[StageRegion], reasons: Mapping[str, str]) -> str:
    """Returns why no kernel reads a weight: what the innermost stage that takes it says."""
    readers = [stage for stage in found if place in _places(stage)]
    said = [reasons[stage.path] for stage in readers if stage.path in reasons]
    inner = max(readers, key=lambda stage: stage.path.count("/")).path if readers else "main"
    return said[-1] if said else f"`{inner}` reads it, which has no kernel"


def _places(stage: StageRegion) -> set[int]:
    """Returns which arguments of `main` a stage takes."""
    values = [value for value in map(source_of, stage.op.operands) if _is_argument(value)]
    return {ir.BlockArgument(value).arg_number for value in values}


def _is_argument(value: ir.Value) -> bool:
    """Tells whether a value is an argument of the function itself."""
    return isinstance(value.owner, ir.Block) and value.owner.owner.operation.name == "func.func"
