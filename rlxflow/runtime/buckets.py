"""Programs for any size out of a few: inputs are padded up to a bucket, results are cut back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import jax
import numpy as np

from rlxflow.errors import InputError
from rlxflow.flow.template import FlowTemplate
from rlxflow.runtime.compiled import CompiledModel, DeviceWeights, compile_built
from rlxflow.runtime.devices import find_device
from rlxflow.runtime.primitive import as_numpy


def power_of_two_ladder(low: int, high: int) -> tuple[int, ...]:
    """Returns the powers of two from the first that holds `low` up, and `high` as the last."""
    if not 1 <= low <= high:
        raise InputError("ladder", expected="1 <= low <= high", found=f"{low} and {high}")
    rungs = [1 << (low - 1).bit_length()]
    while rungs[-1] < high:
        rungs.append(2 * rungs[-1])
    return (*rungs[:-1], high)


class BucketedCompileCache:
    """A template's programs by bucket; the one used longest ago goes first.

    Inputs are padded at the end of each axis that is a bucketed dimension, with 0 unless `pad` says
    otherwise: masks then hide what was added. Axes of results that are as long as the dimension are
    cut back; an axis that only depends on it (a past and one more) stays as it is.

    Args:
        template: What is compiled.
        buckets: Dimension to its sizes; one that is not here is compiled for each size.
        device: As for `BuiltModel.compile`.
        capacity: Programs that are kept.
        pad: Input to the value that fills it up.
    """

    def __init__(
        self,
        template: FlowTemplate,
        buckets: Mapping[str, Sequence[int]],
        *,
        device: object = "cpu",
        capacity: int = 8,
        pad: Mapping[str, float] | None = None,
    ) -> None:
        names = [dim.name for dim in template.dims]
        for name, sizes in buckets.items():
            if name not in names or not sizes:
                expected = f"sizes for dimensions out of {', '.join(names)}"
                raise InputError(f"buckets of `{name}`", expected=expected, found=f"{[*sizes]}")
        if capacity < 1:
            raise InputError("capacity", expected="at least 1", found=str(capacity))
        self.template = template
        self.buckets = {name: tuple(sorted(sizes)) for name, sizes in buckets.items()}
        self.capacity = capacity
        self.compiled = 0
        self._pad = dict(pad or {})
        self._weights = DeviceWeights(find_device(device))
        self._programs: OrderedDict[tuple[int, ...], CompiledModel] = OrderedDict()

    def program(self, sizes: Mapping[str, int]) -> CompiledModel:
        """Returns the program of exactly these sizes, compiled if it is not kept."""
        key = tuple(sizes[dim.name] for dim in self.template.dims)
        if key not in self._programs:
            built = self.template.specialize(sizes)
            self._programs[key] = compile_built(built, None, self._weights)
            self.compiled += 1
        self._programs.move_to_end(key)
        while len(self._programs) > self.capacity:
            self._programs.popitem(last=False)
        return self._programs[key]

    def upper(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """Returns the bucket of each size; raises InputError for one beyond the largest."""
        return {name: self._bucket(name, size) for name, size in sizes.items()}

    def __call__(self, **inputs: object) -> dict[str, jax.Array]:
        """Runs the inputs, whose shapes tell the sizes; results have those sizes, too.

        Raises InputError for sizes that contradict each other, or that no bucket holds.
        """
        arrays = {name: as_numpy(value) for name, value in inputs.items()}
        sizes = self._sizes(arrays)
        upper = self.upper(sizes)
        axes = self.template.axes
        padded = {
            name: self._padded(name, array, upper) if name in axes else array
            for name, array in arrays.items()
        }
        results = self.program(upper)(**padded)
        return {
            name: array[tuple(slice(sizes[d] if d else None) for d in axes[name])]
            for name, array in results.items()
        }

    def _sizes(self, arrays: Mapping[str, np.ndarray]) -> dict[str, int]:
        found: dict[str, tuple[int, str]] = {}
        for name, array in arrays.items():
            axes = self.template.axes.get(name, ())
            if len(axes) != array.ndim:
                continue  # the program refuses it by name
            for dim, size in zip(axes, array.shape, strict=True):
                known, where = found.setdefault(dim, (size, name)) if dim else (size, name)
                if known != size:
                    raise InputError(
                        f"input `{name}`",
                        expected=f"{dim} {known}, as in `{where}`",
                        found=str(size),
                    )
        for dim in self.template.dims:
            if dim.name not in found:
                expected = f"an input that tells the size of `{dim.name}`"
                raise InputError("call", expected=expected, found=", ".join(arrays) or "nothing")
        return {dim.name: found[dim.name][0] for dim in self.template.dims}

    def _bucket(self, name: str, size: int) -> int:
        for bound in self.buckets.get(name, (size,)):
            if size <= bound:
                return bound
        largest = self.buckets[name][-1]
        raise InputError(f"size `{name}`", expected=f"at most {largest}", found=str(size))

    def _padded(self, name: str, array: np.ndarray, upper: Mapping[str, int]) -> np.ndarray:
        axes = self.template.axes[name]
        if len(axes) != array.ndim:
            return array
        sizes = zip(axes, array.shape, strict=True)
        widths = [(0, upper[dim] - size if dim else 0) for dim, size in sizes]
        if not any(after for _, after in widths):
            return array
        return np.pad(array, widths, constant_values=self._pad.get(name, 0))
