"""Matrices that resize a row of samples, equal to what torch's `interpolate` does with it.

Source: Keys, Cubic convolution interpolation, 1981, for the cubic with its coefficient `a`; PyTorch
takes a = -0.75 without antialiasing and a = -0.5 with it. Sample i of n lies at `(i + 1/2) / n`
(`align_corners=False`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rlxflow.errors import ConfigError

Kernel = Callable[[np.ndarray], np.ndarray]


def cubic(x: np.ndarray, a: float) -> np.ndarray:
    """Returns the cubic kernel: 1 at 0, 0 at the other whole numbers and beyond 2."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def triangle(x: np.ndarray) -> np.ndarray:
    """Returns `max(1 - |x|, 0)`."""
    return np.maximum(1 - np.abs(x), 0.0)


def _sampled(source: int, target: int, kernel: Kernel) -> np.ndarray:
    """The kernel at the four samples around each place; the outermost stand for what is beyond."""
    places = (np.arange(target) + 0.5) * (source / target) - 0.5
    first = np.floor(places).astype(np.int64) - 1
    taps = first[:, None] + np.arange(4)
    matrix = np.zeros((target, source))
    rows = np.broadcast_to(np.arange(target)[:, None], taps.shape)
    np.add.at(matrix, (rows, np.clip(taps, 0, source - 1)), kernel(places[:, None] - taps))
    return matrix


def _spread(source: int, target: int, kernel: Kernel) -> np.ndarray:
    """The kernel as wide as a target sample where that is wider; what is beyond does not count."""
    ratio = source / target
    centres = (np.arange(target) + 0.5) * ratio
    distances = (np.arange(source) + 0.5 - centres[:, None]) / max(ratio, 1.0)
    matrix = kernel(distances)
    return matrix / matrix.sum(axis=1, keepdims=True)


METHODS: dict[str, Callable[[int, int], np.ndarray]] = {
    "bicubic": lambda source, target: _sampled(source, target, lambda x: cubic(x, -0.75)),
    "bicubic_antialias": lambda source, target: _spread(source, target, lambda x: cubic(x, -0.5)),
    "bilinear_antialias": lambda source, target: _spread(source, target, triangle),
}


def check_method(method: str) -> str:
    """Returns `method` if there is a way of resizing of that name, else raises ConfigError."""
    if method in METHODS:
        return method
    raise ConfigError("resize", expected=f"one of {', '.join(METHODS)}", found=f"`{method}`")


def resize_matrix(source: int, target: int, method: str) -> np.ndarray:
    """Returns f64[target, source]: `target samples = matrix @ source samples`.

    Methods: `bicubic`, `bicubic_antialias`, `bilinear_antialias`. Equal sizes give the identity.
    """
    return METHODS[check_method(method)](source, target)
