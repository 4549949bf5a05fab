"""What all StableHLO primitives share: building one operation into the current scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from rlxflow.errors import FlowStructureError
from rlxflow.ir.backend import Handle, Ints
from rlxflow.ir.bindings import ir
from rlxflow.ir.scope import MlirHandle, Scope


def element_type(dtype: str) -> ir.Type:
    """Returns the MLIR type of one of our element types, which are spelled alike."""
    return ir.Type.parse(dtype)


def i64(value: int) -> ir.Attribute:
    """Returns `value : i64`."""
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)


def ints(values: Ints) -> ir.Attribute:
    """Returns `array<i64: ...>`."""
    return ir.DenseI64ArrayAttr.get(list(values))


class MlirBase:
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

    def constant(self, value: np.ndarray, shape: Ints, dtype: str) -> Handle:
        attribute = _dense(value, shape, self.tensor(shape, dtype))
        return self._build("stablehlo.constant", shape, dtype, [], {"value": attribute})

    def _build(
        self,
        name: str,
        shape: Ints,
        dtype: str,
        operands: Sequence[Handle],
        attributes: Mapping[str, ir.Attribute] | None = None,
        regions: int = 0,
    ) -> MlirHandle:
        types = [self.tensor(shape, dtype)]
        return self._build_all(name, types, operands, attributes, regions)[0]

    def _build_all(
        self,
        name: str,
        types: Sequence[ir.Type],
        operands: Sequence[Handle],
        attributes: Mapping[str, ir.Attribute] | None = None,
        regions: int = 0,
    ) -> list[MlirHandle]:
        """Builds an operation with any number of results."""
        scope = self.scope
        if scope.closed:
            raise FlowStructureError(
                f"operation `{name}`",
                expected="a module under construction",
                found="a value of a build that ended",
                cure="use the values that the closure is given",
            )
        label = "/".join(scope.labels) or name.partition(".")[2]
        values = [scope.use(cast(MlirHandle, operand)) for operand in operands]
        operation = ir.Operation.create(
            name,
            results=list(types),
            operands=values,
            attributes=dict(attributes or {}),
            regions=regions,
            loc=self.location(label),
            ip=scope.insertion_point,
        )
        scope.operations += 1
        return [MlirHandle(result, scope, label) for result in operation.results]

    def _fill_region(
        self,
        made: MlirHandle,
        arguments: Sequence[ir.Type],
        op: str,
        result: ir.Type,
        attributes: Mapping[str, ir.Attribute] | None = None,
    ) -> None:
        """Fills the region of an operation: `op` of its first two arguments, and a return."""
        location = self.location(made.label)
        region = cast(ir.OpResult, made.value).owner.regions[0]
        block = ir.Block.create_at_start(region, list(arguments), [location] * len(arguments))
        with ir.InsertionPoint(block), location:
            operands = list(block.arguments)[:2]
            inner = ir.Operation.create(op, [result], operands, dict(attributes or {}))
            ir.Operation.create("stablehlo.return", operands=[inner.results[0]])

    def _shape(self, x: Handle) -> tuple[tuple[int, ...], str]:
        type_ = ir.RankedTensorType(cast(MlirHandle, x).value.type)
        return tuple(type_.shape), str(type_.element_type)


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
    if array.dtype.itemsize <= 2 and array.dtype.kind == "V":
        array = array.view(f"u{array.dtype.itemsize}")
    return ir.DenseElementsAttr.get(cast(Any, array), type=element, shape=list(shape))
