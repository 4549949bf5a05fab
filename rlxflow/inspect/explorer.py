"""A program for Google's Model Explorer: its graph, and the ledger as data over the nodes."""

from __future__ import annotations

from typing import Any

from rlxflow.amounts import amount
from rlxflow.inspect.build import kernel_seconds
from rlxflow.inspect.hlo import Computation
from rlxflow.inspect.kernels import Kernel
from rlxflow.inspect.ledger import Ledger
from rlxflow.inspect.opcodes import CALLERS

GRADIENT = [{"stop": 0, "bgColor": "#ffffff"}, {"stop": 1, "bgColor": "#e8710a"}]


def explorer_graphs(ledger: Ledger) -> dict[str, Any]:
    """Returns the graphs of the entry and of what it calls; stages are namespaces."""
    kernels = {kernel.name: kernel for kernel in ledger.program.kernels}
    module = ledger.program.module
    graphs = [
        {
            "id": name,
            "collectionLabel": ledger.name,
            "nodes": _nodes(ledger, module.computations[name], kernels),
        }
        for name in sorted(ledger.program.paths, key=lambda name: name != module.entry.name)
    ]
    return {"label": ledger.name, "graphs": graphs}


def explorer_data(ledger: Ledger) -> dict[str, Any]:
    """Returns microseconds by the roofline, or kilobytes without a machine, for each kernel."""
    machine = ledger.machine
    results: dict[str, dict[str, Any]] = {name: {} for name in ledger.program.paths}
    for kernel in ledger.program.kernels:
        if kernel.opcode != "tuple":
            time = kernel_seconds(kernel, machine) * 1e6 if machine else kernel.nbytes / 1e3
            results[kernel.computation][kernel.name] = {"value": float(f"{time * kernel.runs:.5g}")}
    return {
        name: {"results": found, "gradient": GRADIENT} for name, found in results.items() if found
    }


def _nodes(
    ledger: Ledger, computation: Computation, kernels: dict[str, Kernel]
) -> list[dict[str, Any]]:
    paths = ledger.program.paths[computation.name]
    made: list[dict[str, Any]] = []
    for one in computation:
        edges = [
            {"sourceNodeId": name, "sourceNodeOutputId": "0", "targetNodeInputId": str(place)}
            for place, name in enumerate(one.operands)
        ]
        shape = ", ".join(map(str, one.arrays))
        node: dict[str, Any] = {
            "id": one.name,
            "label": one.opcode,
            "namespace": ledger.place(paths[one.name]),
            "incomingEdges": edges,
            "outputsMetadata": [{"id": "0", "attrs": [{"key": "tensor_shape", "value": shape}]}],
            "attrs": _facts(kernels.get(one.name), paths[one.name]),
        }
        if one.opcode in CALLERS:
            node["subgraphIds"] = list(dict.fromkeys(one.called))
        made.append(node)
    return made


def _facts(kernel: Kernel | None, path: str) -> list[dict[str, str]]:
    facts = {"path": path}
    if kernel:
        facts |= {"operations": amount(kernel.flops, "FLOP"), "bytes": amount(kernel.nbytes, "B")}
        facts |= {"runs": str(kernel.runs)}
    return [{"key": key, "value": value} for key, value in facts.items()]
