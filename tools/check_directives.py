#!/usr/bin/env python3
"""Runs rlxflow-check-directives on the tests of the project, or on what is named."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from rlxflow.testing.check_directives import main  # noqa: E402

NOT_LIT = ("conftest.py", "goldens", "numeric", "unit")

if __name__ == "__main__":
    left_out = [f"--exclude={name}" for name in NOT_LIT]
    places = [ROOT / "test", ROOT / "examples" / "lit_project"]
    sys.exit(main([*left_out, *(sys.argv[1:] or map(str, places))]))
