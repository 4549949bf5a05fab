#!/usr/bin/env python3
"""Writes docs/seed.md: where each name of the Rust crate is found here, and which test shows it.

The inventory stands in test/seed/names.toml. `--check` changes nothing: it reports names that lead
nowhere, tests that do not exist or do not mention the name, and a page that is not up to date.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.arguments import Parser

ROOT = Path(__file__).resolve().parent.parent
NAMES, PAGE = ROOT / "test" / "seed" / "names.toml", ROOT / "docs" / "seed.md"
EPILOG = "example: tools/seed_table.py --check"


@dataclass(frozen=True)
class Row:
    """One name of the seed.

    Attributes:
        seed: As the crate spells it.
        ours: `module:attribute.path` below `rlxflow`, or a name of `rlxflow` itself.
        test: `file::function` below `test`.
        note: What differs, if anything.
    """

    seed: str
    ours: str
    test: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """The names of one part of the crate."""

    title: str
    rows: tuple[Row, ...]


def read() -> list[Section]:
    """Returns the inventory; a row is `"ours | test | note"` under the seed's name."""
    raw = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    sections: list[Section] = []
    for section in raw["section"]:
        rows: list[Row] = []
        for seed, text in section["names"].items():
            ours, test, *note = (part.strip() for part in text.split("|"))
            test = test if "::" in test else f"{section['tests']}::{test}"
            rows.append(Row(seed, ours, test, "".join(note)))
        sections.append(Section(section["title"], tuple(rows)))
    return sections


def resolve(ours: str) -> object:
    """Returns the object that a name leads to; raises LookupError if there is none."""
    module, _, path = ours.rpartition(":")
    try:
        found: object = importlib.import_module(f"rlxflow.{module}" if module else "rlxflow")
        for part in path.split("."):
            fields = getattr(found, "__dataclass_fields__", {}) if inspect.isclass(found) else {}
            models = getattr(found, "model_fields", {}) if inspect.isclass(found) else {}
            if part in fields or part in models:
                return found
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise LookupError(str(error)) from None
    return found


@functools.cache
def functions(file: str) -> dict[str, str]:
    """Returns the source of each test function of a file; raises LookupError if it is not there."""
    path = ROOT / "test" / file
    if not path.is_file():
        raise LookupError(f"no file test/{file}")
    text = path.read_text(encoding="utf-8")
    found = {
        node.name: "\n".join(text.splitlines()[first(node) - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }
    helpers = "\n".join(body for name, body in found.items() if not name.startswith("test_"))
    tables = "\n".join(
        ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    )
    return {name: f"{body}\n{helpers}\n{tables}" for name, body in found.items()}


def first(node: ast.FunctionDef) -> int:
    """Returns the line that a function begins at, decorators included."""
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def fault(row: Row) -> str:
    """Returns what is wrong with a row, or an empty string."""
    file, _, function = row.test.partition("::")
    try:
        resolve(row.ours)
        bodies = functions(file)
    except LookupError as error:
        return str(error)
    if function not in bodies or not function.startswith("test_"):
        return f"no test `{function}` in test/{file}"
    name = row.ours.replace(":", ".").rpartition(".")[2]
    return "" if name in bodies[function] else f"test `{row.test}` does not mention `{name}`"


def page(sections: list[Section]) -> str:
    """Returns docs/seed.md."""
    lines = [
        "# The crate's names",
        "",
        "rlxflow re-implements a Rust crate in its own words. Each of its public names, where it",
        "is found here, and the test that exercises it (below `test/`). `tools/seed_table.py`",
        "writes this page from `test/seed/names.toml`; it checks that each name and test exists.",
    ]
    for section in sections:
        lines += [
            "",
            f"## {section.title}",
            "",
            "| crate | rlxflow | test | |",
            "|---|---|---|---|",
        ]
        lines += [f"| `{r.seed}` | `{r.ours}` | `{r.test}` | {r.note} |" for r in section.rows]
    return "\n".join(lines) + "\n"


def problems(sections: list[Section]) -> Iterator[str]:
    """Yields a line for each row that is wrong, and one if the page is not up to date."""
    for section in sections:
        for row in section.rows:
            wrong = fault(row)
            if wrong:
                yield f"{section.title}: `{row.seed}`: {wrong}"
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page(sections):
        yield "docs/seed.md is not up to date: run tools/seed_table.py"


def main() -> int:
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="report what is wrong, write nothing")
    arguments = parser.parse_args()
    sections = read()
    if not arguments.check:
        PAGE.write_text(page(sections), encoding="utf-8")
    found = list(problems(sections))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
