"""The opcodes of HLO by what they are to us."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TRANSCENDENTAL = _set(
    """atan2 cbrt cosine erf exponential exponential-minus-one log log-plus-one logistic power rng
    rsqrt sine sqrt tan tanh"""
)
"""One function of each element."""

ELEMENTWISE = _set(
    """abs add and bitcast-convert ceil clamp compare complex convert count-leading-zeros divide
    floor imag is-finite maximum minimum multiply negate not or popcnt real reduce-precision
    remainder round-nearest-afz round-nearest-even select shift-left shift-right-arithmetic
    shift-right-logical sign stochastic-convert subtract xor"""
)
"""One operation for each element."""

CALLERS = frozenset({"call", "while", "conditional", "async-start"})
"""Opcodes whose computations are run as they stand, not fused."""

FREE = frozenset(
    {"parameter", "constant", "bitcast", "get-tuple-element", "tuple", "after-all"}
    | {"add-dependency", "domain", "opt-barrier", "partition-id", "replica-id"}
)
"""Opcodes that do no work when the program runs."""
