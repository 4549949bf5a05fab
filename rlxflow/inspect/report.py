"""The ledger as one HTML page that needs nothing else: pictures, table, text of each stage."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, select_autoescape

from rlxflow.inspect.build import kernel_seconds, kernel_shares
from rlxflow.inspect.cost import NAMES
from rlxflow.inspect.ledger import Ledger, Row
from rlxflow.inspect.ledger_text import facts
from rlxflow.inspect.stage_text import Piece, hlo_pieces

ALL = 1 << 20
"""A depth that no path reaches."""

SHOWN_BUFFERS = 12


def report(
    ledger: Ledger,
    pieces: Mapping[str, Sequence[Piece]] | None = None,
    made_of: Mapping[str, str] | None = None,
) -> str:
    """Returns the page.

    Args:
        ledger: What it is about.
        pieces: Text by level, from `Source.pieces`; the optimised HLO is added.
        made_of: By name of an argument what it is made of.
    """
    rows = ledger.rows(ALL)
    nodes = {row.path: number for number, row in enumerate(rows)}
    levels = {**(pieces or {}), "hlo": hlo_pieces(ledger.program)}
    environment = Environment(
        autoescape=select_autoescape(default=True), undefined=StrictUndefined, trim_blocks=True
    )
    return environment.from_string(_file("page.html.j2")).render(
        title=ledger.name,
        style=_file("page.css"),
        script=_file("page.js"),
        data=_script(report_data(ledger, rows, nodes, made_of or {})),
        texts=_packed(levels, nodes),
    )


def _file(name: str) -> str:
    return (resources.files("rlxflow.inspect") / "page" / name).read_text(encoding="utf-8")


def _script(data: object) -> str:
    """Returns JSON that can stand inside of a `script` element."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _packed(levels: Mapping[str, Sequence[Piece]], nodes: Mapping[str, int]) -> str:
    """Returns the texts as base64 of gzip of JSON, each distinct text once."""
    numbers: dict[str, int] = {}
    cut = {
        level: [
            [nodes[place], numbers.setdefault(piece.text, len(numbers))]
            for piece in pieces
            if (place := _place(piece.path, nodes))
        ]
        for level, pieces in levels.items()
    }
    raw = json.dumps({"texts": list(numbers), "levels": cut}, separators=(",", ":"))
    return base64.b64encode(gzip.compress(raw.encode(), 6, mtime=0)).decode()


def _place(path: str, nodes: Mapping[str, int]) -> str:
    """Returns the innermost path that the page knows, or nothing."""
    while path and path not in nodes:
        path = path.rpartition("/")[0]
    return path


def report_data(
    ledger: Ledger, rows: Sequence[Row], nodes: Mapping[str, int], made_of: Mapping[str, str]
) -> dict[str, Any]:
    """Returns what the page shows, as plain values; rows of numbers are in the order of `names`."""
    total = ledger.total
    return {
        "name": ledger.name,
        "facts": facts(ledger),
        "names": NAMES,
        "total": [getattr(total, name) for name in NAMES],
        "measured": ledger.measured,
        "step": ledger.step_s,
        "machine": ledger.machine.to_dict() if ledger.machine else None,
        "nodes": [_node(ledger, row, nodes) for row in rows],
        "kernels": _kernels(ledger, nodes),
        "memory": _memory(ledger, nodes),
        "weights": _weights(ledger, nodes, made_of),
    }


def _node(ledger: Ledger, row: Row, nodes: Mapping[str, int]) -> dict[str, Any]:
    cost = row.cost
    parent = row.path.rpartition("/")[0] if row.depth else ""
    limit = ""
    if ledger.machine and (cost.flops or cost.transcendentals or cost.nbytes):
        limit = ledger.machine.limit(cost.flops, cost.transcendentals, cost.nbytes)
    node: dict[str, Any] = {
        "p": nodes.get(parent, -1),
        "path": row.path,
        "n": row.name if row.depth else row.path,
        "v": [_short(getattr(cost, name)) for name in NAMES],
        "l": limit,
    }
    if row.stage:
        node |= {"s": 1, "b": row.stage.block, "m": row.stage.mode}
    return node


def _short(number: float) -> float:
    return float(f"{number:.5g}") if isinstance(number, float) else number


def _kernels(ledger: Ledger, nodes: Mapping[str, int]) -> list[list[Any]]:
    """Returns a row a part: kernel, opcode, node, flops, bytes, runs, predicted seconds."""
    made: list[list[Any]] = []
    machine = ledger.machine
    for kernel in ledger.program.kernels:
        if kernel.opcode == "tuple":
            continue
        time = kernel_seconds(kernel, machine) * kernel.runs if machine else 0.0
        shares = kernel_shares(kernel, machine)
        made += [
            [
                kernel.name,
                kernel.target or kernel.opcode,
                nodes[path],
                part.flops * kernel.runs,
                (part.read + part.written) * kernel.runs,
                kernel.runs,
                _short(time * shares[path]),
            ]
            for path, part in kernel.parts.items()
        ]
    return made


def _memory(ledger: Ledger, nodes: Mapping[str, int]) -> dict[str, Any]:
    memory = ledger.memory
    begin = next((i for i, (_, _, nbytes) in enumerate(memory.schedule) if nbytes), 0)
    schedule = memory.schedule[begin:]  # arguments stand first
    return {
        "alive": [nbytes for _, _, nbytes in schedule],
        "node": [nodes.get(_place(path, nodes), -1) for _, path, _ in schedule],
        "name": [name for name, _, _ in schedule],
        "peak": max(0, memory.peak - begin),
        "buffers": [
            [buffer.name, nodes.get(_place(buffer.path, nodes), -1), buffer.nbytes]
            for buffer in memory.alive(memory.peak)[:SHOWN_BUFFERS]
        ],
    }


def _weights(
    ledger: Ledger, nodes: Mapping[str, int], made_of: Mapping[str, str]
) -> list[list[Any]]:
    """Returns a row an argument: name, kind, type, bytes, node of its first stage, what it is."""
    made: list[list[Any]] = []
    for port in ledger.table.ports:
        owner = next((path for path in ledger.table.owners.get(port.name, ()) if path), "")
        shape = f"{port.dtype}[{', '.join(map(str, port.shape))}]"
        node = nodes.get(_place(owner, nodes), -1)
        made.append([port.name, port.kind, shape, port.nbytes, node, made_of.get(port.name, "")])
    return made
