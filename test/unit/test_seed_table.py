"""The table of the crate's names is complete: each leads somewhere and is used by a test."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import seed_table

TESTS = Path(__file__).resolve().parents[1]


def test_every_name_leads_somewhere_and_a_test_uses_it() -> None:
    """The page, written anew, is the one in docs/seed.md."""
    assert list(seed_table.problems(seed_table.read())) == []


def test_the_inventory_is_that_of_the_crate() -> None:
    rows = [(section.title, row.seed) for section in seed_table.read() for row in section.rows]
    assert len(rows) > 300
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize(
    ("ours", "why"),
    [("ModelFlow.embd", "embd"), ("blocks.none:Embed", "none"), ("Nothing", "Nothing")],
)
def test_names_that_lead_nowhere_are_found(ours: str, why: str) -> None:
    with pytest.raises(LookupError, match=why):
        seed_table.resolve(ours)


def test_a_name_that_no_test_uses_is_found() -> None:
    name = "".join(["un", "used_by", "_tests"])
    with pytest.raises(LookupError, match="no test uses"):
        seed_table.test_of(seed_table.Row("seed", f"ModelFlow.{name}"))


def test_each_defect_of_the_crate_has_a_test_named_after_it() -> None:
    """47 places where the crate is wrong, or less than one would expect."""
    found: set[int] = set()
    for path in TESTS.glob("*/test_*.py"):
        names = re.findall(
            r"^def test_defect_(\d+)_", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        found |= {int(name) for name in names}
    assert found == set(range(1, 48))
