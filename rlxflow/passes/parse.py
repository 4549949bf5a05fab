"""Pipelines in MLIR's syntax, ours and jaxlib's passes mixed: `builtin.module(rlx-verify,cse)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rlxflow.errors import FlowError, ParseError, PassError
from rlxflow.passes import PASSES, find, unknown
from rlxflow.passes.base import Pass
from rlxflow.passes.mlir_pass import KNOWN, MlirPass
from rlxflow.passes.pipeline import Pipeline

_MODULE = "builtin.module("
_OPEN, _CLOSE = "({[", ")}]"
_ELEMENT = re.compile(r"([\w.-]+)\s*(\{.*\})?", re.DOTALL)


def parse_pipeline(text: str) -> Pipeline:
    """Returns the pipeline of `builtin.module(a,b{x=y},func.func(c))`, or of the list inside.

    Raises ParseError if the brackets do not match, PassError for an unknown pass or option; both
    show the place in the text.
    """
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if text[start:end].startswith(_MODULE) and text[start:end].endswith(")"):
        start, end = start + len(_MODULE), end - 1
    passes: list[Pass] = []
    for at, element in [*_elements(text, start, end)]:
        try:
            passes.append(parse_pass(element))
        except FlowError as error:
            raise _placed(error, text, at + _column(element, error)) from None
    return Pipeline(passes)


def parse_pass(element: str) -> Pass:
    """Returns the pass of one element: `cse`, `rlx-inline-stages`, `func.func(canonicalize)`."""
    matched = _ELEMENT.fullmatch(element)
    if matched is None:
        for name in re.findall(r"rlx-[\w-]+", element):
            raise ParseError(
                f"pipeline `{element}`",
                expected=f"`{name}` directly in `builtin.module(...)`",
                found=f"`{name}` nested",
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


def _elements(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yields what the commas that are in no bracket and no quotes divide, with its place."""
    expected, quote = "", ""
    for i in range(start, end):
        char = text[i]
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
            yield from _trimmed(text, start, i)
            start = i + 1
    if expected or quote:
        raise _brackets(text, end)
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    element = text[start:end]
    if element.strip():
        yield start + len(element) - len(element.lstrip()), element.strip()


def _brackets(text: str, i: int) -> FlowError:
    found = f"`{text[i]}` too much" if i < len(text.rstrip()) else "its end"
    error = ParseError("pipeline", expected="brackets and quotes in pairs", found=found)
    return _placed(error, text, i)


def _column(element: str, error: FlowError) -> int:
    """Returns where in an element stands what the error found: a name in quotes."""
    quoted = re.search(r"[`']([^`']+)[`']", error.found)
    if quoted is None:
        return 0
    option = re.match(r"option `([\w-]+)`", error.where)
    after = max(0, element.find(f"{option[1]}=")) if option else 0
    word = re.compile(rf"(?<![\w-]){re.escape(quoted[1])}(?![\w-])")
    place = word.search(element, after)
    return place.start() if place else 0


def _placed(error: FlowError, text: str, at: int) -> FlowError:
    """Returns the error with the text below it, and a caret below the place."""
    line = re.sub(r"\s", " ", text)
    error.within(f"at column {at + 1} of the pipeline:\n  {line}\n  {' ' * at}^")
    return error
