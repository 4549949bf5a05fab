"""Runs scripts of `tools/bench` as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_bench(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `tools/bench/<script>` of this checkout on CPU and returns what it wrote."""
    command = [sys.executable, str(ROOT / "tools" / "bench" / script), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
