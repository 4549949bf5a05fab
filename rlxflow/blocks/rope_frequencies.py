"""Inverse frequencies of every rope type, in f64."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rlxflow.errors import ConfigError, did_you_mean

TYPES = (
    *("default", "linear", "dynamic", "ntk", "llama3", "yarn", "longrope", "proportional"),
    "factors",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeNumbers:
    """The numbers of a rope.

    Formula, i = 0 ... dim/2 - 1, `f = theta^(-2i/dim)`:
        default: `f`; linear: `f / factor`; factors: `f / factors[i]`;
        dynamic: theta grows with the length L beyond the original maximum M:
            `theta (factor L / M - factor + 1)^(dim / (dim - 2))`;
        llama3: wavelengths above `M / low_freq_factor` are divided by factor, those below
            `M / high_freq_factor` kept, those between mixed linearly in `M / wavelength`;
        yarn: `f / factor` below a rotation count of beta_slow, `f` above beta_fast, a ramp between;
            cosine and sine times `attention_factor`, or 0.1 ln(factor) + 1;
        longrope: `f / short_factor[i]`, or long_factor when the length passes M; cosine and sine
            times `attention_factor`, or sqrt(1 + ln(factor) / ln(M));
        ntk: `f` of the base `theta factor^(dim / (dim - 2))`, at every length;
        proportional: `f / factor` for the first `proportion` of the angles, 0 for the others.

    Attributes:
        max_pos: The model's longest sequence.
        head_dim: Size of a head.
        theta: Base, in radians per position for i = 0.
        rope_type: One of TYPES.
        rotary_dim: How many elements of a head are turned; None for all.
        original_max_position_embeddings: M; None for max_pos.
    """

    max_pos: int
    head_dim: int
    theta: float = 10_000.0
    rope_type: str = "default"
    rotary_dim: int | None = None
    factor: float = 1.0
    original_max_position_embeddings: int | None = None
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    truncate: bool = True
    attention_factor: float | None = None
    mscale: float | None = None
    mscale_all_dim: float | None = None
    short_factor: tuple[float, ...] = ()
    long_factor: tuple[float, ...] = ()
    factors: tuple[float, ...] = ()
    proportion: float = 1.0

    def __post_init__(self) -> None:
        if self.rope_type not in TYPES:
            hint = did_you_mean(self.rope_type, TYPES)
            known = ", ".join(TYPES)
            raise ConfigError("rope_type", expected=known, found=self.rope_type, cure=hint)
        if self.dim % 2 or not 0 < self.dim <= self.head_dim:
            raise ConfigError(
                "rope", expected=f"an even number of at most {self.head_dim}", found=f"{self.dim}"
            )
        bands = self.high_freq_factor - self.low_freq_factor
        above = {"theta": self.theta, "factor": self.factor, "bands of frequencies": bands}
        for name, number in above.items():
            if not number > 0:
                raise ConfigError(f"rope: {name}", expected="above 0", found=f"{number}")
        lists = {"longrope": (self.short_factor, self.long_factor), "factors": (self.factors,)}
        for numbers in lists.get(self.rope_type, ()):
            if len(numbers) != self.dim // 2:
                count = f"{self.dim // 2} factors"
                where = f"rope `{self.rope_type}`"
                raise ConfigError(where, expected=count, found=f"{len(numbers)}")

    @property
    def dim(self) -> int:
        """The number of elements of a head that are turned."""
        return self.head_dim if self.rotary_dim is None else self.rotary_dim


def inverse_frequencies(rope: RopeNumbers, *, long: bool = False) -> tuple[np.ndarray, float]:
    """Returns f64[dim/2] in radians per position, and the factor of cosine and sine."""
    plain = rope.theta ** -(np.arange(0, rope.dim, 2, dtype=np.float64) / rope.dim)
    if rope.rope_type == "yarn":
        return _yarn(rope, plain)
    if rope.rope_type == "longrope":
        numbers = rope.long_factor if long else rope.short_factor
        return plain / np.asarray(numbers, np.float64), _longrope_attention(rope)
    scaled = {
        "linear": lambda: plain / rope.factor,
        "ntk": lambda: _ntk(rope),
        "factors": lambda: plain / np.asarray(rope.factors, np.float64),
        "llama3": lambda: _llama3(rope, plain),
        "proportional": lambda: _proportional(rope),
    }.get(rope.rope_type, lambda: plain)
    return scaled(), 1.0


def _original(rope: RopeNumbers) -> float:
    return float(rope.original_max_position_embeddings or rope.max_pos)


def _ntk(rope: RopeNumbers) -> np.ndarray:
    """A larger base, so that the slowest angle turns `factor` times slower, the fastest as ever."""
    exponents = np.arange(0, rope.dim, 2, dtype=np.float64) / rope.dim
    return (rope.theta * rope.factor ** (rope.dim / (rope.dim - 2))) ** -exponents


def _llama3(rope: RopeNumbers, plain: np.ndarray) -> np.ndarray:
    turns = _original(rope) * plain / (2 * math.pi)  # original length over wavelength
    smooth = (turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor)
    smooth = np.clip(smooth, 0.0, 1.0)
    return (1 - smooth) * plain / rope.factor + smooth * plain


def _yarn(rope: RopeNumbers, plain: np.ndarray) -> tuple[np.ndarray, float]:
    def place(rotations: float) -> float:
        ratio = _original(rope) / (rotations * 2 * math.pi)
        return rope.dim * math.log(ratio) / (2 * math.log(rope.theta))

    low, high = place(rope.beta_fast), place(rope.beta_slow)
    if rope.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rope.dim - 1)
    high = high + 0.001 if low == high else high
    ramp = np.clip((np.arange(rope.dim // 2) - low) / (high - low), 0, 1)
    mixed = plain / rope.factor * ramp + plain * (1 - ramp)
    return mixed, _yarn_attention(rope)


def _yarn_attention(rope: RopeNumbers) -> float:
    if rope.attention_factor is not None:
        return rope.attention_factor

    def scale(weight: float) -> float:
        return 1.0 if rope.factor <= 1 else 0.1 * weight * math.log(rope.factor) + 1.0

    if rope.mscale and rope.mscale_all_dim:
        return scale(rope.mscale) / scale(rope.mscale_all_dim)
    return scale(1.0)


def _longrope_attention(rope: RopeNumbers) -> float:
    if rope.attention_factor is not None:
        return rope.attention_factor
    factor = rope.factor if rope.factor != 1.0 else rope.max_pos / _original(rope)
    return 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(_original(rope)))


def _proportional(rope: RopeNumbers) -> np.ndarray:
    """The first `proportion` of the angles turn; the others rest at 0."""
    angles = int(rope.proportion * rope.dim // 2)
    turning = rope.theta ** -(np.arange(0, 2 * angles, 2, dtype=np.float64) / rope.dim)
    return np.concatenate([turning, np.zeros(rope.dim // 2 - angles)]) / rope.factor
