"""Makes XLA know the kernels that a module calls."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax

from rlxflow.errors import KernelError
from rlxflow.kernels.library import CURE, need_library
from rlxflow.kernels.table import PLATFORMS


def register_kernels(targets: Sequence[str], where: str) -> None:
    """Registers kernels with XLA, each once.

    Raises KernelError, which names them, if the library is missing or lacks one of them.
    """
    if not targets:
        return
    library = need_library(f"{where} calls {', '.join(targets)}")
    lacking = [target for target in targets if target not in library.targets]
    if lacking:
        raise KernelError(
            f"{where} calls {', '.join(lacking)}",
            expected=f"one of {', '.join(library.targets)} of {library.path}",
            found="none of that name and version",
            cure=CURE,
        )
    for target in targets:
        _register(target)


@functools.cache
def _register(target: str) -> None:
    """Registers one kernel; XLA keeps it until the process ends."""
    handler = jax.ffi.pycapsule(need_library(target).handler(target))
    for platform in PLATFORMS:
        jax.ffi.register_ffi_target(target, handler, platform=platform)
