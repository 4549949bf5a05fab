"""Log-mel spectrograms against sums written out, and against known points of the mel scale."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlxflow.errors import ConfigError, InputError
from rlxflow.runtime.log_mel import LogMel

SMALL = LogMel(bins=5, frames=7, sampling_rate=8000, window=24, hop=10)


def power(samples: np.ndarray, frame: int, frequency: int) -> float:
    """Returns one value of the spectrum by its sum; sound is mirrored at its ends."""
    total = 0j
    for n in range(24):
        at = abs(frame * 10 + n - 12)
        at = at if at < len(samples) else 2 * (len(samples) - 1) - at
        window = math.sin(math.pi * n / 24) ** 2
        total += samples[at] * window * np.exp(-2j * math.pi * frequency * n / 24)
    return abs(total) ** 2


def test_features_are_the_sums_of_the_formula() -> None:
    draw = np.random.default_rng(2)
    rows = [draw.normal(size=70) * 0.1, np.concatenate([draw.normal(size=41) * 1e-4, np.zeros(29)])]
    found = SMALL.features(rows[1][:41].astype(np.float64))
    both = SMALL.features(np.stack(rows))
    np.testing.assert_array_equal(found[0], both[1])
    for row, samples in zip(both, rows, strict=True):
        powers = np.array([[power(samples, t, f) for t in range(7)] for f in range(13)])
        logs = np.log10(np.maximum(SMALL.filters() @ powers, 1e-10))
        wanted = (np.maximum(logs, logs.max() - 8) + 4) / 4
        np.testing.assert_allclose(row, wanted, atol=1e-6)


def test_filters_have_their_peaks_at_even_mels() -> None:
    """Below 1000 Hz a mel is 200/3 Hz, above 27 mels are a factor of 6.4; the top is at 8000 Hz."""
    filters = LogMel().filters()
    assert filters.shape == (80, 201)
    top = 15 + 27 * math.log(8) / math.log(6.4)
    mels = [(i + 1) * top / 81 for i in range(80)]
    hertz = [m * 200 / 3 if m < 15 else 1000 * 6.4 ** ((m - 15) / 27) for m in mels]
    peaks = filters.argmax(axis=1) * 40.0
    assert max(abs(peak - wanted) for peak, wanted in zip(peaks, hertz, strict=True)) < 40.0
    areas = filters.sum(axis=1) * 40.0
    np.testing.assert_allclose(areas[40:], 1, atol=0.08)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (
            np.zeros((1, 1, 5)),
            r"samples: expected floats \[n\] or \[b, n\], found float64\[1, 1, 5\]",
        ),
        (np.zeros(5, np.int16), r"expected floats \[n\] or \[b, n\], found int16\[5\]"),
        (np.zeros(0), r"found float64\[0\]"),
        (np.zeros(71), "expected at most 70, 0.00875 s, found 71; cut the sound"),
    ],
)
def test_refusals(samples: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SMALL.features(samples)
    with pytest.raises(ConfigError, match="log-mel: expected positive numbers"):
        LogMel(hop=0)
