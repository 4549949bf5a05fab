"""Makes stages of the blocks of transformers that are found in plain StableHLO.

Such as jax or an exporter of PyTorch writes it: norms, activations, rotations, attentions, products
and feed-forwards, in the many ways in which they are written.

Before:
    %0 = stablehlo.multiply %x, %x : tensor<4x8xf32>
    %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1] : ...
    ...
    %8 = stablehlo.rsqrt %7 : tensor<4xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32>
    %10 = stablehlo.multiply %x, %9 : tensor<4x8xf32>
    %11 = stablehlo.broadcast_in_dim %weight, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
    %12 = stablehlo.multiply %10, %11 : tensor<4x8xf32> loc("layers_0/norm/mul")
After:
    %12 = "rlx.stage"(%x, %weight) ({
      ... stablehlo.rsqrt ...
    }) {block = "rms_norm", name = "layers_0.norm", params = {eps = 0.5, offset = 0}} : ...

The operations move into the stage; none is added, removed or changed, but that a constant which
others use as well gets a copy inside. So the numbers are the same in every bit. A match of which
something inside is used outside is none. Calls of private functions are inlined first.

Recognisers run in the order of `RECOGNISERS`; `mlp` and `glu` are made of the stages of those
before them, and hold those. What is in a stage already is left alone; with `inside`, only what is
in a stage of a kind that is found here. Running the pass again changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from rlxflow.errors import PassError, did_you_mean
from rlxflow.files import write_atomically
from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import enclose
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import is_stage, string_of
from rlxflow.passes.base import Pass, option
from rlxflow.passes.raising.activations import activation
from rlxflow.passes.raising.attention import attention
from rlxflow.passes.raising.closing import check_closed, own_constants, with_constants
from rlxflow.passes.raising.feed_forward import glu, mlp
from rlxflow.passes.raising.inlining import inline_calls
from rlxflow.passes.raising.linear import linear
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.naming import Names, inner_name, stage_name
from rlxflow.passes.raising.norms import norm
from rlxflow.passes.raising.report import Found, Missed, Report, place
from rlxflow.passes.raising.rope import rope
from rlxflow.passes.raising.sampling import FUNCTIONS
from rlxflow.passes.raising.weights import Weights

RECOGNISERS: dict[str, Callable[[ir.Operation, Weights], Match | None]] = {
    "norm": norm,
    "rope": rope,
    "attention": attention,
    "activation": activation,
    "linear": linear,
    "mlp": mlp,
    "glu": glu,
}
"""What is looked for, in this order: a name for the option `blocks`, and who finds it."""

RAISED = ("rms_norm", "layer_norm", "rope", "attention", "linear", "mlp", "glu", *FUNCTIONS)
"""The blocks of the stages that are made."""


@dataclass(frozen=True)
class RaiseStages(Pass):
    """Finds norms, activations, rope, attention, products, feed-forwards and makes them stages."""

    name: ClassVar[str] = "rlx-raise-stages"
    blocks: tuple[str, ...] = option(tuple(RECOGNISERS), "what to look for")
    inside: bool = option(False, "look inside stages that are there already, too")
    report: str = option("", "a file for what was raised and what nearly was; - is standard error")

    def __post_init__(self) -> None:
        super().__post_init__()
        for block in self.blocks:
            if block not in RECOGNISERS:
                raise PassError(
                    f"option `blocks` of pass `{self.name}`",
                    expected=" | ".join(RECOGNISERS),
                    found=f"`{block}`",
                    cure=did_you_mean(block, RECOGNISERS),
                )

    def run(self, module: IrModule) -> None:
        text = str(self.find(module))
        if self.report == "-":
            sys.stderr.write(text)
        elif self.report:
            write_atomically(self.report, text.encode())

    def find(self, module: IrModule) -> Report:
        """Rewrites the module as `run` does, and returns what was found."""
        report, names = Report(), Names()
        with module.context:
            inline_calls(module)
            weights = Weights(module)
            for kind in [each for each in RECOGNISERS if each in self.blocks]:
                for block in [*_blocks(module.main.operation, self.inside)]:
                    for op in [view.operation for view in block.operations]:
                        if op.block == block:  # else a match before has taken it
                            _try(kind, op, weights, names, report)
        return report


def _blocks(op: ir.Operation, inside: bool) -> Iterator[ir.Block]:
    """Yields the blocks to look in: of functions, loops and branches, and of stages if asked."""
    for region in op.regions:
        for block in region.blocks:
            yield block
            for view in block.operations:
                inner = view.operation
                if not is_stage(inner) or (inside and string_of(inner, "block") not in RAISED):
                    yield from _blocks(inner, inside)


def _try(kind: str, op: ir.Operation, weights: Weights, names: Names, report: Report) -> None:
    """Makes a stage of what a recogniser finds at an operation, or notes why there is none."""
    try:
        found = RECOGNISERS[kind](op, weights)
        if found is None:
            return
        ops = with_constants(found.ops)
        check_closed(ops, found.root)
    except NearMiss as reason:
        report.missed.append(Missed(kind, place(op), str(reason)))
        return
    wanted = stage_name(found, ops)
    if is_stage(op.block.owner.operation):
        wanted = wanted.rpartition(".")[2]  # the path says the rest
    name = names.take(op.block, wanted, found.block)
    moved = own_constants(ops, found.root)
    _rename([inner for inner in moved if is_stage(inner)], name)
    enclose(moved, name=name, block=found.block, params=found.params, inputs=found.inputs)
    report.found.append(Found(name, found.block))


def _rename(stages: list[ir.Operation], outer: str) -> None:
    """Gives stages that come to stand in another the names that they have there."""
    known: set[str] = set()
    for stage in stages:
        full = string_of(stage, "name")
        name = inner_name(full, string_of(stage, "block"), outer)
        name = full if name in known else name
        known.add(name)
        stage.attributes["name"] = ir.StringAttr.get(name)
