"""Resizing against what torch's `interpolate` gave for the same samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import ConfigError
from rlxflow.resize import METHODS, resize_matrix

GOLDENS = Path(__file__).resolve().parents[1] / "goldens" / "vision" / "resize.npz"


@pytest.mark.parametrize("method", METHODS)
def test_resizing_equals_torch(method: str) -> None:
    with np.load(GOLDENS) as arrays:
        names = [name.removesuffix("/in") for name in arrays.files if name.endswith("/in")]
        names = [name for name in names if name.startswith(f"{method}/")]
        assert len(names) == 4
        for name in names:
            x, wanted = arrays[f"{name}/in"], arrays[f"{name}/out"]
            rows, columns = (
                resize_matrix(source, target, method)
                for source, target in zip(x.shape, wanted.shape, strict=True)
            )
            np.testing.assert_allclose(rows @ x @ columns.T, wanted, atol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_equal_sizes_give_the_identity(method: str) -> None:
    np.testing.assert_allclose(resize_matrix(7, 7, method), np.eye(7), atol=1e-15)


def test_a_method_that_does_not_exist() -> None:
    with pytest.raises(ConfigError, match=r"resize: expected one of bicubic, .*found `cubic`"):
        resize_matrix(3, 4, "cubic")
