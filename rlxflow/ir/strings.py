"""Refuses modules with strings that are not UTF-8, before MLIR reads them.

MLIR lets strings, names and places hold any bytes. jaxlib's bindings turn them into strings of
Python, and where that cannot be done for a name, they end the process.
"""

from __future__ import annotations

import re

from rlxflow.errors import ParseError

_ESCAPED = re.compile(rb'"(?:[^"\\\n]|\\.)*\\[89A-Fa-f][0-9A-Fa-f](?:[^"\\\n]|\\.)*"')
_ODD_ESCAPE = re.compile(rb"\\[89A-Fa-f][0-9A-Fa-f]")
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")
_ALIGNED, _STRINGS = 0x80, 0


def check_text(text: bytes, name: str) -> None:
    """Raises ParseError at the first byte, or the first string with escapes, that is not UTF-8."""
    wrong = _first_wrong(text)
    if wrong is None and _ODD_ESCAPE.search(text):
        for found in _ESCAPED.finditer(text):
            plain = _ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()), found[0])
            if _first_wrong(plain) is not None:
                wrong = found.start()
                break
    if wrong is not None:
        raise _refusal(f"{name}:{line_and_column(text, wrong)}", text[wrong])


def check_bytecode(data: bytes, name: str) -> None:
    """Raises ParseError at the first byte of the strings of bytecode that is not UTF-8.

    What is wrong in other ways is left to MLIR.
    """
    try:
        start, end = _string_section(data)
    except IndexError:
        return
    wrong = _first_wrong(data[start:end])
    if wrong is not None:
        raise _refusal(f"{name}: byte {start + wrong}", data[start + wrong])


def line_and_column(text: bytes, at: int) -> str:
    """Returns `line:column` of a byte of a text, both counted from 1."""
    newline = text.rfind(b"\n", 0, at)
    line = text.count(b"\n", 0, at) + 1
    return f"{line}:{at - newline}"


def _first_wrong(data: bytes) -> int | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _refusal(where: str, byte: int) -> ParseError:
    expected = "MLIR whose strings are UTF-8"
    found = "a string with other bytes" if byte == ord('"') else f"byte 0x{byte:02x}"
    return ParseError(where, expected=expected, found=found)


def _string_section(data: bytes) -> tuple[int, int]:
    """Returns where the texts of the string section begin and end; IndexError if there is none."""
    _, at = _number(data, 4)  # behind the magic: the version
    at = data.index(b"\0", at) + 1 if b"\0" in data[at:] else len(data)  # the producer
    while True:
        kind = data[at]
        size, at = _number(data, at + 1)
        if kind & _ALIGNED:
            alignment, at = _number(data, at)
            at += -at % max(alignment, 1)
        if kind & ~_ALIGNED == _STRINGS:
            count, start = _number(data, at)
            for _ in range(min(count, len(data))):
                _, start = _number(data, start)
            return start, at + size
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Returns a number of one to nine bytes, whose first one says how many, and what is behind."""
    first = data[at]
    extra = (first & -first).bit_length() - 1 if first else 8
    end = at + 1 + extra
    if end > len(data):
        raise IndexError(at)
    raw = int.from_bytes(data[at:end] if first else data[at + 1 : end], "little")
    return raw >> (extra + 1) if first else raw, end
