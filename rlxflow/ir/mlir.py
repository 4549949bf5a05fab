"""The StableHLO back end: each primitive of `ir/backend.py` becomes one operation.

Result types are inferred by the axis layer above and stated here, so that MLIR's own verifier
compares both inferences when the module is finished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from rlxflow.ir.backend import Handle, Ints
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.scope import MlirHandle, Scope

_CHLO = {"erf"}
_NEUTRAL = {"add": 0.0, "multiply": 1.0, "maximum": -np.inf, "minimum": np.inf}


def element_type(dtype: str) -> ir.Type:
    """Returns the MLIR type of one of our element types, which are spelled alike."""
    return ir.Type.parse(dtype)


class MlirPrimitives:
    """Builds operations into the current scope, inside `with context, Location.unknown()`."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._types: dict[tuple[str, tuple[int, ...]], ir.Type] = {}
        self._locations: dict[str, ir.Location] = {}

    @contextmanager
    def label(self, name: str) -> Iterator[None]:
        """Names the operations built inside, relative to their stage."""
        with self.scope.label(name):
            yield

    def tensor(self, shape: Ints, dtype: str) -> ir.Type:
        """Returns `tensor<2x3xf32>`; types are made once."""
        key = (dtype, tuple(shape))
        if key not in self._types:
            self._types[key] = ir.RankedTensorType.get(list(shape), element_type(dtype))
        return self._types[key]

    def location(self, name: str) -> ir.Location:
        """Returns `loc("name")`; locations are made once."""
        if name not in self._locations:
            self._locations[name] = ir.Location.name(name)
        return self._locations[name]

    def _build(
        self,
        name: str,
        shape: Ints,
        dtype: str,
        operands: Sequence[Handle],
        attributes: Mapping[str, ir.Attribute] | None = None,
        regions: int = 0,
    ) -> MlirHandle:
        scope = self.scope
        label = "/".join(scope.labels) or name.partition(".")[2]
        values = [scope.use(cast(MlirHandle, operand)) for operand in operands]
        operation = ir.Operation.create(
            name,
            results=[self.tensor(shape, dtype)],
            operands=values,
            attributes=dict(attributes or {}),
            regions=regions,
            loc=self.location(label),
            ip=scope.insertion_point,
        )
        scope.operations += 1
        return MlirHandle(operation.results[0], scope, label)

    def _shape(self, x: Handle) -> tuple[tuple[int, ...], str]:
        type_ = ir.RankedTensorType(cast(MlirHandle, x).value.type)
        return tuple(type_.shape), str(type_.element_type)

    def constant(self, value: np.ndarray, shape: Ints, dtype: str) -> Handle:
        attribute = _dense(value, shape, self.tensor(shape, dtype))
        return self._build("stablehlo.constant", shape, dtype, [], {"value": attribute})

    def iota(self, shape: Ints, dtype: str, dim: int) -> Handle:
        return self._build("stablehlo.iota", shape, dtype, [], {"iota_dimension": _i64(dim)})

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
        attributes = {"broadcast_dimensions": _ints(dims)}
        dtype = self._shape(x)[1]
        return self._build("stablehlo.broadcast_in_dim", shape, dtype, [x], attributes)

    def reshape(self, x: Handle, shape: Ints) -> Handle:
        old, dtype = self._shape(x)
        return x if old == tuple(shape) else self._build("stablehlo.reshape", shape, dtype, [x])

    def transpose(self, x: Handle, permutation: Ints) -> Handle:
        old, dtype = self._shape(x)
        shape = [old[i] for i in permutation]
        attributes = {"permutation": _ints(permutation)}
        return self._build("stablehlo.transpose", shape, dtype, [x], attributes)

    def slice(self, x: Handle, starts: Ints, limits: Ints, strides: Ints) -> Handle:
        shape = [-(-(b - a) // s) for a, b, s in zip(starts, limits, strides, strict=True)]
        attributes = {
            "start_indices": _ints(starts),
            "limit_indices": _ints(limits),
            "strides": _ints(strides),
        }
        return self._build("stablehlo.slice", shape, self._shape(x)[1], [x], attributes)

    def concatenate(self, parts: Sequence[Handle], dim: int) -> Handle:
        shapes = [self._shape(part)[0] for part in parts]
        shape = list(shapes[0])
        shape[dim] = sum(s[dim] for s in shapes)
        dtype = self._shape(parts[0])[1]
        return self._build("stablehlo.concatenate", shape, dtype, parts, {"dimension": _i64(dim)})

    def pad(self, x: Handle, value: float, low: Ints, high: Ints) -> Handle:
        old, dtype = self._shape(x)
        shape = [a + size + b for a, size, b in zip(low, old, high, strict=True)]
        filler = self.constant(np.asarray(value), (), dtype)
        attributes = {
            "edge_padding_low": _ints(low),
            "edge_padding_high": _ints(high),
            "interior_padding": _ints([0] * len(shape)),
        }
        return self._build("stablehlo.pad", shape, dtype, [x, filler], attributes)

    def reverse(self, x: Handle, dims: Ints) -> Handle:
        shape, dtype = self._shape(x)
        return self._build("stablehlo.reverse", shape, dtype, [x], {"dimensions": _ints(dims)})

    def reduce(self, kind: str, x: Handle, dims: Ints) -> Handle:
        old, dtype = self._shape(x)
        shape = [size for i, size in enumerate(old) if i not in dims]
        start = self.constant(_neutral(kind, dtype), (), dtype)
        attributes = {"dimensions": _ints(dims)}
        made = self._build("stablehlo.reduce", shape, dtype, [x, start], attributes, regions=1)
        scalar, location = self.tensor((), dtype), self.location(made.label)
        region = cast(ir.OpResult, made.value).owner.regions[0]
        block = ir.Block.create_at_start(region, [scalar, scalar], [location, location])
        with ir.InsertionPoint(block), location:
            both = ir.Operation.create(f"stablehlo.{kind}", [scalar], list(block.arguments))
            ir.Operation.create("stablehlo.return", operands=[both.results[0]])
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
        attributes = {"dimension_numbers": numbers, "slice_sizes": _ints(sizes)}
        shape = [*rows[:dim], *index, *rows[dim + 1 :]]
        return self._build("stablehlo.gather", shape, dtype, [table, ids], attributes)

    def dynamic_slice(self, x: Handle, starts: Sequence[Handle], sizes: Ints) -> Handle:
        dtype, attributes = self._shape(x)[1], {"slice_sizes": _ints(sizes)}
        return self._build("stablehlo.dynamic_slice", sizes, dtype, [x, *starts], attributes)

    def dynamic_update_slice(self, x: Handle, update: Handle, starts: Sequence[Handle]) -> Handle:
        shape, dtype = self._shape(x)
        operands = [x, update, *starts]
        return self._build("stablehlo.dynamic_update_slice", shape, dtype, operands)


def _i64(value: int) -> ir.Attribute:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)


def _ints(values: Ints) -> ir.Attribute:
    return ir.DenseI64ArrayAttr.get(list(values))


def _neutral(kind: str, dtype: str) -> np.ndarray:
    """Returns the start value of a reduction; for integers their limits stand for infinity."""
    value = _NEUTRAL[kind]
    if np.isinf(value) and not dtype.startswith(("f", "bf")):
        limits = np.iinfo(
            np.dtype(f"{'uint' if dtype.startswith('u') else 'int'}{dtype.strip('ui')}")
        )
        return np.asarray(limits.min if value < 0 else limits.max)
    return np.asarray(value)


def _dense(value: np.ndarray, shape: Ints, type_: ir.Type) -> ir.Attribute:
    """Returns `dense<...>`: a splat if there is one element, else the elements in row order."""
    element = ir.RankedTensorType(type_).element_type
    if value.size == 1:
        scalar = value.reshape(()).item()
        if isinstance(element, ir.IntegerType):
            one = ir.IntegerAttr.get(element, int(scalar))
        else:
            one = ir.FloatAttr.get(element, float(scalar))
        return ir.DenseElementsAttr.get_splat(type_, one)
    array: np.ndarray = np.ascontiguousarray(value)
    if array.dtype == np.bool_:
        array = np.packbits(array, bitorder="little")
    elif array.dtype.itemsize <= 2 and array.dtype.kind == "V":
        array = array.view(f"u{array.dtype.itemsize}")
    return ir.DenseElementsAttr.get(cast(Any, array), type=element, shape=list(shape))
