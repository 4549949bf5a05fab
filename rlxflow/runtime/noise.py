"""Random numbers by place: each is a function of a key and where it stands, not of what else is.

That of some places alone costs as much as these, and is the same as among all. It is Threefry-2x32
with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), read as
`jax.random` reads it, so the numbers are those of `jax.random.gumbel`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_ONE = 0x3F800000  # the bits of 1.0
_LOWEST = float(np.finfo(np.float32).tiny)


def gumbel(key: jax.Array, places: jax.Array) -> jax.Array:
    """Returns numbers of the standard Gumbel distribution, f32 of the shape of `places` (u32)."""
    mantissa = _bits(key, places) >> np.uint32(9)
    one_to_two = jax.lax.bitcast_convert_type(mantissa | np.uint32(_ONE), jnp.float32)
    uniform = jnp.maximum(_LOWEST, (one_to_two - 1) * (1 - _LOWEST) + _LOWEST)
    return -jnp.log(-jnp.log(uniform))


def _bits(key: jax.Array, places: jax.Array) -> jax.Array:
    """Returns 32 bits for each place, written out so that it is one loop over all of them."""
    first, second = jax.random.key_data(key)
    words = (first, second, first ^ second ^ np.uint32(_PARITY))
    left, right = jnp.zeros_like(places) + words[0], places + words[1]
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            left = left + right
            right = left ^ ((right << np.uint32(turn)) | (right >> np.uint32(32 - turn)))
        left = left + words[(group + 1) % 3]
        right = right + words[(group + 2) % 3] + np.uint32(group + 1)
    return left ^ right
