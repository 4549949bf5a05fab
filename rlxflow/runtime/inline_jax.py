"""Traces functions of JAX to StableHLO, for `emit.jax`."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from rlxflow import dtypes
from rlxflow.errors import FlowError, FlowStructureError, ShapeError
from rlxflow.ir.types import TensorType, tensor_type

MOST = 200  # letters of a message of jax that are shown


@dataclass(frozen=True)
class TracedFunction:
    """A function as StableHLO.

    Attributes:
        name: Of the function.
        module: Bytecode; `main` takes the values in order.
        results: Types of the arrays that it returns, in the order of `main`, axes named.
        restore: Puts values in the place of the arrays in what the function returns.
    """

    name: str
    module: bytes
    results: tuple[TensorType, ...]
    restore: Callable[[Sequence[Any]], Any]


def trace(fn: Callable[..., Any], types: Sequence[TensorType], axes: Any) -> TracedFunction:
    """Returns a function of arrays of these types as StableHLO.

    Args:
        fn: Anything that `jax.jit` takes, with arrays as arguments.
        types: Of its arguments.
        axes: Names of the axes of what it returns: `"b t"`, or such strings in the structure of
            the result; None to take those of the first argument of the same shape.

    Raises:
        ShapeError: shapes do not fit, or axes have no names.
        FlowStructureError: the function cannot be traced, returns no arrays or has effects.
    """
    name = getattr(fn, "__name__", type(fn).__name__).strip("<>")
    where = f"jax function `{name}`"
    given = [jax.ShapeDtypeStruct(t.sizes, dtypes.to_numpy(t.dtype)) for t in types]
    try:
        traced = jax.jit(fn, keep_unused=True).trace(*given)
        effects = [str(effect) for effect in traced.jaxpr.effects]
        if effects:
            raise _refused(where, ", ".join(effects))
        lowered = traced.lower()
        buffer = io.BytesIO()
        module: Any = lowered.compiler_ir("stablehlo")
        module.operation.write_bytecode(buffer)
    except FlowError:
        raise
    except Exception as error:
        raise _failed(where, error) from error
    leaves, tree = jax.tree.flatten(lowered.out_info)
    if not leaves:
        raise FlowStructureError(where, expected="an array to be returned", found="nothing")
    shapes = [
        (tuple(leaf.shape), dtypes.from_numpy(np.dtype(leaf.dtype), where)) for leaf in leaves
    ]
    wanted = _names(axes, tree, where)
    results = tuple(
        _named(dtype, shape, names, types, where)
        for (shape, dtype), names in zip(shapes, wanted, strict=True)
    )
    return TracedFunction(name, buffer.getvalue(), results, tree.unflatten)


def refuse_callbacks(name: str, targets: Sequence[str]) -> None:
    """Raises FlowStructureError if one of the custom calls goes back to Python."""
    back = [target for target in targets if "callback" in target]
    if back:
        raise _refused(f"jax function `{name}`", f"a call of `{back[0]}`")


def _refused(where: str, found: str) -> FlowStructureError:
    return FlowStructureError(
        where,
        expected="a function without effects and callbacks",
        found=found,
        cure="compute with arrays only: a module cannot call Python",
    )


def _failed(where: str, error: Exception) -> FlowError:
    """Returns what jax complained of, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else ""
    shown = said if len(said) <= MOST else f"{said[:MOST]}..."
    concrete = isinstance(error, jax.errors.ConcretizationTypeError)
    about_shapes = "shape" in said.lower() and isinstance(error, (TypeError, ValueError))
    kind = ShapeError if about_shapes and not concrete else FlowStructureError
    return kind(
        where,
        expected="a function that jax.jit can trace",
        found=f"{type(error).__name__}: {shown}",
    )


def _names(axes: Any, tree: Any, where: str) -> list[str | None]:
    """Returns the names of the axes of each array, None where they are not given."""
    if axes is None:
        return [None] * tree.num_leaves
    given, shape = jax.tree.flatten(axes, is_leaf=lambda leaf: leaf is None)
    if not all(leaf is None or isinstance(leaf, str) for leaf in given):
        raise FlowStructureError(f"{where}: axes", expected="strings", found=repr(axes))
    if shape != jax.tree.structure(tree.unflatten([0] * tree.num_leaves)):
        expected = f"strings in the structure {tree}"
        raise FlowStructureError(f"{where}: axes", expected=expected, found=repr(axes))
    return given


def _named(
    dtype: str, shape: tuple[int, ...], names: str | None, types: Sequence[TensorType], where: str
) -> TensorType:
    if names is None:
        alike = [t.names for t in types if t.sizes == shape]
        if not alike and shape:
            raise ShapeError(
                where,
                expected=f"names for the axes of a result {[*shape]}",
                found="no argument of that shape",
                cure='say them: axes="b t"',
            )
        return tensor_type(dtype, zip(alike[0] if alike else (), shape, strict=True))
    split = names.split()
    if len(split) != len(shape):
        expected = f"{len(shape)} axes for a result {[*shape]}"
        raise ShapeError(f"{where}: axes", expected=expected, found=f"`{names}`")
    return tensor_type(dtype, zip(split, shape, strict=True))
