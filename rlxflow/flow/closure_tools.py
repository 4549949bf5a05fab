"""What the emitter offers to closures beside what blocks need: JAX, constants, whole weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from rlxflow.blocks.base import Emit
from rlxflow.blocks.linear import linear
from rlxflow.errors import DTypeError, WeightError
from rlxflow.ir import ops
from rlxflow.ir.builder import ModuleBuilder
from rlxflow.ir.splice import custom_calls, splice
from rlxflow.ir.value import Value
from rlxflow.lazy import load_attribute
from rlxflow.weights import WeightSource

TRACER = "rlxflow.runtime.inline_jax:trace"
CALLBACKS = "rlxflow.runtime.inline_jax:refuse_callbacks"


class ClosureTools:
    """Part of `FlowEmitter`."""

    _builder: ModuleBuilder
    _source: WeightSource | None

    def param(self, key: str, axes: Mapping[str, int | None], dtype: str | None = None) -> Value:
        raise NotImplementedError(type(self).__name__)

    def constant_array(self, array: np.ndarray, axes: str) -> Value:
        raise NotImplementedError(type(self).__name__)

    def jax(self, fn: Callable[..., Any], *values: Value, axes: Any = None) -> Any:
        """Returns what a function of JAX makes of values; see `Emit.jax`."""
        for value in cast("tuple[object, ...]", values):
            if not isinstance(value, Value):
                raise DTypeError(
                    "emit.jax",
                    expected="Values",
                    found=type(value).__name__,
                    cure="let the function close over what is constant",
                )
        traced = load_attribute(TRACER)(fn, [value.type for value in values], axes)
        targets = custom_calls(traced.module, self._builder.context)
        load_attribute(CALLBACKS)(traced.name, targets)
        made = splice(self._builder, traced.module, values, traced.results, traced.name)
        return traced.restore(made)

    def load_param(self, key: str, transpose: bool = False, *, axes: str = "") -> Value:
        """Returns a weight with the sizes that the file says; see `Emit.load_param`."""
        if self._source is None:
            raise WeightError(
                f"weight `{key}`",
                expected="weights that say its shape",
                found="a build from shapes alone",
                cure="use `emit.param(key, axes)` with sizes",
            )
        rank = len(self._source.info(key).shape)
        names = axes.split() or [f"a{i}" for i in range(rank)]
        if len(names) != rank or (transpose and rank != 2):
            expected = "a matrix" if transpose else f"{len(names)} axes"
            raise WeightError(f"weight `{key}`", expected=expected, found=f"{rank} axes")
        stored = [*reversed(names)] if transpose else names
        value = self.param(key, dict.fromkeys(stored))
        return ops.transpose(value, names) if transpose else value

    def linear(
        self, x: Value, weight_key: str, bias_key: str = "", *, size: int | None = None
    ) -> Value:
        """Returns the product with a weight [size, d], on the axis `d`; see `Emit.linear`."""
        return linear(cast(Emit, self), x, weight_key, bias_key, out=("d", size))

    def synth_param(self, name: str, data: object, axes: str) -> Value:
        """Returns a constant that carries a name in the module; see `Emit.synth_param`."""
        array = np.asarray(data) if hasattr(data, "dtype") else np.asarray(data, np.float32)
        with self._builder.label(name):
            return self.constant_array(array, axes)

    def synth_zeros(self, name: str, size: int, axis: str = "d") -> Value:
        """Returns f32 zeros along one axis."""
        return self.synth_param(name, np.zeros(size, np.float32), axis)
