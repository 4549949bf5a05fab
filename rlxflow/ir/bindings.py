"""The one hand-written file that imports the MLIR bindings which jaxlib carries.

Everything else in rlxflow reaches MLIR through the names below. Importing this file does not import
jax, so emitting, printing and passes start without it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # jax does the same before it loads jaxlib

from jaxlib.mlir import ir, passmanager
from jaxlib.mlir._mlir_libs import _jax_mlir_ext, _mlir
from jaxlib.mlir.dialects import chlo, func, sdy, stablehlo

__all__ = ["chlo", "func", "hlo_conversions", "ir", "new_context", "passmanager", "stablehlo"]

_mlir.globals.append_dialect_search_prefix("rlxflow.dialects")
stablehlo.register_stablehlo_passes()


def new_context() -> ir.Context:
    """Returns a context of our own (about 3 ms) that knows StableHLO, CHLO, Shardy and `func`.

    `rlx` is not registered in jaxlib and cannot be, so unregistered dialects are allowed; the
    verifier in `ir/verifier.py` stands in for the native one.
    """
    registry = ir.DialectRegistry()
    _jax_mlir_ext.register_dialects(registry)
    context = ir.Context()
    context.append_dialect_registry(registry)
    context.load_all_available_dialects()
    for dialect in (stablehlo, chlo, sdy):
        dialect.register_dialect(context)
    context.allow_unregistered_dialects = True
    return context


class HloConversions(NamedTuple):
    """Functions of jaxlib between HLO and MLIR."""

    parse: Callable[..., Any]
    to_stablehlo: Callable[..., bytes]
    from_stablehlo: Callable[..., Any]


def hlo_conversions() -> HloConversions:
    """Returns the functions, whose libraries start slowly (0.1 s).

    Raises ImportError or AttributeError if this jaxlib has none.
    """
    found = import_module("jaxlib._jax").mlir
    return HloConversions(
        import_module("jaxlib._hlo").hlo_module_from_text,
        found.hlo_to_stablehlo,
        found.mlir_module_to_xla_computation,
    )
