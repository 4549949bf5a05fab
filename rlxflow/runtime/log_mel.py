"""Log-mel spectrograms of sound samples, as Whisper hears them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlxflow.errors import ConfigError, InputError

FLOOR = 1e-10  # of the power before the logarithm
RANGE = 8.0  # powers of ten below the loudest, under which all is alike


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMel:
    """Samples to `[b, bins, frames]`; the numbers are those of Whisper unless given.

    Formula: `m = log10(max(mel |STFT(x)|^2, 1e-10))`, `y = (max(m, max m - 8) + 4) / 4`, the
    largest m of each row by itself; the transform has a Hann window, and its frames are centred, so
    the sound is mirrored at its ends.
    Source: Radford et al., arXiv 2212.04356; the mel scale and the area of filters: Slaney's
    Auditory Toolbox (1998).

    Attributes:
        bins: Mel filters, from 0 Hz to half the rate.
        frames: Sound is padded with silence to this many.
        sampling_rate: Samples a second.
        window: Samples a frame looks at.
        hop: Samples from one frame to the next.
    """

    bins: int = 80
    frames: int = 3000
    sampling_rate: int = 16_000
    window: int = 400
    hop: int = 160

    def __post_init__(self) -> None:
        if min(self.bins, self.frames, self.sampling_rate, self.hop) < 1 or self.window < 2:
            raise ConfigError("log-mel", expected="positive numbers", found=str(self))

    def features(self, samples: object) -> np.ndarray:
        """Returns f32[b, bins, frames] of samples [n] or [b, n], floats within +-1.

        Raises InputError for samples of another rank, of no floats, or for too many.
        """
        wave = np.asarray(samples)
        rows = wave[None] if wave.ndim == 1 else wave
        if rows.ndim != 2 or rows.dtype.kind != "f" or not rows.size:
            found = f"{wave.dtype}{[*wave.shape]}"
            raise InputError("samples", expected="floats [n] or [b, n]", found=found)
        most = self.frames * self.hop
        if rows.shape[1] > most:
            raise InputError(
                "samples",
                expected=f"at most {most}, {most / self.sampling_rate:g} s",
                found=str(rows.shape[1]),
                cure="cut the sound into pieces",
            )
        padded = np.pad(rows.astype(np.float64), ((0, 0), (0, most - rows.shape[1])))
        mel = self._powers(padded) @ self.filters().T
        logs = np.log10(np.maximum(mel, FLOOR))
        loudest = logs.max(axis=(1, 2), keepdims=True)
        scaled = (np.maximum(logs, loudest - RANGE) + 4.0) / 4.0
        return scaled.transpose(0, 2, 1).astype(np.float32)

    def filters(self) -> np.ndarray:
        """Returns f64[bins, window // 2 + 1]: a triangle of area 1 (in Hz) for each bin."""
        top = self.sampling_rate / 2
        edges = _to_hertz(np.linspace(_to_mel(0.0), _to_mel(top), self.bins + 2))[:, None]
        heard = np.linspace(0, top, self.window // 2 + 1)
        rising = (heard - edges[:-2]) / (edges[1:-1] - edges[:-2])
        falling = (edges[2:] - heard) / (edges[2:] - edges[1:-1])
        return np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])

    def _powers(self, rows: np.ndarray) -> np.ndarray:
        """[b, n] -> [b, frames, window // 2 + 1]."""
        half = self.window // 2
        mirrored = np.pad(rows, ((0, 0), (half, half)), mode="reflect")
        pieces = np.lib.stride_tricks.sliding_window_view(mirrored, self.window, axis=1)
        pieces = pieces[:, :: self.hop][:, : self.frames]
        angles = 2 * np.pi * np.arange(self.window) / self.window
        return np.abs(np.fft.rfft(pieces * (0.5 - 0.5 * np.cos(angles)))) ** 2


LINEAR = 1000.0  # Hz, below which mels are proportional to the frequency
STEP = 200.0 / 3.0  # Hz a mel there
GROWTH = np.log(6.4) / 27.0  # above, the logarithm of the frequency grows so much a mel


def _to_mel(hertz: float) -> float:
    if hertz < LINEAR:
        return hertz / STEP
    return LINEAR / STEP + float(np.log(hertz / LINEAR)) / GROWTH


def _to_hertz(mels: np.ndarray) -> np.ndarray:
    border = LINEAR / STEP
    return np.where(
        mels < border, mels * STEP, LINEAR * np.exp(GROWTH * (np.maximum(mels, border) - border))
    )
