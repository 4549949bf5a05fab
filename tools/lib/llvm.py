"""Finds the program of LLVM that generates code from ODS."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from rlxflow.testing.programs import LLVM_MAJOR, candidates


def find_tblgen() -> tuple[str, str] | None:
    """Returns path and version (major.minor) of the pinned mlir-tblgen, or None."""
    for program in candidates("mlir-tblgen"):
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"version (\d+)\.(\d+)", answer.stdout)
        if version and int(version[1]) == LLVM_MAJOR:
            return program, f"{version[1]}.{version[2]}"
    return None
