"""The stages of a program and what flows between them, as a graph for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.amounts import amount, seconds
from rlxflow.inspect.dot_text import digraph, quoted
from rlxflow.inspect.hlo_shape import content_bytes
from rlxflow.inspect.ledger import Ledger, Row
from rlxflow.inspect.opcodes import FREE
from rlxflow.inspect.paths import is_remainder


def dot(ledger: Ledger, depth: int | None = 1) -> str:
    """Returns a directed graph: a node for each stage, an edge with the bytes that flow."""
    rows = {row.path: row for row in ledger.rows(depth) if not is_remainder(row.path)}
    leaves = {path: f"s{i}" for i, path in enumerate(p for p, row in rows.items() if row.is_leaf)}
    whole = ledger.total.predicted_s
    lines = [f"  {name} [{_look(rows[path], whole)}];" for path, name in leaves.items()]
    for (source, target), nbytes in _flows(ledger, depth).items():
        if source in leaves and target in leaves:
            label = quoted(amount(nbytes, "B"))
            lines.append(f"  {leaves[source]} -> {leaves[target]} [label={label}];")
    return digraph(ledger.name, lines)


def _look(row: Row, whole: float) -> str:
    cost = row.cost
    time = f"\n{seconds(cost.predicted_s)}" if whole else ""
    label = f"{row.path}{time}\n{amount(cost.nbytes, 'B')}, {amount(cost.flops, 'FLOP')}"
    share = cost.predicted_s / whole if whole else 0.0
    return f'label={quoted(label)} fillcolor="0.08 {min(1.0, 3 * share):.2f} 1.0"'


def _flows(ledger: Ledger, depth: int | None) -> dict[tuple[str, str], int]:
    """Returns for each pair of stages the bytes of values that go from one to the other."""
    found: dict[tuple[str, str], int] = {}
    for source, target, nbytes in _values(ledger):
        pair = (ledger.place(source, depth), ledger.place(target, depth))
        if pair[0] != pair[1]:
            found[pair] = found.get(pair, 0) + nbytes
    return found


def _values(ledger: Ledger) -> Iterator[tuple[str, str, int]]:
    """Yields path of maker, path of taker and bytes, for each value of the entry."""
    entry = ledger.program.module.entry
    paths = ledger.program.paths[entry.name]
    for one in entry:
        for operand in entry.operands(one):
            if operand.opcode not in FREE or operand.opcode in {"bitcast", "get-tuple-element"}:
                yield paths[operand.name], paths[one.name], content_bytes(operand.shape)
