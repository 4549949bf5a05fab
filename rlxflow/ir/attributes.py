"""Python values to MLIR attributes: what may stand in a stage's `params`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlxflow.errors import DTypeError
from rlxflow.ir.bindings import ir


def to_attribute(value: object) -> ir.Attribute:
    """Returns the attribute of a Python value.

    str -> string, bool -> bool, int -> i64, float -> f64, sequence -> array, mapping -> dictionary.
    Entries of a mapping whose value is None are left out. Raises DTypeError for anything else.
    """
    match value:
        case bool():
            return ir.BoolAttr.get(value)
        case int():
            return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)
        case float():
            return ir.FloatAttr.get(ir.F64Type.get(), value, loc=ir.Location.unknown())
        case str():
            return ir.StringAttr.get(value)
        case Mapping():
            entries = {str(k): to_attribute(v) for k, v in value.items() if v is not None}
            return ir.DictAttr.get(entries)
        case Sequence():
            return ir.ArrayAttr.get([to_attribute(item) for item in value])
        case _:
            raise DTypeError(
                "params",
                expected="strings, numbers, booleans, sequences or mappings of them",
                found=f"{type(value).__name__} {value!r}",
            )


def from_attribute(attribute: ir.Attribute) -> object:
    """Returns the Python value of an attribute made by `to_attribute`; others as their text."""
    match attribute:
        case ir.BoolAttr() | ir.IntegerAttr() | ir.FloatAttr() | ir.StringAttr():
            return attribute.value
        case ir.DictAttr():
            return {entry.name: from_attribute(entry.attr) for entry in attribute}
        case ir.ArrayAttr():
            return [from_attribute(item) for item in attribute]
        case _:
            return str(attribute)
