#!/usr/bin/env python3
"""Writes docs/seed.md: where each name of the Rust crate is found here, and which test shows it.

The inventory stands in test/seed/names.toml; the tests are found by the name that they use.
`--check` writes nothing: it reports names that lead nowhere, names that no test uses, and a page
that is not up to date.
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
TESTS = ROOT / "test"
NAMES, PAGE = TESTS / "seed" / "names.toml", ROOT / "docs" / "seed.md"
EPILOG = "example: tools/seed_table.py --check"


@dataclass(frozen=True)
class Row:
    """One name of the crate.

    Attributes:
        seed: As the crate spells it.
        ours: `module:attribute.path` below `rlxflow`, or a name of `rlxflow` itself.
        note: What differs, if anything.
        word: What a test that uses it has to say; the last part of our name if empty.
    """

    seed: str
    ours: str
    note: str = ""
    word: str = ""

    @property
    def name(self) -> str:
        """What a test that uses it has to say."""
        return self.word or self.ours.replace(":", ".").rpartition(".")[2]


@dataclass(frozen=True)
class Section:
    """The names of one part of the crate."""

    title: str
    rows: tuple[Row, ...]


def read() -> list[Section]:
    """Returns the inventory: `seed = "ours"`, `seed = "ours | note"`, "" for `base` and `seed`."""
    raw = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    sections: list[Section] = []
    for section in raw["section"]:
        rows: list[Row] = []
        for seed, text in section["names"].items():
            ours, note, word = [*(part.strip() for part in text.split("|")), "", ""][:3]
            rows.append(Row(seed, ours or f"{section['base']}{seed}", note, word))
        sections.append(Section(section["title"], tuple(rows)))
    return sections


def resolve(ours: str) -> None:
    """Raises LookupError if a name leads to nothing."""
    module, _, path = ours.rpartition(":")
    try:
        found: object = importlib.import_module(f"rlxflow.{module}" if module else "rlxflow")
        for part in path.split("."):
            fields = getattr(found, "__dataclass_fields__", {}) if inspect.isclass(found) else {}
            models = getattr(found, "model_fields", {}) if inspect.isclass(found) else {}
            if part in fields or part in models:
                return
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise LookupError(str(error)) from None


def words(node: ast.AST) -> set[str]:
    """Returns the names, attributes and keywords of a piece of code, and its strings."""
    found: set[str] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found.add(name)
            case ast.Constant(value=str(text)):
                found.update(text.replace("=", " ").replace(".", " ").split())
            case _:
                pass
    return found


@functools.cache
def tests() -> list[tuple[str, set[str], set[str]]]:
    """Returns for each test its id, the words in it, and those in the rest of its file."""
    found: list[tuple[str, set[str], set[str]]] = []
    for path in sorted([*TESTS.glob("emit/*.py"), *TESTS.glob("models/*.py")]):  # lit files
        code = ast.parse(path.read_text(encoding="utf-8"))
        found.append((path.relative_to(TESTS).as_posix(), words(code), set()))
    for path in sorted(TESTS.glob("*/test_*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        functions = [node for node in body if isinstance(node, ast.FunctionDef)]
        own = [node for node in functions if node.name.startswith("test_")]
        imports = (ast.Import, ast.ImportFrom)
        rest = [node for node in body if node not in own and not isinstance(node, imports)]
        around = set[str]().union(*map(words, rest))
        file = path.relative_to(TESTS).as_posix()
        found += [(f"{file}::{node.name}", words(node), around) for node in own]
    return found


def test_of(row: Row) -> str:
    """Returns the test that uses a name; of several the one that speaks of it in its own name.

    Raises LookupError if there is none.
    """
    direct = [test for test, inside, _ in tests() if row.name in inside]
    nearby = [test for test, _, around in tests() if row.name in around]
    if not direct and not nearby:
        raise LookupError(f"no test uses `{row.name}`")
    spoken = row.name.strip("_").lower()
    return next((test for test in direct if spoken in test.lower()), (direct or nearby)[0])


def page(sections: list[Section]) -> str:
    """Returns docs/seed.md."""
    lines = [
        "# The crate's names",
        "",
        "rlxflow re-implements a Rust crate in its own words. Each of its public names, where it",
        "is found here, and a test that uses it (below `test/`). `tools/seed_table.py` writes this",
        "page from `test/seed/names.toml`; a test checks that each name leads somewhere.",
    ]
    for section in sections:
        lines += [
            "",
            f"## {section.title}",
            "",
            "| crate | rlxflow | test | |",
            "|---|---|---|---|",
        ]
        for row in section.rows:
            ours = row.ours.rpartition(":")[2]
            lines.append(f"| `{row.seed}` | `{ours}` | `{test_of(row)}` | {row.note} |")
    return "\n".join(lines) + "\n"


def problems(sections: list[Section]) -> Iterator[str]:
    """Yields a line for each row that is wrong, and one if the page is not up to date."""
    wrong = False
    for section in sections:
        for row in section.rows:
            try:
                resolve(row.ours)
                test_of(row)
            except LookupError as error:
                wrong = True
                yield f"{section.title}: `{row.seed}`: {error}"
    if not wrong and (not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page(sections)):
        yield "docs/seed.md is not up to date: run tools/seed_table.py"


def main() -> int:
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="report what is wrong, write nothing")
    arguments = parser.parse_args()
    sections = read()
    if not arguments.check and all("not up to date" in line for line in problems(sections)):
        PAGE.write_text(page(sections), encoding="utf-8")
    found = list(problems(sections))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
