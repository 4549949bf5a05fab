"""Pipelines in MLIR's syntax, ours and jaxlib's passes mixed: `builtin.module(rlx-verify,cse)`."""

from __future__ import annotations

import re

from rlxflow.errors import ParseError, PassError
from rlxflow.passes import PASSES, find, unknown
from rlxflow.passes.base import Pass
from rlxflow.passes.mlir_pass import KNOWN, MlirPass
from rlxflow.passes.pipeline import Pipeline

_OPEN, _CLOSE = "({[", ")}]"
_ELEMENT = re.compile(r"([\w.-]+)\s*(\{.*\})?", re.DOTALL)


def parse_pipeline(text: str) -> Pipeline:
    """Returns the pipeline of `builtin.module(a,b{x=y},func.func(c))`, or of the list inside.

    Raises ParseError if the brackets do not match, PassError for an unknown pass or option.
    """
    inside = text.strip()
    if inside.startswith("builtin.module(") and inside.endswith(")"):
        inside = inside.removeprefix("builtin.module(")[:-1]
    return Pipeline([parse_pass(element) for element in _elements(inside)])


def parse_pass(element: str) -> Pass:
    """Returns the pass of one element: `cse`, `rlx-inline-stages`, `func.func(canonicalize)`."""
    matched = _ELEMENT.fullmatch(element)
    if matched is None:
        for name in re.findall(r"rlx-[\w-]+", element):
            raise ParseError(
                f"pipeline `{element}`",
                expected=f"`{name}` directly in `builtin.module(...)`",
                found="it nested",
            )
        return MlirPass(element)
    name, options = matched[1], (matched[2] or "{}")[1:-1]
    if name in PASSES:
        return find(name).parse(options)
    try:
        return MlirPass(element)
    except PassError as error:
        if "does not refer to a registered pass" not in str(error):
            raise
        raise unknown(name, [*PASSES, *KNOWN]) from None


def _elements(text: str) -> list[str]:
    """Splits at the commas that are in no bracket and no quotes."""
    found, start, expected, quote = [], 0, "", ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _OPEN:
            expected = _CLOSE[_OPEN.index(char)] + expected
        elif char in _CLOSE:
            if not expected.startswith(char):
                raise _brackets(text, i)
            expected = expected[1:]
        elif char == "," and not expected:
            found.append(text[start:i].strip())
            start = i + 1
    if expected or quote:
        raise _brackets(text, len(text))
    return [element for element in [*found, text[start:].strip()] if element]


def _brackets(text: str, i: int) -> ParseError:
    found = f"`{text[i]}` too much" if i < len(text) else "its end"
    return ParseError(f"pipeline `{text}`", expected="brackets and quotes in pairs", found=found)
