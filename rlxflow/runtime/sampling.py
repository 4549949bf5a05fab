"""How tokens are chosen: the options, checked, and as the numbers that a compiled step takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rlxflow.errors import InputError

if TYPE_CHECKING:
    import jax

ALL = 2.0
"""A top-p that no sum of probabilities reaches, however it is rounded."""

SMALLEST_WIDTH, USUAL_WIDTH, LARGEST_WIDTH = 64, 256, 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingOptions:
    """How the next token is chosen from the scores, applied in this order.

    Attributes:
        repetition_penalty: Scores of tokens that stand in the row already are divided by it if
            positive, multiplied if negative; 1 for none (Keskar et al., arXiv 1909.05858).
        temperature: Scores are divided by it; 0 takes the best token, always.
        top_k: Only the k best may be chosen; None for all.
        top_p: Only the fewest whose probabilities reach p (Holtzman et al., arXiv 1904.09751).
        min_p: Only those with at least this fraction of the best one's probability.
        seed: Of the choice.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        whole = self.top_k is None or isinstance(self.top_k, int)
        limits = {
            "temperature": (0 <= self.temperature < math.inf, "at least 0"),
            "top_k": (whole and (self.top_k is None or self.top_k >= 1), "a whole number from 1"),
            "top_p": (self.top_p is None or 0 < self.top_p <= 1, "above 0, at most 1"),
            "min_p": (self.min_p is None or 0 <= self.min_p <= 1, "from 0 to 1"),
            "repetition_penalty": (0 < self.repetition_penalty < math.inf, "above 0"),
            "seed": (isinstance(self.seed, int) and 0 <= self.seed < 2**64, "from 0 to 2^64 - 1"),
        }
        for name, (holds, expected) in limits.items():
            if not holds:
                raise InputError(name, expected=expected, found=str(getattr(self, name)))

    @property
    def greedy(self) -> bool:
        """Whether the best token is always taken."""
        return self.temperature == 0

    @property
    def width(self) -> int:
        """How many of the best are looked at first; 0 where nothing is cut off.

        A step for another width is another program.
        """
        if self.greedy or (self.top_k is None and self.top_p in {None, 1} and not self.min_p):
            return 0
        if self.top_k is None:
            return USUAL_WIDTH
        return min(max(SMALLEST_WIDTH, 1 << self.top_k.bit_length()), LARGEST_WIDTH)

    @property
    def penalised(self) -> bool:
        """Whether tokens that were used count."""
        return self.repetition_penalty != 1.0

    def numbers(self) -> SamplingNumbers:
        """Returns what the compiled step takes, so that other numbers need no other program."""
        import jax.numpy as jnp

        return SamplingNumbers(
            jnp.float32(self.temperature),
            jnp.int32(min(self.top_k or 0, 2**31 - 1)),
            jnp.float32(ALL if self.top_p in {None, 1} else self.top_p),
            jnp.float32(self.min_p or 0.0),
            jnp.float32(self.repetition_penalty),
            _key(self.seed),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """How a step chooses; each is a program of its own.

    Attributes:
        greedy: Whether the best token is taken.
        penalised: Whether tokens seen so far count.
        width: How many of the best are looked at first; 0 where nothing is cut off.
        suppressed: Ids that are never chosen.
    """

    greedy: bool
    penalised: bool
    width: int = 0
    suppressed: tuple[int, ...] = ()

    @property
    def samples(self) -> bool:
        """Whether the numbers of the sampling matter."""
        return self.penalised or not self.greedy


def _key(seed: int) -> jax.Array:
    """Returns the key of all 64 bits; `jax.random.key` alone would take the lower half."""
    import jax
    import jax.numpy as jnp

    words = jnp.asarray(np.array([seed >> 32, seed & 0xFFFFFFFF], np.uint32))
    return jax.random.wrap_key_data(words, impl="threefry2x32")


class SamplingNumbers(NamedTuple):
    """The options as arrays; `top_k` 0 stands for all."""

    temperature: jax.Array
    top_k: jax.Array
    top_p: jax.Array
    min_p: jax.Array
    penalty: jax.Array
    key: jax.Array
