"""The stages of a module and the values between them, as a graph for Graphviz.

A stage with stages inside is a frame around them, any other one a box. An edge is a value that one
stage gives and another takes, labelled with its type where it is taken; operations outside of the
innermost stages are passed through. Weights are counted in the boxes, not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlxflow.inspect.dot_text import digraph, quoted
from rlxflow.ir.bindings import ir
from rlxflow.ir.bodies import CONTROL, Bodies, named
from rlxflow.ir.module import IrModule, Port
from rlxflow.ir.summary import StageRow, stage_rows, type_text

_Sources = frozenset[str]
_NONE: _Sources = frozenset()


def stage_dot(module: IrModule) -> str:
    """Returns the graph; a module without stages is one box, `main`."""
    body = module.main.operation.regions[0].blocks[0]
    ports, results = module.arguments(), module.results()
    walk = _Walk(module)
    shown = {f"in{i}": port for i, port in enumerate(ports) if port.kind != "param"}
    known = {v: frozenset({f"in{i}"} & shown.keys()) for i, v in enumerate(body.arguments)}
    lines = walk.block(body, known, "", 1)
    end = body.operations[len(body.operations) - 1].operation
    if not lines:
        lines = [walk.box("main", [*body.arguments], known, 1)]
        known |= {value: frozenset({"s0"}) for value in end.operands}
    for i, value in enumerate(end.operands):
        walk.edges(known.get(value, _NONE), f"out{i}", value)
    before = [_port(name, port) for name, port in shown.items()]
    after = [_port(f"out{i}", port) for i, port in enumerate(results)]
    return digraph(module.name or "module", [*before, *lines, *after, *walk.drawn])


def _port(name: str, port: Port) -> str:
    shape = "cylinder" if port.kind == "state" else "ellipse"
    return f"  {name} [shape={shape} label={quoted(port.name)}];"


class _Walk:
    """Follows values from stage to stage; `drawn` holds the edges, each once."""

    def __init__(self, module: IrModule) -> None:
        self._bodies = Bodies(module)
        self._rows: Mapping[str, StageRow] = {row.path: row for row in stage_rows(module)}
        self._boxes = 0
        self._frames = 0
        self.drawn: dict[str, None] = {}

    def block(
        self, block: ir.Block, known: dict[ir.Value, _Sources], path: str, depth: int
    ) -> list[str]:
        """Returns the lines of the stages in a block; adds to `known` where values come from."""
        lines: list[str] = []
        for view in block.operations:
            op = view.operation
            inner = self._bodies.of(op)
            through = frozenset[str]().union(*(known.get(v, _NONE) for v in op.operands))
            if inner is not None and op.name != "func.call":
                lines += self._stage(op, inner, known, path, depth)
                continue
            regions = [r.blocks[0] for r in op.regions] if op.name in CONTROL else []
            given = [through] * len(op.results)
            for body in [inner] if inner is not None else regions:
                made, sources = self._inside(op, body, known, path, depth)
                lines += made
                if made and len(sources) == len(given):
                    pairs = zip(given, sources, strict=True)
                    given = [a | b for a, b in pairs] if inner is None else sources
            known.update(zip(op.results, given, strict=True))
        return lines

    def _inside(
        self,
        op: ir.Operation,
        body: ir.Block,
        known: Mapping[ir.Value, _Sources],
        path: str,
        depth: int,
    ) -> tuple[list[str], list[_Sources]]:
        """Returns the lines of a body that an operation runs, and where its results come from."""
        pairs = zip(body.arguments, op.operands, strict=False)
        inside = dict(known) | {argument: known.get(v, _NONE) for argument, v in pairs}
        lines = self.block(body, inside, path, depth)
        end = body.operations[len(body.operations) - 1].operation
        return lines, [inside.get(value, _NONE) for value in end.operands]

    def _stage(
        self,
        op: ir.Operation,
        inner: ir.Block,
        known: dict[ir.Value, _Sources],
        path: str,
        depth: int,
    ) -> list[str]:
        name = named(op)[0]
        full = f"{path}/{name}" if path else name
        lines, sources = self._inside(op, inner, known, full, depth + 1)
        if lines:
            known.update(zip(op.results, sources, strict=True))
            pad = "  " * depth
            self._frames += 1
            head = f"{pad}subgraph cluster{self._frames} {{"
            return [head, f"{pad}  label={quoted(full)};", *lines, pad + "}"]
        box = f"s{self._boxes}"
        line = self.box(full, [*op.operands], known, depth)
        known.update((result, frozenset({box})) for result in op.results)
        return [line]

    def box(
        self, path: str, takes: Sequence[ir.Value], known: Mapping[ir.Value, _Sources], depth: int
    ) -> str:
        """Returns the line of an innermost stage; draws the edges to it."""
        box = f"s{self._boxes}"
        self._boxes += 1
        for value in takes:
            self.edges(known.get(value, _NONE), box, value)
        row = self._rows[path]
        facts = f"{row.block or 'no stages'}, weights={row.weights}, ops={row.counts.total()}"
        mode = "" if row.mode == "auto" else f", {row.mode}"
        label = f"{path}\n{facts}{mode}"
        return f"{'  ' * depth}{box} [label={quoted(label)}];"

    def edges(self, sources: _Sources, target: str, value: ir.Value) -> None:
        """Draws an edge from each source of a value."""
        label = quoted(type_text(value.type))
        for source in sorted(sources):
            self.drawn[f"  {source} -> {target} [label={label}];"] = None
