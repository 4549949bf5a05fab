"""Rules of one's own about optimised programs, as texts: `op=sort stage=layers.* bytes=1000`.

Terms stand in any order, each at most once:
    op=GLOB       the opcode of HLO: `sort`, `copy`, `dot`, `fusion`, `custom-call`
    dtype=GLOB    the element type of what it makes, in HLO's words: `f32`, `bf16`, `s32`
    stage=GLOB    the path of the innermost stage that it is in
    bytes=NUMBER  what it makes has at least so many bytes
    at-most=COUNT so many of them are fine in each stage; 0 if not given
"""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.errors import ConfigError, did_you_mean

TERMS = ("op", "dtype", "stage", "bytes", "at-most")


@dataclass(frozen=True, slots=True)
class CleanPattern:
    """What a rule looks for; see the module."""

    name: str
    op: str = "*"
    dtype: str = "*"
    stage: str = "**"
    nbytes: int = 0
    at_most: int = 0


def parse_pattern(name: str, text: str) -> CleanPattern:
    """Returns the rule of a text; raises ConfigError for a term that is none."""
    where = f"`clean.{name}`"
    found: dict[str, str] = {}
    for term in text.split():
        key, equals, value = term.partition("=")
        if key not in TERMS or not equals or not value:
            known = ", ".join(f"{term}=..." for term in TERMS)
            cure = did_you_mean(key, TERMS)
            raise ConfigError(where, expected=known, found=f"`{term}`", cure=cure)
        if key in found:
            raise ConfigError(where, expected="each term once", found=f"`{key}` twice")
        if key in {"bytes", "at-most"} and not value.isdecimal():
            raise ConfigError(where, expected=f"{key}=NUMBER", found=f"`{term}`")
        found[key] = value
    if not found:
        raise ConfigError(where, expected="terms such as op=sort", found="none")
    return CleanPattern(
        name,
        found.get("op", "*"),
        found.get("dtype", "*"),
        found.get("stage", "**"),
        int(found.get("bytes", 0)),
        int(found.get("at-most", 0)),
    )
