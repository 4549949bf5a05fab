#!/usr/bin/env python3
"""Checks that the golden tests of blocks fail when a block is wrong, by making it wrong.

Each mutant of the table in tools/lib/mutants.py is one edit. It is applied to a copy of the
package, and the golden test concerned is run on that copy: it must fail, by what it checks and not
by an exception. Harmless edits must leave all of them green.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.arguments import Parser
from lib.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
LIT = Path(sys.executable).parent / "lit"
EPILOG = "example: tools/golden_mutants.py attention mask/window"
PROCESSES = 2
EXCEPTION = re.compile(r"^# \| (\w[\w.]*(?:Error|Exception|State)\b.*)", re.MULTILINE)
FAILED = re.compile(r"^FAIL: .* :: (\S+)", re.MULTILINE)


def edited(mutant: Mutant) -> str | None:
    """Returns the file with the edit applied, or None if the old text is not in it just once."""
    path = ROOT / "rlxflow" / mutant.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text.replace(mutant.old, mutant.new) if text.count(mutant.old) == 1 else None


def judge(mutant: Mutant) -> str:
    """Returns what is wrong with a mutant, or an empty string if the goldens took it rightly."""
    text = edited(mutant)
    if text is None:
        return "is stale: its old text is not in the file just once"
    with tempfile.TemporaryDirectory(prefix="mutant") as folder:
        package = Path(folder) / "rlxflow"
        shutil.copytree(ROOT / "rlxflow", package, symlinks=True)
        (package / mutant.file).write_text(text, encoding="utf-8")
        status, log = run_goldens(folder, mutant.golden)
    raised = EXCEPTION.findall(log)
    if raised or status not in {0, 1}:
        return f"gives no module: {raised[0] if raised else log}"
    if mutant.harmless:
        return f"is harmless, but fails {', '.join(FAILED.findall(log))}" if status else ""
    return "" if status else "survives"


def run_goldens(folder: str, golden: str) -> tuple[int, str]:
    """Runs one golden test, or all of them, on the package in `folder`."""
    tests = ROOT / "test" / "emit" / golden
    command = (str(LIT), "-v", "-j1", f"-Dsource={folder}", str(tests))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return done.returncode, done.stdout + done.stderr


def main() -> int:
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("name", nargs="*", help="only mutants whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="list the mutants, run nothing")
    arguments = parser.parse_args()
    wanted: list[str] = arguments.name
    chosen = [m for m in mutants() if not wanted or any(part in m.name for part in wanted)]
    if not chosen:
        parser.error(f"expected a part of a mutant's name, found {' '.join(wanted)}")
    if arguments.list:
        print("\n".join(f"{mutant.name}  ({mutant.file})" for mutant in chosen))
        return 0
    begin, bad = time.time(), 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        for mutant, fault in zip(chosen, pool.map(judge, chosen), strict=True):
            if fault:
                bad += 1
                print(f"{mutant.name} {fault} (rlxflow/{mutant.file})", flush=True)
    killed = sum(not mutant.harmless for mutant in chosen)
    seconds = time.time() - begin
    print(
        f"{killed} mutants, {len(chosen) - killed} harmless edits, "
        f"{bad} not as they should be, {seconds:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
