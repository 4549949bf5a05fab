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
from rlxflow.weights.panels import Panels, split_formats
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
        made[stage.path] = {
            name: each for name, each in read.items() if {*split_formats(each)}.difference(PLAIN)
        }
    return made


def made_blocks(read: str, stored: str | None) -> list[str]:
    """Returns the formats of a weight's blocks that the file has not; see `_blocks`."""
    return [format_ for format_, kept in _blocks(read, stored) if not kept]


def _blocks(read: str, stored: str | None) -> list[tuple[str, bool]]:
    """Returns for the layers of a weight in blocks their format, and whether the file has it.

    Args:
        read: Formats that a kernel reads, one for each layer or one for all.
        stored: Those of the file, so too; None if it has numbers.
    """
    formats, held = split_formats(read), split_formats(stored or "")
    count = max(len(formats), len(held))
    pairs = zip(*(each * (count // len(each)) for each in (formats, held)), strict=True)
    return [(format_, format_ == known) for format_, known in pairs if format_ not in PLAIN]


def block_report(
    read: Mapping[str, str], stored: Mapping[str, str], errors: Mapping[str, QuantError]
) -> Blocks:
    """Returns what a stage's weights in blocks are, and what making them changed.

    Args:
        read: Weights -> format, of a stack of layers that differ those of all.
        stored: Weights -> the same in the file, of those that are blocks there.
        errors: Of those that were quantised, as far as they are loaded.
    """
    made = [name for name, each in read.items() if made_blocks(each, stored.get(name))]
    known = [errors[name] for name in made if name in errors]
    total = QuantError.total(known) if made and len(known) == len(made) else None
    found = [pair for name, each in read.items() for pair in _blocks(each, stored.get(name))]
    return Blocks(
        stored=tuple(dict.fromkeys(format_ for format_, kept in found if kept)),
        quantised=tuple(dict.fromkeys(format_ for format_, kept in found if not kept)),
        relative=total.relative if total else None,
        largest=total.largest if total else None,
    )
