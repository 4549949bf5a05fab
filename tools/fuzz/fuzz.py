#!/usr/bin/env python3
"""Fuzzes a reader: good files with random damage must be read or refused, never more.

What breaks is made small and kept in a folder, one file for each different fault, with what was
said beside it. The same seed gives the same cases.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from lib.child import Finding, run_cases
from lib.minimise import minimise
from lib.mutate import mutate
from lib.targets import TARGETS

EPILOG = """example: tools/fuzz/fuzz.py text --seconds 600 --seed 7 --out build/fuzz

exit codes: 0 nothing found, 1 something found
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default 0)")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="default build/fuzz")
    arguments = parser.parse_args()
    folder = arguments.out / arguments.target
    folder.mkdir(parents=True, exist_ok=True)
    return 1 if fuzz(arguments.target, arguments.seconds, arguments.seed, folder) else 0


def fuzz(name: str, seconds: float, seed: int, folder: Path) -> int:
    """Runs a target for a time; returns how many different faults it found."""
    target = TARGETS[name]
    seeds = target.seeds()
    print(f"{name}: {len(seeds)} good files, seed {seed}", flush=True)

    def case(index: int) -> bytes:
        return mutate(random.Random(f"{seed}:{index}"), seeds)

    known: set[str] = set()
    begin = told = time.monotonic()
    count = 0
    for item in run_cases(target.read, case, 0, begin + seconds):
        if isinstance(item, int):
            count = item + 1
        elif item.signature not in known:
            known.add(item.signature)
            print(f"case {item.case}: {item.signature}", flush=True)
            keep(item, minimise(case(item.case), item.signature, target.read, 60.0), folder)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{count} cases, {len(known)} faults, {told - begin:.0f} s", flush=True)
    print(f"{count} cases in {time.monotonic() - begin:.0f} s: {len(known)} faults in {folder}")
    return len(known)


def keep(finding: Finding, data: bytes, folder: Path) -> None:
    """Writes what broke, and what was said; the name is made of the signature."""
    stem = "".join(c if c.isalnum() or c in "._-" else "-" for c in finding.signature)[:100]
    (folder / f"{stem}.case").write_bytes(data)
    (folder / f"{stem}.txt").write_text(f"{finding.signature}\n{finding.log}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
