"""The StableHLO back end: each primitive of `ir/backend.py` becomes one operation.

Result types are inferred by the axis layer above and stated here, so that MLIR's own verifier
compares both inferences when the module is finished.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlxflow.ir.backend import Handle, Ints
from rlxflow.ir.bindings import stablehlo
from rlxflow.ir.mlir_base import i64, ints
from rlxflow.ir.mlir_ordering import OrderingPrimitives

_CHLO = {"erf"}
_NEUTRAL = {"add": 0.0, "multiply": 1.0, "maximum": -np.inf, "minimum": np.inf}


class MlirPrimitives(OrderingPrimitives):
    """The primitives that are one plain operation each; `OrderingPrimitives` has the others."""

    def iota(self, shape: Ints, dtype: str, dim: int) -> Handle:
        return self._build("stablehlo.iota", shape, dtype, [], {"iota_dimension": i64(dim)})

    def unary(self, kind: str, x: Handle) -> Handle:
        shape, dtype = self._shape(x)
        dialect = "chlo" if kind in _CHLO else "stablehlo"
        return self._build(f"{dialect}.{kind}", shape, dtype, [x])

    def binary(self, kind: str, x: Handle, y: Handle) -> Handle:
        shape, dtype = self._shape(x)
        return self._build(f"stablehlo.{kind}", shape, dtype, [x, y])

    def compare(self, direction: str, x: Handle, y: Handle) -> Handle:
        shape, _ = self._shape(x)
        attributes = {"comparison_direction": stablehlo.ComparisonDirectionAttr.get(direction)}
        return self._build("stablehlo.compare", shape, "i1", [x, y], attributes)

    def select(self, pred: Handle, on_true: Handle, on_false: Handle) -> Handle:
        shape, dtype = self._shape(on_true)
        return self._build("stablehlo.select", shape, dtype, [pred, on_true, on_false])

    def convert(self, x: Handle, dtype: str) -> Handle:
        return self._build("stablehlo.convert", self._shape(x)[0], dtype, [x])

    def broadcast_in_dim(self, x: Handle, shape: Ints, dims: Ints) -> Handle:
        attributes = {"broadcast_dimensions": ints(dims)}
        dtype = self._shape(x)[1]
        return self._build("stablehlo.broadcast_in_dim", shape, dtype, [x], attributes)

    def reshape(self, x: Handle, shape: Ints) -> Handle:
        old, dtype = self._shape(x)
        return x if old == tuple(shape) else self._build("stablehlo.reshape", shape, dtype, [x])

    def transpose(self, x: Handle, permutation: Ints) -> Handle:
        old, dtype = self._shape(x)
        shape = [old[i] for i in permutation]
        attributes = {"permutation": ints(permutation)}
        return self._build("stablehlo.transpose", shape, dtype, [x], attributes)

    def slice(self, x: Handle, starts: Ints, limits: Ints, strides: Ints) -> Handle:
        shape = [-(-(b - a) // s) for a, b, s in zip(starts, limits, strides, strict=True)]
        attributes = {
            "start_indices": ints(starts),
            "limit_indices": ints(limits),
            "strides": ints(strides),
        }
        return self._build("stablehlo.slice", shape, self._shape(x)[1], [x], attributes)

    def concatenate(self, parts: Sequence[Handle], dim: int) -> Handle:
        shapes = [self._shape(part)[0] for part in parts]
        shape = list(shapes[0])
        shape[dim] = sum(s[dim] for s in shapes)
        dtype = self._shape(parts[0])[1]
        return self._build("stablehlo.concatenate", shape, dtype, parts, {"dimension": i64(dim)})

    def pad(self, x: Handle, value: float, low: Ints, high: Ints) -> Handle:
        old, dtype = self._shape(x)
        shape = [a + size + b for a, size, b in zip(low, old, high, strict=True)]
        filler = self.constant(np.asarray(value), (), dtype)
        attributes = {
            "edge_padding_low": ints(low),
            "edge_padding_high": ints(high),
            "interior_padding": ints([0] * len(shape)),
        }
        return self._build("stablehlo.pad", shape, dtype, [x, filler], attributes)

    def reverse(self, x: Handle, dims: Ints) -> Handle:
        shape, dtype = self._shape(x)
        return self._build("stablehlo.reverse", shape, dtype, [x], {"dimensions": ints(dims)})

    def reduce(self, kind: str, x: Handle, dims: Ints) -> Handle:
        old, dtype = self._shape(x)
        shape = [size for i, size in enumerate(old) if i not in dims]
        start = self.constant(_neutral(kind, dtype), (), dtype)
        attributes = {"dimensions": ints(dims)}
        made = self._build("stablehlo.reduce", shape, dtype, [x, start], attributes, regions=1)
        scalar = self.tensor((), dtype)
        self._fill_region(made, [scalar, scalar], f"stablehlo.{kind}", scalar)
        return made

    def dot_general(
        self,
        x: Handle,
        y: Handle,
        *,
        contract: tuple[Ints, Ints],
        batch: tuple[Ints, Ints],
        dtype: str,
    ) -> Handle:
        left, right = self._shape(x)[0], self._shape(y)[0]
        gone = {*contract[1], *batch[1]}
        shape = [left[i] for i in batch[0]]
        shape += [size for i, size in enumerate(left) if i not in {*contract[0], *batch[0]}]
        shape += [size for i, size in enumerate(right) if i not in gone]
        numbers = stablehlo.DotDimensionNumbers.get(
            lhs_batching_dimensions=list(batch[0]),
            rhs_batching_dimensions=list(batch[1]),
            lhs_contracting_dimensions=list(contract[0]),
            rhs_contracting_dimensions=list(contract[1]),
        )
        attributes = {"dot_dimension_numbers": numbers}
        return self._build("stablehlo.dot_general", shape, dtype, [x, y], attributes)

    def take(self, table: Handle, ids: Handle, dim: int) -> Handle:
        rows, dtype = self._shape(table)
        index = self._shape(ids)[0]
        offsets = [*range(dim), *range(dim + len(index), len(rows) - 1 + len(index))]
        numbers = stablehlo.GatherDimensionNumbers.get(
            offset_dims=offsets,
            collapsed_slice_dims=[dim],
            operand_batching_dims=[],
            start_indices_batching_dims=[],
            start_index_map=[dim],
            index_vector_dim=len(index),
        )
        sizes = [1 if i == dim else size for i, size in enumerate(rows)]
        attributes = {"dimension_numbers": numbers, "slice_sizes": ints(sizes)}
        shape = [*rows[:dim], *index, *rows[dim + 1 :]]
        return self._build("stablehlo.gather", shape, dtype, [table, ids], attributes)

    def take_batched(
        self, table: Handle, ids: Handle, dim: int, batch: tuple[Ints, Ints]
    ) -> Handle:
        rows, dtype = self._shape(table)
        index = self._shape(ids)[0]
        rest = [i for i in range(len(rows)) if i != dim and i not in batch[0]]
        numbers = stablehlo.GatherDimensionNumbers.get(
            offset_dims=[*range(len(index), len(index) + len(rest))],
            collapsed_slice_dims=[dim],
            operand_batching_dims=list(batch[0]),
            start_indices_batching_dims=list(batch[1]),
            start_index_map=[dim],
            index_vector_dim=len(index),
        )
        sizes = [size if i in rest else 1 for i, size in enumerate(rows)]
        attributes = {"dimension_numbers": numbers, "slice_sizes": ints(sizes)}
        shape = [*index, *(rows[i] for i in rest)]
        return self._build("stablehlo.gather", shape, dtype, [table, ids], attributes)

    def dynamic_slice(self, x: Handle, starts: Sequence[Handle], sizes: Ints) -> Handle:
        dtype, attributes = self._shape(x)[1], {"slice_sizes": ints(sizes)}
        return self._build("stablehlo.dynamic_slice", sizes, dtype, [x, *starts], attributes)

    def dynamic_update_slice(self, x: Handle, update: Handle, starts: Sequence[Handle]) -> Handle:
        shape, dtype = self._shape(x)
        operands = [x, update, *starts]
        return self._build("stablehlo.dynamic_update_slice", shape, dtype, operands)


def _neutral(kind: str, dtype: str) -> np.ndarray:
    """Returns the start value of a reduction; for integers their limits stand for infinity."""
    value = _NEUTRAL[kind]
    if np.isinf(value) and not dtype.startswith(("f", "bf")):
        limits = np.iinfo(
            np.dtype(f"{'uint' if dtype.startswith('u') else 'int'}{dtype.strip('ui')}")
        )
        return np.asarray(limits.min if value < 0 else limits.max)
    return np.asarray(value)
