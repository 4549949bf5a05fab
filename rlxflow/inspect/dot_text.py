"""The language of Graphviz: a directed graph of boxes, strings in quotes."""

from __future__ import annotations

from collections.abc import Iterable


def digraph(name: str, lines: Iterable[str]) -> str:
    """Returns the text of a graph; the lines are its nodes, edges and groups."""
    first = [f"digraph {quoted(name)} {{", '  node [shape=box style="rounded,filled"];']
    return "\n".join([*first, *lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """Returns a text as a string of Graphviz."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
