"""Numbers as people read them."""

from __future__ import annotations


def amount(number: float, unit: str = "") -> str:
    """Returns a number of three digits with a prefix: `1.23 GB`, `45.6 ms`."""
    if number == 0:
        return f"0 {unit}".rstrip()
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= factor * 0.9995:
            return f"{number / factor:.3g} {prefix}{unit}"
    return f"{number:.3g} {unit}".rstrip()


def seconds(number: float) -> str:
    """Returns a time of three digits: `1.23 s`, `45.6 ms`, `7.8 us`."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if number >= factor * 0.9995:
            return f"{number / factor:.3g} {unit}"
    return f"{number * 1e9:.3g} ns" if number else "0 s"
