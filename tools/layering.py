#!/usr/bin/env python3
"""Checks that every package of rlxflow imports only those below it, and that there is no cycle."""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from lib.arguments import Parser

ROOT = Path(__file__).resolve().parent.parent
EPILOG = "example: tools/layering.py --print"

TABLE: dict[str, str] = {
    "errors": "",
    "amounts": "",
    "prelude": "lazy",
    "lazy": "",
    "partial": "",
    "files": "errors partial",
    "dtypes": "errors",
    "resize": "errors",
    "dialects": "",
    "ir": "errors dtypes dialects",
    "blocks": "ir errors dtypes resize",
    "weights": "errors dtypes files lazy",
    "config": "errors weights dtypes",
    "flow": "blocks ir passes weights errors dtypes config files lazy",
    "recipes": "config flow blocks weights errors dtypes lazy",
    "passes": "ir errors dtypes files lazy amounts",
    "reduce": "passes ir errors",
    "kernels": "blocks passes ir weights errors dtypes lazy jax",
    "difference": "ir errors",
    "bisect": "reduce passes ir errors dtypes",
    "inspect": "passes ir weights errors dtypes amounts",
    "runtime": "kernels inspect passes ir flow weights config recipes errors dtypes files "
    "lazy resize jax",
}
# `rlxflow/__init__.py` is the layer "rlxflow"; it and cli may import every layer, but not jax.
TABLE |= dict.fromkeys(("cli", "rlxflow"), " ".join([*TABLE, "cli", "rlxflow"]))
TABLE["testing"] = "cli errors files"  # for other projects; nothing of the package imports it
BINDINGS = ("ir/bindings.py", "dialects/*_gen.py")


class Import(NamedTuple):
    """One import: where it stands, the layer it stands in, and the layer it reaches."""

    file: Path
    line: int
    source: str
    target: str


def layer_of(module: str) -> str | None:
    """Returns the layer of an absolute module path, or None if it is of no interest."""
    parts = module.split(".")
    if parts[0] == "rlxflow":
        return parts[1] if parts[1:] and (len(parts) > 2 or parts[1] in TABLE) else "rlxflow"
    if parts[0] == "jaxlib" and parts[1:2] in (["mlir"], ["_hlo"], ["_jax"]):
        return "jaxlib.mlir"
    return "jax" if parts[0] in {"jax", "jaxlib"} else None


def modules(node: ast.AST, package: list[str]) -> list[str]:
    """Returns the absolute paths that a node imports, wherever in the file it stands."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            outer = package[: len(package) - node.level + 1] if node.level else []
            module = [*outer, *filter(None, [node.module])]
            return [".".join([*module, alias.name]) for alias in node.names]
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return [name]
    return []


def guards(tree: ast.Module) -> list[ast.If]:
    """Returns the `if TYPE_CHECKING` blocks of a file."""
    tests = [node for node in tree.body if isinstance(node, ast.If)]
    return [n for n in tests if isinstance(n.test, ast.Name) and n.test.id == "TYPE_CHECKING"]


def imports(root: Path) -> Iterator[Import]:
    """Yields the imports between layers; those inside functions count.

    Imports under `if TYPE_CHECKING` never run, so they count for jax and the bindings only.
    """
    base = root / "rlxflow"
    for file in sorted(base.rglob("*.py")):
        inner = file.relative_to(base)
        source = inner.parts[0].removesuffix(".py").replace("__init__", "rlxflow")
        package = ["rlxflow", *inner.parent.parts]
        tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
        for_types = {id(node) for guard in guards(tree) for node in ast.walk(guard)}
        for node in ast.walk(tree):
            targets = {layer_of(module) for module in modules(node, package)}
            targets &= {"jax", "jaxlib.mlir"} if id(node) in for_types else targets
            line = getattr(node, "lineno", 1)
            for target in sorted(t for t in targets if t is not None and t != source):
                yield Import(inner, line, source, target)


def violation(found: Import) -> str:
    """Returns the line that reports a forbidden import, or nothing for one that may be."""
    binds = any(found.file.match(pattern) for pattern in BINDINGS)
    below = TABLE.get(found.source, "").split()
    if found.target in below or (binds and found.target == "jaxlib.mlir"):
        return ""
    choices = ", ".join(below) or "nothing"
    if found.target == "jaxlib.mlir":
        choices = "rlxflow.ir; only " + " and ".join(BINDINGS) + " import the bindings"
    elif found.source not in TABLE:
        choices = f"nothing; add {found.source} to the table in tools/layering.py"
    place = Path("rlxflow") / found.file
    return f"{place}:{found.line}: {found.source} may not import {found.target}; allowed: {choices}"


def cycle(found: list[Import]) -> list[str]:
    """Returns the layers along one cycle, each importing the one before it, or an empty list."""
    graph: dict[str, set[str]] = defaultdict(set)
    for edge in found:
        graph[edge.source].add(edge.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def print_graph(found: list[Import]) -> None:
    """Prints a line for each layer: the layers it imports, with the number of imports."""
    for layer in dict.fromkeys([*TABLE, *(i.source for i in found)]):
        counts = Counter(i.target for i in found if i.source == layer)
        row = " ".join(f"{target}({count})" for target, count in sorted(counts.items()))
        print(f"{layer:10} {row or '-'}")


def check(root: Path, *, show: bool) -> list[str]:
    """Returns a line for each violation, after printing the graph on request."""
    if not (root / "rlxflow").is_dir():
        return [f"error: {root}: expected a folder rlxflow/, found none; give --root"]
    try:
        found = list(imports(root))
    except SyntaxError as error:
        return [f"error: {error.filename}:{error.lineno}: expected Python, found {error.msg}"]
    if show:
        print_graph(found)
    problems = list(filter(None, map(violation, found)))
    loop = " <- ".join(cycle(found))
    return [*problems, f"rlxflow: cycle of imports: {loop}"] if loop else problems


def main() -> int:
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("--print", action="store_true", help="print the graph as a table")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds rlxflow/")
    arguments = parser.parse_args()
    problems = check(arguments.root, show=arguments.print)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
