"""Compiled programs by content: the same module, profile and device are compiled once.

The programs used last stay in memory; with a folder, each is written there and found again by
another process. Weights are arguments, so models of equal shapes share a program.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import jax

from rlxflow.config.cache_folder import SUFFIX, cache_folder, make_folder, mark_used, trim
from rlxflow.config.execution import ModelExecutionConfig
from rlxflow.errors import InputError, ParseError
from rlxflow.flow.built import BuiltModel
from rlxflow.kernels.built import bind_built
from rlxflow.runtime.compiled import CompiledModel, DeviceWeights, compile_built
from rlxflow.runtime.devices import find_device
from rlxflow.runtime.program_key import program_key
from rlxflow.runtime.stored import load_program, save_program


@dataclass
class CacheCounts:
    """How often a cache had what it was asked for, in memory or on disk, and what it gave up."""

    hits: int = 0
    disk_hits: int = 0
    misses: int = 0
    evictions: int = 0


class LazyProgram:
    """A program that is compiled at its first call."""

    def __init__(self, make: Callable[[], CompiledModel]) -> None:
        self._make = make

    @cached_property
    def compiled(self) -> CompiledModel:
        """The program, compiled when this is first read."""
        return self._make()

    def __call__(self, **inputs: object) -> dict[str, jax.Array]:
        """Runs the program; see `CompiledModel`."""
        return self.compiled(**inputs)


class CompileCache:
    """Programs by content key, at most `capacity` in memory; the one used longest ago goes first.

    Args:
        capacity: At least 1.
        folder: Where programs are kept between processes; nowhere if None, the user's folder for
            caches if True.
    """

    def __init__(self, capacity: int = 8, folder: str | Path | bool | None = None) -> None:
        if capacity < 1:
            raise InputError("capacity", expected="at least 1", found=str(capacity))
        self.capacity = capacity
        self.folder = cache_folder() if folder is True else Path(folder) if folder else None
        self.counts = CacheCounts()
        self._programs: OrderedDict[str, CompiledModel] = OrderedDict()

    def __len__(self) -> int:
        return len(self._programs)

    def get(
        self, built: BuiltModel, device: object = "cpu", weights: DeviceWeights | None = None
    ) -> CompiledModel:
        """Returns the model compiled with its own profile, from the cache if it is there."""
        placed = weights or DeviceWeights(find_device(device))
        platform = str(placed.device.platform)
        built = bind_built(built.on_platform(platform), platform)
        key = program_key(built, placed.device)
        if key in self._programs:
            self.counts.hits += 1
            self._programs.move_to_end(key)
            return self._bound(self._programs[key], built, weights)
        found = self._from_disk(key, placed) or self._compile(built, placed, key)
        self._programs[key] = replace(found, plan=built.plan, weights=placed)
        while len(self._programs) > self.capacity:
            self._programs.popitem(last=False)
            self.counts.evictions += 1
        return self._programs[key]

    def program(
        self, built: BuiltModel, config: ModelExecutionConfig, device: object = "cpu"
    ) -> CompiledModel | LazyProgram:
        """Returns the model compiled as a configuration says: its profile, and when.

        `aot` needs a cache with a folder.
        """
        configured = built.with_execution_config(config)
        mode = config.component.mode
        if mode == "lazy":
            return LazyProgram(lambda: self.get(configured, device))
        if mode == "aot" and self.folder is None:
            raise InputError("mode `aot`", expected="a cache with a folder", found="one without")
        return self.get(configured, device)

    def _bound(
        self, known: CompiledModel, built: BuiltModel, weights: DeviceWeights | None
    ) -> CompiledModel:
        """Returns a known program with the weights of this model."""
        if known.plan == built.plan and weights in (None, known.weights):
            return known
        placed = weights or DeviceWeights(known.weights.device)
        return replace(known, plan=built.plan, weights=placed)

    def _from_disk(self, key: str, placed: DeviceWeights) -> CompiledModel | None:
        if self.folder is None or not (self.folder / f"{key}{SUFFIX}").is_file():
            return None
        try:
            found = load_program(self.folder / f"{key}{SUFFIX}", device=placed.device)
        except ParseError:  # a damaged file is written anew
            return None
        mark_used(self.folder / f"{key}{SUFFIX}")
        self.counts.disk_hits += 1
        return found

    def _compile(self, built: BuiltModel, placed: DeviceWeights, key: str) -> CompiledModel:
        self.counts.misses += 1
        made = compile_built(built, None, placed)
        if self.folder is not None:
            make_folder(self.folder)
            save_program(made, self.folder / f"{key}{SUFFIX}", key)
            trim(self.folder)
        return made
