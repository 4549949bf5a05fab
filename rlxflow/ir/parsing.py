"""Parses text, bytecode or a portable artifact from outside, none of which is trusted."""

from __future__ import annotations

from typing import cast

from rlxflow.errors import ParseError
from rlxflow.ir.admission import admit
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.nesting import check_nesting
from rlxflow.ir.stage_attributes import as_ordinary_attributes
from rlxflow.ir.strings import check_bytecode, check_text

BYTECODE = b"ML\xefR"
PRODUCER = b"StableHLO_v"


def parse_module(source: str | bytes, name: str = "-") -> ir.Module:
    """Returns the module of a source, in the context that is entered.

    What MLIR would end the process for, as far as it is known, is found before it is asked.

    Raises MLIRError for what MLIR finds, ParseError for everything else.
    """
    data = source.encode(errors="replace") if isinstance(source, str) else source
    if data.startswith(BYTECODE):
        check_bytecode(data, name)
    else:
        check_text(data, name)
        check_nesting(data, name)
    try:
        module = _parse(source)
    except MemoryError:
        found = "a file that asks for more memory than there is"
        raise ParseError(name, found=found, cure="it is damaged, or too large") from None
    except ValueError as error:
        raise ParseError(name, found=f"a file that is not MLIR ({error})") from None
    admit(module, name)
    as_ordinary_attributes(module)
    return module


def _parse(source: str | bytes) -> ir.Module:
    if isinstance(source, bytes) and PRODUCER in source[:64]:
        context = cast(ir.Context, ir.Context.current)
        return stablehlo.deserialize_portable_artifact(context, source)
    return ir.Module.parse(source)
