"""How values and operations are written: by what they are, never by their numbers in the text."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from rlxflow.difference.numbering import Numbering
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import is_stage, string_of
from rlxflow.ir.summary import type_text

Names = dict[ir.Value, str]
LONGEST = 160


def name_results(
    numbering: Numbering, places: Sequence[int], names: Names, used: Counter[str]
) -> None:
    """Names the results of the operations at these places, such as `%add`, `%add.1`, `%norm#1`."""
    for i in places:
        op = numbering.ops[i]
        base = string_of(op, "name") if is_stage(op) else op.name.partition(".")[2]
        count = used[base]
        used[base] += 1
        name = f"%{base}.{count}" if count else f"%{base}"
        for k, result in enumerate(op.results):
            names[result] = f"{name}#{k}" if k else name


def line(op: ir.Operation, names: Names) -> str:
    """Returns an operation in one line: `%add = add(%x, %y) : f32[2]`."""
    given = [names[result] for result in op.results[:1]]
    kind = f"stage {string_of(op, 'name')}" if is_stage(op) else op.name
    taken = ", ".join(names.get(value, "%?") for value in op.operands)
    shown = [] if is_stage(op) else sorted(op.attributes)
    details = ", ".join(f"{name} = {attribute_text(op.attributes[name])}" for name in shown)
    types = ", ".join(type_text(result.type) for result in op.results)
    text = f"{given[0]} = " if given else ""
    text += kind.removeprefix("stablehlo.") + (f"({taken})" if taken else "")
    text += f" {{{details}}}" if details else ""
    return f"{text} : {types}" if types else text


def attribute_text(attribute: ir.Attribute) -> str:
    """Returns an attribute; of many numbers the first ones, and a checksum of all."""
    if isinstance(attribute, ir.DenseElementsAttr):
        if attribute.is_splat:
            return f"dense<{_untyped(attribute.get_splat_value())}>"
        return _numbers(attribute) if len(attribute) > 8 else _untyped(attribute)
    text = " ".join(str(attribute).split())
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({zlib.crc32(text.encode()):08x})"


def _untyped(attribute: ir.Attribute) -> str:
    return str(attribute).partition(" : ")[0]


def _numbers(attribute: ir.DenseElementsAttr) -> str:
    try:
        array = np.array(attribute).ravel()
        first, mark = ", ".join(f"{value:g}" for value in array[:4]), zlib.crc32(array.tobytes())
    except (TypeError, ValueError, RuntimeError):  # an element type that numpy lacks
        text = str(attribute)
        first, mark = text[:40], zlib.crc32(text.encode())
    return f"dense<{first}, ...; {len(attribute)} numbers, checksum {mark:08x}>"
