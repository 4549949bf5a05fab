"""One line per stage, for people and for goldens: path, block, types, weights, operations.

    layers.0       mlp       f32[4, 8] -> f32[4, 6]  weights=1  dot_general=1 reduce=3 ops=21
      layers.0/norm  rms_norm  f32[4, 6] -> f32[4, 6]  weights=0  reduce=1 ops=9

Works on stages and on the composites made of them, with the same lines. A module without either
gives one line for its `main`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.ir.bodies import CONTROL, Bodies, named
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import YIELD

MAIN_OPS = (
    *("dot_general", "convolution", "reduce", "reduce_window", "gather", "scatter", "sort"),
    *("dynamic_update_slice", "while", "custom_call"),
)
"""The operations that a line counts by name; `ops` counts all, also constants."""

_SLICING = ("stablehlo.dynamic_slice", "stablehlo.reshape")  # what a loop does to stacked weights
_UNCOUNTED = {"func.return", "stablehlo.return", YIELD}


class StageRow(NamedTuple):
    """A stage as it stands in a module; `counts` holds its operations, also those nested."""

    path: str
    depth: int
    block: str
    mode: str
    types: str
    weights: int
    counts: Counter[str]


def summary(module: IrModule) -> str:
    """Returns one line per stage, each stage before those inside it, columns aligned."""
    return _table(stage_rows(module))


def stage_rows(module: IrModule, *, whole: bool = False) -> list[StageRow]:
    """Returns a row per stage; one for `main` if there are none, or before them if `whole`."""
    walk = _Walk(module)
    main, ports = module.main.operation, module.arguments()
    body = main.regions[0].blocks[0]
    params = [port.kind == "param" for port in ports]
    known: dict[ir.Value, bool] = dict(zip(body.arguments, params, strict=True))
    counts = walk.block(body, known, "", 0)
    if walk.rows and not whole:
        return walk.rows
    end = body.operations[len(body.operations) - 1].operation
    types = _types(body.arguments, params, end.operands)
    return [StageRow("main", 0, "", "auto", types, sum(params), counts), *walk.rows]


class _Walk:
    """Collects a row per stage; the functions of composites and calls are walked at each use."""

    def __init__(self, module: IrModule) -> None:
        self.bodies = Bodies(module)
        self.rows: list[StageRow] = []

    def block(
        self, block: ir.Block, params: dict[ir.Value, bool], path: str, depth: int
    ) -> Counter[str]:
        """Adds the rows of a block and returns how often each operation is in it."""
        counts: Counter[str] = Counter()
        params = dict(params)
        for view in block.operations:
            op = view.operation
            inner = self.bodies.of(op)
            if inner is not None:
                given = [params.get(operand, False) for operand in op.operands]
                known: dict[ir.Value, bool] = dict(zip(inner.arguments, given, strict=True))
                if op.name == "func.call":
                    counts += self.block(inner, known, path, depth)
                else:
                    counts += self._stage(op, inner, known, path, depth)
            elif op.name not in _UNCOUNTED:
                counts[op.name.partition(".")[2]] += 1
                if op.name in _SLICING and params.get(op.operands[0], False):
                    params[op.results[0]] = True
                if op.name in CONTROL:
                    for region in op.regions:
                        counts += self.block(region.blocks[0], params, path, depth)
        return counts

    def _stage(
        self, op: ir.Operation, inner: ir.Block, known: dict[ir.Value, bool], path: str, depth: int
    ) -> Counter[str]:
        name, block, mode = named(op)
        full = f"{path}/{name}" if path else name
        at = len(self.rows)
        counts = self.block(inner, known, full, depth + 1)
        flags = list(known.values())
        types = _types(op.operands, flags, op.results)
        self.rows.insert(at, StageRow(full, depth, block, mode, types, sum(flags), counts))
        return counts


def _types(inputs: Sequence[ir.Value], params: Iterable[bool], outputs: Sequence[ir.Value]) -> str:
    left = [type_text(v.type) for v, param in zip(inputs, params, strict=True) if not param]
    right = [type_text(value.type) for value in outputs]
    return f"{', '.join(left) or '()'} -> {', '.join(right) or '()'}"


def type_text(type_: ir.Type) -> str:
    """Returns `f32[4, 7]` for `tensor<4x7xf32>`."""
    if not isinstance(type_, ir.RankedTensorType):
        return str(type_)
    sizes = ["?" if type_.is_dynamic_dim(i) else str(n) for i, n in enumerate(type_.shape)]
    return f"{type_.element_type}[{', '.join(sizes)}]"


def _table(rows: Sequence[StageRow]) -> str:
    lines = []
    for row in rows:
        named = [f"{op}={row.counts[op]}" for op in MAIN_OPS if row.counts[op]]
        total = f"ops={row.counts.total()}"
        mode = "" if row.mode == "auto" else row.mode
        cells = ["  " * row.depth + row.path, row.block, mode, row.types, f"weights={row.weights}"]
        lines.append([*cells, " ".join([*named, total])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    kept = [i for i, width in enumerate(widths) if width]
    return "".join(
        "  ".join(line[i].ljust(widths[i]) for i in kept).rstrip() + "\n" for line in lines
    )
