"""The StableHLO back end, second part: sorting, running sums, triangular systems and loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from rlxflow.ir.backend import Handle
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.mlir_base import MlirBase, i64, ints
from rlxflow.ir.scope import MlirHandle

Handles = Sequence[Handle]


class OrderingPrimitives(MlirBase):
    """Primitives with several results, or with regions."""

    def top_k(self, x: Handle, count: int) -> tuple[Handle, Handle]:
        shape, dtype = self._shape(x)
        kept = (*shape[:-1], count)
        types = [self.tensor(kept, dtype), self.tensor(kept, "i32")]
        values, ids = self._build_all("chlo.top_k", types, [x], {"k": i64(count)})
        return values, ids

    def sort(self, keys: Handle, others: Handles, dim: int) -> list[Handle]:
        columns = [keys, *others]
        shapes = [self._shape(column) for column in columns]
        types = [self.tensor(*shape) for shape in shapes]
        attributes = {"dimension": i64(dim), "is_stable": ir.BoolAttr.get(True)}
        made = self._build_all("stablehlo.sort", types, columns, attributes, regions=1)
        pairs = [self.tensor((), dtype) for _, dtype in shapes for _ in range(2)]
        less = {"comparison_direction": stablehlo.ComparisonDirectionAttr.get("LT")}
        self._fill_region(made[0], pairs, "stablehlo.compare", self.tensor((), "i1"), less)
        return list(made)

    def cumulative_sum(self, x: Handle, dim: int) -> Handle:
        shape, dtype = self._shape(x)
        window, padding = [1] * len(shape), np.zeros((len(shape), 2), np.int64)
        window[dim], padding[dim, 0] = shape[dim], shape[dim] - 1
        attributes = {
            "window_dimensions": ints(window),
            "padding": ir.DenseElementsAttr.get(cast(Any, padding)),
        }
        start = self.constant(np.asarray(0), (), dtype)
        made = self._build("stablehlo.reduce_window", shape, dtype, [x, start], attributes, 1)
        scalar = self.tensor((), dtype)
        self._fill_region(made, [scalar, scalar], "stablehlo.add", scalar)
        return made

    def triangular_solve(self, a: Handle, b: Handle) -> Handle:
        shape, dtype = self._shape(b)
        attributes = {
            "left_side": ir.BoolAttr.get(True),
            "lower": ir.BoolAttr.get(True),
            "unit_diagonal": ir.BoolAttr.get(True),
            "transpose_a": stablehlo.TransposeAttr.get("NO_TRANSPOSE"),
        }
        return self._build("stablehlo.triangular_solve", shape, dtype, [a, b], attributes)

    def while_loop(
        self,
        start: Handles,
        condition: Callable[[Handles], Handle],
        body: Callable[[Handles], Handles],
    ) -> list[Handle]:
        types = [self.tensor(*self._shape(value)) for value in start]
        made = self._build_all("stablehlo.while", types, start, regions=2)
        regions = cast(ir.OpResult, made[0].value).owner.regions
        with self._inside(regions[0], types, made[0].label) as arguments:
            self._return([condition(arguments)])
        with self._inside(regions[1], types, made[0].label) as arguments:
            self._return(body(arguments))
        return list(made)

    @contextmanager
    def _inside(
        self, region: ir.Region, types: list[ir.Type], label: str
    ) -> Iterator[list[Handle]]:
        """Builds into a region of an operation; the scope stays, so outer values may be used."""
        block = ir.Block.create_at_start(region, types, [self.location(label)] * len(types))
        outer, self.scope.insertion_point = self.scope.insertion_point, ir.InsertionPoint(block)
        try:
            yield [MlirHandle(argument, self.scope, label) for argument in block.arguments]
        finally:
            self.scope.insertion_point = outer

    def _return(self, values: Handles) -> None:
        operands = [self.scope.use(cast(MlirHandle, value)) for value in values]
        point = self.scope.insertion_point
        ir.Operation.create(
            "stablehlo.return", operands=operands, loc=self.location("return"), ip=point
        )
