"""Reading the graph of values: who makes a value, who uses it, what a dot sums over."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.ir.bindings import ir, stablehlo


def maker(value: ir.Value) -> ir.Operation | None:
    """Returns the operation that makes a value, or None for an argument of a block."""
    owner = value.owner
    return None if isinstance(owner, ir.Block) else owner.operation


def made_by(value: ir.Value, *kinds: str) -> ir.Operation | None:
    """Returns the operation that makes a value if it is StableHLO's of one of these names."""
    op = maker(value)
    return op if op is not None and op.name.removeprefix("stablehlo.") in kinds else None


def users(value: ir.Value) -> list[ir.Operation]:
    """Returns the operations that use a value, each once."""
    found: list[ir.Operation] = []
    for use in value.uses:
        if use.owner.operation not in found:
            found.append(use.owner.operation)
    return found


def only_user(value: ir.Value) -> ir.Operation | None:
    """Returns the one operation that uses a value, or None if there are none or several."""
    found = users(value)
    return found[0] if len(found) == 1 else None


def shape(value: ir.Value) -> tuple[int, ...]:
    return tuple(ir.RankedTensorType(value.type).shape)


def element_type(value: ir.Value) -> str:
    return str(ir.RankedTensorType(value.type).element_type)


def ints(op: ir.Operation, attribute: str) -> tuple[int, ...]:
    """Returns the numbers of an attribute such as `permutation`."""
    return tuple(ir.DenseI64ArrayAttr(op.attributes[attribute]))


@dataclass(frozen=True, slots=True)
class Product:
    """Which dimensions a `dot_general` pairs off and sums over, left and right."""

    batch: tuple[tuple[int, ...], tuple[int, ...]]
    contract: tuple[tuple[int, ...], tuple[int, ...]]

    @classmethod
    def of(cls, op: ir.Operation) -> Product:
        found = stablehlo.DotDimensionNumbers(op.attributes["dot_dimension_numbers"])
        return cls(
            (tuple(found.lhs_batching_dimensions), tuple(found.rhs_batching_dimensions)),
            (tuple(found.lhs_contracting_dimensions), tuple(found.rhs_contracting_dimensions)),
        )
