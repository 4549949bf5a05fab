"""Operations on tensors `[l, ...]` that hold a slice for each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlxflow.ir.bindings import ir


def stacked_type(type_: ir.Type, count: int) -> ir.Type:
    """Returns `tensor<l x ...>` for l tensors of a type."""
    tensor = ir.RankedTensorType(type_)
    return ir.RankedTensorType.get([count, *tensor.shape], tensor.element_type)


@dataclass(eq=False)
class SliceBuilder:
    """Builds plain operations at one point."""

    point: ir.InsertionPoint

    def op(
        self,
        name: str,
        types: Sequence[ir.Type],
        operands: Sequence[ir.Value],
        label: str | ir.Location,
        attributes: Mapping[str, ir.Attribute] | None = None,
        regions: int = 0,
    ) -> ir.Operation:
        location = ir.Location.name(label) if isinstance(label, str) else label
        return ir.Operation.create(
            name,
            results=list(types),
            operands=list(operands),
            attributes=dict(attributes or {}),
            regions=regions,
            loc=location,
            ip=self.point,
        )

    def index(self, value: int, label: str) -> ir.Value:
        """Returns an i32 constant."""
        i32 = ir.IntegerType.get_signless(32)
        type_ = ir.RankedTensorType.get([], i32)
        number = ir.DenseElementsAttr.get_splat(type_, ir.IntegerAttr.get(i32, value))
        return self.op("stablehlo.constant", [type_], [], label, {"value": number}).results[0]

    def zeros(self, type_: ir.Type) -> ir.Value:
        """Returns zeros of a type, which the loop overwrites slice by slice."""
        element = ir.RankedTensorType(type_).element_type
        is_float = isinstance(element, ir.FloatType)
        zero = ir.FloatAttr.get(element, 0.0) if is_float else ir.IntegerAttr.get(element, 0)
        value = ir.DenseElementsAttr.get_splat(type_, zero)
        return self.op("stablehlo.constant", [type_], [], "kept", {"value": value}).results[0]

    def take(self, whole: ir.Value, at: ir.Value, zero: ir.Value, label: ir.Location) -> ir.Value:
        """Returns slice `at` of the first axis."""
        _, *sizes = ir.RankedTensorType(whole.type).shape
        element = ir.RankedTensorType(whole.type).element_type
        one = ir.RankedTensorType.get([1, *sizes], element)
        slices = {"slice_sizes": ir.DenseI64ArrayAttr.get([1, *sizes])}
        starts = [whole, at, *[zero] * len(sizes)]
        cut = self.op("stablehlo.dynamic_slice", [one], starts, label, slices).results[0]
        type_ = ir.RankedTensorType.get(sizes, element)
        return self.op("stablehlo.reshape", [type_], [cut], label).results[0]

    def put(
        self, whole: ir.Value, part: ir.Value, at: ir.Value, zero: ir.Value, label: ir.Location
    ) -> ir.Value:
        """Returns the whole with slice `at` of the first axis replaced."""
        one = self.op("stablehlo.reshape", [stacked_type(part.type, 1)], [part], label).results[0]
        rank = ir.RankedTensorType(part.type).rank
        operands = [whole, one, at, *[zero] * rank]
        name = "stablehlo.dynamic_update_slice"
        return self.op(name, [whole.type], operands, label).results[0]

    def pick(self, whole: ir.Value, at: int, label: ir.Location) -> ir.Value:
        """Returns slice `at`, which is known."""
        first, *sizes = ir.RankedTensorType(whole.type).shape
        element = ir.RankedTensorType(whole.type).element_type
        assert at < first
        bounds = {
            "start_indices": ir.DenseI64ArrayAttr.get([at, *[0] * len(sizes)]),
            "limit_indices": ir.DenseI64ArrayAttr.get([at + 1, *sizes]),
            "strides": ir.DenseI64ArrayAttr.get([1] * (len(sizes) + 1)),
        }
        one = ir.RankedTensorType.get([1, *sizes], element)
        cut = self.op("stablehlo.slice", [one], [whole], label, bounds).results[0]
        type_ = ir.RankedTensorType.get(sizes, element)
        return self.op("stablehlo.reshape", [type_], [cut], label).results[0]

    def join(self, values: Sequence[ir.Value], label: ir.Location) -> ir.Value:
        """Returns values of one type along a new first axis."""
        ones = [
            self.op("stablehlo.reshape", [stacked_type(v.type, 1)], [v], label).results[0]
            for v in values
        ]
        dimension = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 0)
        type_ = stacked_type(values[0].type, len(values))
        attributes: dict[str, ir.Attribute] = {"dimension": dimension}
        return self.op("stablehlo.concatenate", [type_], ones, label, attributes).results[0]
