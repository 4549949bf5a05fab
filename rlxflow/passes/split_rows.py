"""Makes products of a few rows with bf16 weights ones that XLA's CPU compiler reads weights for.

Before:
    %0 = stablehlo.convert %w : (tensor<6x8xbf16>) -> tensor<6x8xf32>
    %1 = stablehlo.dot_general %x, %0, contracting_dims = [1] x [1] :
        (tensor<1x8xf32>, tensor<6x8xf32>) -> tensor<1x6xf32>
After:
    %3 = ...
    %2 = stablehlo.concatenate ..., dim = 0 :
        (tensor<1x8xbf16>, tensor<1x8xbf16>, tensor<1x8xbf16>) -> tensor<3x8xbf16>
    %1 = stablehlo.dot_general %2, %w, contracting_dims = [1] x [1] :
        (tensor<3x8xbf16>, tensor<6x8xbf16>) -> tensor<3x6xf32>
    ...

XLA widens all weights to f32 in memory, in each call, for the first form and for one row of bf16;
it multiplies two rows of bf16 and more from where the weights are. So a row of bf16 gets a row of
zeros beside it. The pieces of an f32 are exact, their products are f32, so nothing is lost; an
infinity in x stays one. Products with a weight that is paired off, or with more than `rows` rows
(which would take three times the arithmetic), are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.module import IrModule
from rlxflow.passes.base import Pass, option
from rlxflow.passes.raising.graph import Product, element_type, made_by, shape, users

DOT = "stablehlo.dot_general"
_BF16 = (8, 7)  # bits of exponent and mantissa


@dataclass(frozen=True)
class SplitRows(Pass):
    """Splits a few rows of f32 into pieces of bf16 where weights are bf16."""

    name: ClassVar[str] = "rlx-split-rows"
    rows: int = option(8, "rows of a product, at most")

    def run(self, module: IrModule) -> None:
        self.split(module)

    def split(self, module: IrModule) -> list[ir.Operation]:
        """Does it, in place; returns the products that were made."""
        with module.context, ir.Location.unknown():
            found = [each for dot in _products(module.operation) if (each := self._find(dot))]
            return [each.replace() for each in found]

    def _find(self, dot: ir.Operation) -> Narrow | None:
        x, weight = dot.operands
        numbers = Product.of(dot)
        (over, by), rank = numbers.contract, len(shape(x))
        count = prod(shape(x)[:-1])
        if numbers.batch != ((), ()) or over != (rank - 1,) or len(by) != 1 or not count:
            return None
        kind = element_type(x)
        if kind == "f32" and (widened := made_by(weight, "convert")):
            weight = widened.operands[0]
        if element_type(weight) != "bf16" or len(shape(weight)) != 2:
            return None
        fits = {"f32": count <= self.rows, "bf16": count == 1}
        return Narrow(dot, weight, by[0], count) if fits.get(kind) else None


@dataclass(frozen=True)
class Narrow:
    """A product of a few rows.

    Attributes:
        dot: It.
        weight: bf16, two axes.
        over: The one that is summed over.
        count: Rows of x.
    """

    dot: ir.Operation
    weight: ir.Value
    over: int
    count: int

    def replace(self) -> ir.Operation:
        """Puts the other form in its place; returns its product."""
        result = self.dot.results[0]
        with ir.InsertionPoint(self.dot), self.dot.location:
            rows = self._rows()
            outputs = shape(self.weight)[1 - self.over]
            numbers = stablehlo.DotDimensionNumbers.get([], [], [1], [self.over])
            made = _type([shape(rows)[0], outputs], "f32")
            product = stablehlo.dot_general(made, rows, self.weight, numbers)
            total = self._sum(product)
            shaped = stablehlo.reshape(_type(list(shape(result)), "f32"), total)
            same = shaped.type == result.type
            result.replace_all_uses_with(shaped if same else stablehlo.convert(result.type, shaped))
        widened = self.dot.operands[1]
        self.dot.erase()
        if (owner := made_by(widened, "convert")) and not users(widened):
            owner.erase()
        return product.owner.operation

    def _rows(self) -> ir.Value:
        """Returns the pieces of all rows, the largest first, or one row and zeros: bf16[n, k]."""
        x = self.dot.operands[0]
        kind = element_type(x)
        flat = stablehlo.reshape(_type([self.count, shape(x)[-1]], kind), x)
        if kind == "bf16":
            zero = ir.FloatAttr.get(ir.BF16Type.get(), 0.0)
            nothing = stablehlo.constant(ir.DenseElementsAttr.get_splat(flat.type, zero))
            return stablehlo.concatenate([flat, nothing], 0)
        bf16 = _type(list(shape(flat)), "bf16")
        return stablehlo.concatenate([stablehlo.convert(bf16, each) for each in _pieces(flat)], 0)

    def _sum(self, product: ir.Value) -> ir.Value:
        """Returns the sum of what the pieces gave, the smallest first; without that of zeros."""
        if element_type(self.dot.operands[0]) == "bf16":
            return self._slice(product, 0)
        high, middle, low = (self._slice(product, index) for index in range(3))
        return stablehlo.add(high, stablehlo.add(middle, low))

    def _slice(self, product: ir.Value, index: int) -> ir.Value:
        begin, outputs = index * self.count, shape(product)[1]
        return stablehlo.slice(product, [begin, 0], [begin + self.count, outputs], [1, 1])


def _pieces(x: ir.Value) -> list[ir.Value]:
    """Returns three f32 that are bf16 each and whose sum is x; of what is not finite, x and zeros.

    `reduce_precision` rounds where XLA would take a conversion there and back for nothing.
    """
    high = stablehlo.reduce_precision(x, *_BF16)
    zero = ir.FloatAttr.get(ir.F32Type.get(), 0.0)
    zeros = stablehlo.constant(ir.DenseElementsAttr.get_splat(x.type, zero))
    finite = stablehlo.is_finite(high)
    rest = stablehlo.select(finite, stablehlo.subtract(x, high), zeros)
    middle = stablehlo.reduce_precision(rest, *_BF16)
    return [high, middle, stablehlo.subtract(rest, middle)]


def _type(sizes: list[int], element: str) -> ir.Type:
    return ir.RankedTensorType.get(sizes, ir.Type.parse(element))


def _products(op: ir.Operation) -> Iterator[ir.Operation]:
    """Yields the products inside an operation."""
    for region in op.regions:
        for block in region.blocks:
            for view in [*block.operations]:
                inner = view.operation
                if inner.name == DOT:
                    yield inner
                yield from _products(inner)
