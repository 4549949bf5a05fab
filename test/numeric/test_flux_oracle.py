"""FLUX against what PyTorch stored, if reference checkpoints lie beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow.runtime.model import load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
TOLERANCE = {"flux": 1e-3, "flux2": 1e-4}
"""Guidance is multiplied by 1000 in f32, so angles reach 4000 radians in `flux`."""
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference checkpoints"),
]


@pytest.mark.parametrize("name", TOLERANCE)
def test_stored_outputs(name: str) -> None:
    with np.load(ORACLE / "ref" / f"{name}.npz") as arrays:
        stored = {key: arrays[key] for key in arrays.files}
    inputs = {key[3:]: array for key, array in stored.items() if key.startswith("in/")}
    found = load(ORACLE / "checkpoints" / name)(**inputs)
    assert set(found) == {"sample"}
    assert np.abs(found["sample"] - stored["out/sample"]).max() <= TOLERANCE[name]
