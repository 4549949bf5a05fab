"""The compiled library of kernels: where it is, whether it fits, and its functions."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rlxflow.errors import KernelError

NAME = "librlx_kernels.so"
VERSION = 1
"""Of the C functions below and of the panels."""

VARIABLE, OFF = "RLX_KERNELS", "off"
CURE = "install rlxflow where a C++20 compiler is (`pip install .` then compiles its kernels)"


class Library:
    """The library, loaded; see `dialects/kernels/capi.cc` for what the functions do."""

    def __init__(self, path: Path) -> None:
        """Loads a file; raises KernelError if it is no library of ours, or of another version."""
        self.path = path
        try:
            self.functions = ctypes.CDLL(str(path))
            self._declare("rlx_kernels_version", ctypes.c_int)
            found = self.functions.rlx_kernels_version()
        except (OSError, AttributeError) as error:
            raise KernelError(f"{path}", expected="a library of kernels", found=str(error)) from None
        if found != VERSION:
            cure = "install rlxflow again, so that both are of one version"
            raise KernelError(
                f"{path}", expected=f"kernels of version {VERSION}", found=f"{found}", cure=cure
            )

    def _declare(self, name: str, result: object, *arguments: object) -> None:
        function = getattr(self.functions, name)
        function.restype, function.argtypes = result, list(arguments)


@functools.cache
def find_library() -> Library | None:
    """Returns the library if there is one; raises KernelError for one that does not fit.

    `RLX_KERNELS` names the file, or says `off`; else it is looked for beside the package, on the
    path of modules, and in `build/native` of a checkout.
    """
    named = os.environ.get(VARIABLE, "")
    if named == OFF:
        return None
    if named and not Path(named).is_file():
        raise KernelError(VARIABLE, expected=f"the path of {NAME}, or `{OFF}`", found=named)
    path = Path(named) if named else next(_places(), None)
    return None if path is None else Library(path)


def need_library(what: str) -> Library:
    """Returns the library; raises KernelError, which says what to install, if there is none."""
    found = find_library()
    if found is None:
        off = os.environ.get(VARIABLE) == OFF
        where = f"none, since {VARIABLE} says `{OFF}`" if off else "none"
        raise KernelError(what, expected="the library of kernels", found=where, cure=CURE)
    return found


def _places() -> Iterator[Path]:
    package = Path(__file__).resolve().parent
    root = package.parents[1]
    folders = [package, *(Path(entry or ".") / "rlxflow" / "kernels" for entry in sys.path)]
    folders += [root / "build" / "native" / "dialects" / "kernels", root / "build" / "native"]
    for folder in folders:
        if (folder / NAME).is_file():
            yield folder / NAME
