"""A module as a JAX primitive, so that JAX compiles, caches, shards and donates it like its own.

The lowering rule parses the module into the caller's MLIR context and calls it as a function, so a
module may stand inside a user's `jit` or `scan`, also several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.extend.core as jex_core
import jax.interpreters.mlir as jax_mlir
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.extend.mlir import ir
from jax.extend.mlir.dialects import func

from rlxflow import dtypes
from rlxflow.errors import InputError
from rlxflow.ir.module import IrModule, Port
from rlxflow.kernels.check_calls import check_calls
from rlxflow.kernels.ffi import register_kernels
from rlxflow.passes.kernel_calls import kernels_of


class BoundModule:
    """A module at `stablehlo` level as a parameter of the primitive: compared by identity."""

    def __init__(self, name: str, module: IrModule) -> None:
        """Raises KernelError for a call of a kernel that has not the form which it takes."""
        check_calls(module, f"module `{name}`")
        self.name = name
        self.arguments: tuple[Port, ...] = tuple(module.arguments())
        self.results: tuple[Port, ...] = tuple(module.results())
        self.kernels = kernels_of(module)
        self.text = module.text(debug_info=True)

    def __repr__(self) -> str:
        return f"<module {self.name}>"

    def __call__(self, *arguments: Any) -> tuple[jax.Array, ...]:
        """Applies the module to arrays or tracers in the order of its arguments."""
        return tuple(_module_p.bind(*arguments, module=self))


_module_p = jex_core.Primitive("rlx_module")
_module_p.multiple_results = True


@_module_p.def_abstract_eval
def _abstract(*avals: Any, module: BoundModule) -> list[Any]:
    if len(avals) != len(module.arguments):
        raise InputError(
            f"module `{module.name}`",
            expected=f"{len(module.arguments)} arguments",
            found=str(len(avals)),
        )
    for aval, port in zip(avals, module.arguments, strict=True):
        if tuple(aval.shape) != port.shape or aval.dtype != dtypes.to_numpy(port.dtype):
            raise InputError(
                f"module `{module.name}`",
                expected=str(port),
                found=f"{aval.dtype}{list(aval.shape)}",
            )
    return [ShapedArray(p.shape, dtypes.to_numpy(p.dtype)) for p in module.results]


@_module_p.def_impl
def _apply(*arguments: Any, module: BoundModule) -> Sequence[jax.Array]:
    return jax.jit(lambda *a: tuple(_module_p.bind(*a, module=module)))(*arguments)


def _lower(context: Any, *arguments: Any, module: BoundModule) -> list[Any]:
    register_kernels(module.kernels, f"module `{module.name}`")
    outer = context.module_context
    with outer.module.context, ir.Location.unknown():
        inner = ir.Module.parse(module.text)
    symbols = ir.SymbolTable(inner.operation)
    main: Any = symbols["main"]
    name = jax_mlir.merge_mlir_modules(
        outer.module, module.name, inner, dst_symtab=outer.symbol_table
    )
    call = func.CallOp(main.type.results, ir.FlatSymbolRefAttr.get(name), list(arguments))
    return list(call.results)


jax_mlir.register_lowering(_module_p, _lower)


def shape_struct(port: Port) -> jax.ShapeDtypeStruct:
    """Returns the abstract value of an argument or result."""
    return jax.ShapeDtypeStruct(port.shape, jnp.dtype(dtypes.to_numpy(port.dtype)))


def as_numpy(value: object) -> np.ndarray:
    """Returns anything array-like (numpy, jax, dlpack, nested lists) as a numpy array."""
    if isinstance(value, (np.ndarray, jax.Array)) or not hasattr(value, "__dlpack__"):
        return np.asarray(value)
    return np.from_dlpack(value)  # pyright: ignore[reportArgumentType]
