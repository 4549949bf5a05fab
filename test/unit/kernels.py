"""What tests of kernels share: the library, and why they are left out where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlxflow.kernels.library import find_library

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
GGUF = ORACLE / "gguf"

needs_kernels = pytest.mark.skipif(
    find_library() is None, reason="the kernels are not built: cmake --build build/native"
)
needs_files = pytest.mark.skipif(not GGUF.is_dir(), reason="no folder of reference files")
