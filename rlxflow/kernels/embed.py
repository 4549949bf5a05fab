"""Rows of a table that is kept in panels: `rlxflow.embed_rows.v1`."""

from __future__ import annotations

from collections.abc import Sequence

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import StageRegion
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.call import call
from rlxflow.kernels.found import Found, Matrix, Refused, Sizes
from rlxflow.kernels.trace import dtype_of, shape_of

TARGET = "rlxflow.embed_rows.v1"
_PLAIN = ["stablehlo.gather", "rlx.yield"]


def find(stage: StageRegion, _: Bodies) -> Found:
    """Returns the call for a stage `embed`; raises Refused."""
    ops = [view.operation for view in stage.body.operations]
    if [op.name for op in ops if op.name != "stablehlo.convert"] != _PLAIN:
        raise Refused("more than rows of a table")
    table, ids = next(op.operands for op in ops if op.name == "stablehlo.gather")
    if {table.owner, ids.owner} != {stage.body} or len(shape_of(table)) != 2:
        raise Refused("no table of rows as it comes in")
    if dtype_of(ids) != "i32":
        raise Refused(f"ids {dtype_of(ids)}; the kernel takes i32")
    result = ir.RankedTensorType(stage.op.results[0].type)
    rows, depth = shape_of(table)
    if str(result.element_type) not in ("f32", "bf16") or list(result.shape)[-1] != depth:
        raise Refused(f"result {result}; the kernel gives whole rows in f32 or bf16")
    where, place = (ir.BlockArgument(value).arg_number for value in (ids, table))

    def emit(inner: Sequence[ir.Value], formats: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        config = {"format": formats[0], "in_dim": depth, "out_dim": rows}
        return call(TARGET, [inner[where], inner[place]], [result], config, name="rows")

    return Found(TARGET, emit, (Matrix(place, rows, depth),), follows=True)
