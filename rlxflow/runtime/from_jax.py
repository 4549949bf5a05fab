"""A JAX function as a built model: traced once, its arguments named after the function's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import jax

from rlxflow.flow.adopt import from_mlir
from rlxflow.flow.built import BuiltModel
from rlxflow.ir.module import IrModule
from rlxflow.ir.ports import name_ports

Path = tuple[Any, ...]


def from_jax(
    fn: Callable[..., Any], *example_args: Any, params: Any = None, name: str = ""
) -> BuiltModel:
    """Returns a JAX function as a built model; see `BuiltModel.from_jax`."""
    given = example_args if params is None else (params, *example_args)
    lowered = jax.jit(fn, keep_unused=True).lower(*given)
    module = IrModule.parse(lowered.as_text(debug_info=True), getattr(fn, "__name__", "function"))
    titles = _argument_names(fn, len(given))
    ports: list[tuple[str, str]] = []
    weights: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_flatten_with_path(given)[0]:
        place = getattr(path[0], "idx", 0)
        if params is not None and place == 0:
            key = _joined(path[1:]) or "weight"
            weights[key] = leaf
            ports.append(("param", key))
        else:
            ports.append(("input", ".".join(filter(None, [titles[place], _joined(path[1:])]))))
    results = jax.tree_util.tree_flatten_with_path(lowered.out_info)[0]
    outputs = [_output_name(path) for path, _ in results]
    name_ports(module, ports, outputs)
    title = name or getattr(fn, "__name__", "function").strip("<>")
    return from_mlir(module, name=title, weights=weights if params is not None else None)


def _argument_names(fn: Callable[..., Any], count: int) -> list[str]:
    """Returns the names of the first arguments; `arg2` where the function names none."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        known = [p.name for p in inspect.signature(fn).parameters.values() if p.kind in kinds]
    except (TypeError, ValueError):  # of a function that has no signature
        known = []
    return [known[i] if i < len(known) else f"arg{i}" for i in range(count)]


def _output_name(path: Path) -> str:
    """Returns the key of a result in a dictionary; `output`, `output.0`, ... of others."""
    keyed = path and not isinstance(path[0], jax.tree_util.SequenceKey)
    return _joined(path) if keyed else ".".join(filter(None, ["output", _joined(path)]))


def _joined(path: Path) -> str:
    """Returns the keys, fields and places on the way into a tree, `layers.0.weight`."""
    return ".".join(jax.tree_util.keystr((part,), simple=True) for part in path)
