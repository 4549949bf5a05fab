"""Files that tests of kernels read, and why they are left out where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
GGUF = ORACLE / "gguf"

needs_files = pytest.mark.skipif(not GGUF.is_dir(), reason="no folder of reference files")
