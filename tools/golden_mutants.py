#!/usr/bin/env python3
"""Checks that the golden tests of blocks fail when a block is wrong, by making it wrong.

Each mutant of the table in tools/lib/mutants.py is one edit. The golden test concerned is run with
the edited file in the place of the real one: it must fail, by what it checks and not by an
exception. Harmless edits must leave all of them green.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator

from lib.arguments import Parser
from lib.golden_run import PRELOAD, ROOT, Outcome, run_golden
from lib.mutants import Mutant, mutants

EPILOG = "example: tools/golden_mutants.py attention mask/window"
GOLDENS = sorted(path.name for path in (ROOT / "test" / "emit").glob("*.py"))


def edited(mutant: Mutant) -> str | None:
    """Returns the file with the edit applied, or None if the old text is not in it just once."""
    path = ROOT / "rlxflow" / mutant.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text.replace(mutant.old, mutant.new) if text.count(mutant.old) == 1 else None


def judge(task: tuple[Mutant, str]) -> str:
    """Returns what is wrong with a mutant, or an empty string if the golden took it rightly."""
    mutant, golden = task
    text = edited(mutant)
    if text is None:
        return "is stale: its old text is not in the file just once"
    outcome: Outcome = run_golden(golden, mutant.file, text)
    if outcome.raised:
        return f"gives no module: {outcome.raised}"
    if mutant.harmless:
        return "" if outcome.passes else f"is harmless, but fails {golden}"
    return "survives" if outcome.passes else ""


def tasks(chosen: list[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Yields each mutant with each golden test that it concerns."""
    for mutant in chosen:
        for golden in [mutant.golden] if mutant.golden else GOLDENS:
            yield mutant, golden


def run(chosen: list[Mutant], processes: int) -> int:
    """Prints what is wrong; returns how many mutants it concerns."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    bad = set()
    work = list(tasks(chosen))
    with context.Pool(processes, maxtasksperchild=1) as pool:
        for (mutant, _), fault in zip(work, pool.imap(judge, work), strict=True):
            if fault:
                bad.add(mutant.name)
                print(f"{mutant.name} {fault} (rlxflow/{mutant.file})", flush=True)
    return len(bad)


def main() -> int:
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("name", nargs="*", help="only mutants whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="list the mutants, run nothing")
    parser.add_argument(
        "-j", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: all)"
    )
    arguments = parser.parse_args()
    wanted: list[str] = arguments.name
    chosen = [m for m in mutants() if not wanted or any(part in m.name for part in wanted)]
    if not chosen:
        parser.error(f"expected a part of a mutant's name, found {' '.join(wanted)}")
    if arguments.list:
        print("\n".join(f"{mutant.name}  ({mutant.file})" for mutant in chosen))
        return 0
    begin = time.time()
    bad = run(chosen, arguments.j)
    killed = sum(not mutant.harmless for mutant in chosen)
    seconds = time.time() - begin
    print(
        f"{killed} mutants, {len(chosen) - killed} harmless edits, "
        f"{bad} not as they should be, {seconds:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
