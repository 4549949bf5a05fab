"""Which weights stages with kernels read as blocks, and what quantising changed in them."""

from __future__ import annotations

from collections.abc import Mapping

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.kernels.candidates import PLAIN
from rlxflow.kernels.trace import source_of
from rlxflow.passes.kernel_calls import kernel_of
from rlxflow.passes.lower_stage_modes import Blocks
from rlxflow.weights.panels import Panels
from rlxflow.weights.quant_error import QuantError


def blocks_read(module: IrModule) -> dict[str, dict[str, str]]:
    """Returns by path of a stage with a kernel the names of its weights in blocks -> format."""
    body = module.main.operation.regions[0].blocks[0]
    formats = {
        i: (port.name, Panels.parse(port.packed).format)
        for i, port in enumerate(module.arguments())
        if port.packed
    }
    made: dict[str, dict[str, str]] = {}
    for stage in stages(module):
        if not kernel_of(stage.op):
            continue
        sources = [value for value in map(source_of, stage.op.operands) if value.owner == body]
        places = [ir.BlockArgument(value).arg_number for value in sources]
        read = dict(formats[i] for i in places if i in formats)
        made[stage.path] = {name: each for name, each in read.items() if each not in PLAIN}
    return made


def block_report(
    read: Mapping[str, str], stored: Mapping[str, str], errors: Mapping[str, QuantError]
) -> Blocks:
    """Returns what a stage's weights in blocks are, and what making them changed.

    Args:
        read: Weights -> format.
        stored: Weights -> format in the file, of those that are blocks there.
        errors: Of those that were quantised, as far as they are loaded.
    """
    kept = [name for name, format_ in read.items() if stored.get(name) == format_]
    made = [name for name in read if name not in kept]
    known = [errors[name] for name in made if name in errors]
    total = QuantError.total(known) if made and len(known) == len(made) else None
    return Blocks(
        stored=tuple(dict.fromkeys(read[name] for name in kept)),
        quantised=tuple(dict.fromkeys(read[name] for name in made)),
        relative=total.relative if total else None,
        largest=total.largest if total else None,
    )
