"""Modules from files of any form that a tool takes, told apart by what is in them.

text      MLIR text
bytecode  MLIR bytecode of this jaxlib
portable  a portable artifact (VHLO in bytecode) of some release of StableHLO
hlo       HLO text, before XLA optimised it
"""

from __future__ import annotations

import re

from rlxflow.errors import ParseError
from rlxflow.ir.module import IrModule
from rlxflow.ir.parsing import BYTECODE, PRODUCER

_HLO = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*HloModule\b", re.DOTALL)


def format_of(source: str | bytes) -> str:
    """Returns `text`, `bytecode`, `portable` or `hlo`."""
    if isinstance(source, bytes):
        if source.startswith(BYTECODE):
            return "portable" if PRODUCER in source[:64] else "bytecode"
        source = source.decode(errors="replace")
    return "hlo" if _HLO.match(source) else "text"


def text_or_bytes(data: bytes, name: str) -> str | bytes:
    """Returns the bytes of a binary form, the text of any other; ParseError if it is not UTF-8."""
    if data.startswith(BYTECODE):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ParseError(
            name, expected="MLIR text, bytecode, a portable artifact or HLO text", found="others"
        ) from None


def read_module(data: bytes, name: str = "-") -> IrModule:
    """Returns the module of a file's bytes; raises ParseError with `name:line:column`."""
    source = text_or_bytes(data, name)
    if format_of(source) == "hlo":
        from rlxflow.ir.hlo import from_hlo

        return from_hlo(str(source), name)
    return IrModule.parse(source, name)
