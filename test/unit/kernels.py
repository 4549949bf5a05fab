"""Files that tests of kernels read, and which of their weights are read as numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow.weights import HfView

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
GGUF = ORACLE / "gguf"

needs_files = pytest.mark.skipif(not GGUF.is_dir(), reason="no folder of reference files")


def names_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns the names of weights that are read as numbers from now on, as they are."""
    read = HfView.read
    names: list[str] = []

    def seen(self: HfView, name: str) -> np.ndarray:
        names.append(name)
        return read(self, name)

    monkeypatch.setattr(HfView, "read", seen)
    return names
