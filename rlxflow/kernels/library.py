"""The compiled library of kernels: where it is, whether it fits, and its functions."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rlxflow.errors import KernelError
from rlxflow.weights.panels import Panels
from rlxflow.weights.quantise import Rows

NAME = "librlx_kernels.so"
VERSION = 1
"""Of the C functions below and of the panels."""

VARIABLE, OFF = "RLX_KERNELS", "off"
_TEXT, _SIZE, _DATA = ctypes.c_char_p, ctypes.c_int64, ctypes.c_void_p
_MESSAGE = [_TEXT, _SIZE]
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "rlx_kernels_version": (ctypes.c_int32, []),
    "rlx_layout_version": (ctypes.c_int32, []),
    "rlx_kernels_isa": (_TEXT, []),
    "rlx_kernels_check": (ctypes.c_int, _MESSAGE),
    "rlx_formats": (_TEXT, []),
    "rlx_targets": (_TEXT, []),
    "rlx_packed_bytes": (_SIZE, [_TEXT, _SIZE, _SIZE]),
    "rlx_file_row_bytes": (_SIZE, [_TEXT, _SIZE]),
    "rlx_pack": (
        ctypes.c_int,
        [_TEXT, _DATA, _DATA, _SIZE, _SIZE, _DATA, ctypes.c_int, *_MESSAGE],
    ),
    "rlx_pack_all": (ctypes.c_int, [_DATA, _SIZE, ctypes.c_int, *_MESSAGE]),
    "rlx_multiply": (_SIZE, [_TEXT, _SIZE]),
    "rlx_read": (ctypes.c_uint32, [_DATA, _SIZE, ctypes.c_int32, _SIZE]),
    "rlx_unpack": (ctypes.c_int, [_TEXT, _DATA, _SIZE, _SIZE, _DATA, ctypes.c_int, *_MESSAGE]),
}
CURE = "install rlxflow where a C++20 compiler is (`pip install .` then compiles its kernels)"


class Library:
    """The library, loaded; `dialects/kernels/capi.h` says what its functions do.

    Attributes:
        path: Of the file.
        layout: Version of the panels.
        formats: Of weights.
        targets: Kernels, such as `rlxflow.linear.v1`.
    """

    def __init__(self, path: Path) -> None:
        """Loads a file; raises KernelError if it is no library of ours, or of another version."""
        self.path = path
        try:
            self.functions = ctypes.CDLL(str(path))
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(self.functions, name)
                function.restype, function.argtypes = result, arguments
        except (OSError, AttributeError) as error:
            raise KernelError(
                f"{path}", expected="a library of kernels", found=f"{error}"
            ) from None
        found = self.functions.rlx_kernels_version()
        if found != VERSION:
            cure = "install rlxflow again, so that both are of one version"
            raise KernelError(
                f"{path}", expected=f"kernels of version {VERSION}", found=f"{found}", cure=cure
            )
        self._call("rlx_kernels_check", where=f"{path}")
        self.layout: int = self.functions.rlx_layout_version()
        self.formats = tuple(self.functions.rlx_formats().decode().split(","))
        self.targets = tuple(self.functions.rlx_targets().decode().split(","))

    @property
    def isa(self) -> str:
        """The instruction set that the kernels use on this machine, such as `avx2`."""
        return self.functions.rlx_kernels_isa().decode()

    def handler(self, target: str) -> Any:
        """Returns the function that XLA calls for a kernel."""
        return getattr(self.functions, f"rlx_ffi_{target.partition('.')[2].replace('.', '_')}")

    def packed_bytes(self, format_: str, rows: int, depth: int) -> int:
        """Returns the bytes of a matrix in panels; -1 if it cannot be in that format."""
        return self.functions.rlx_packed_bytes(format_.encode(), rows, depth)

    def nbytes(self, panels: Panels) -> int:
        """Returns the bytes of a layout; -1 for one that cannot be."""
        if panels.version != self.layout:
            return -1
        layers, sizes = len(panels.formats), (panels.rows, panels.depth)
        if layers == 1:
            return self.packed_bytes(panels.format, *sizes) * panels.matrices
        names = panels.format.encode()
        layer = self._size("rlx_stack_bytes", names, panels.matrices // layers, *sizes)
        return layer * layers if layer > 0 else -1

    def row_bytes(self, format_: str, depth: int) -> int:
        """Returns the bytes of a row as a file has it; -1 if it cannot be in that format."""
        return self.functions.rlx_file_row_bytes(format_.encode(), depth)

    def linear_workspace(self, formats: Sequence[str], count: int, depth: int) -> int:
        """Returns the bytes of scratch memory of products of `count` rows."""
        return self._size("rlx_linear_workspace_bytes", ",".join(formats).encode(), count, depth)

    def experts_workspace(self, formats: Sequence[str], *sizes: int) -> int:
        """Returns the bytes of scratch memory; sizes: tokens, choices, experts, inputs, inner."""
        return self._size("rlx_experts_workspace_bytes", ",".join(formats).encode(), *sizes)

    def attend_decode_workspace(self, b: int, t: int, k: int, g: int, e: int, s: int) -> int:
        """Returns the bytes of scratch memory of queries [b, t, k, g, e] over s slots."""
        return self._size("rlx_attend_decode_workspace", b, t, k, g, e, s)

    def attend_prefill_workspace(self, b: int, k: int, e: int, s: int) -> int:
        """Returns the bytes of scratch memory of keys [b, s, k, e]."""
        return self._size("rlx_attend_prefill_workspace", b, k, e, s)

    def argmax_workspace(self, rows: int, count: int) -> int:
        """Returns the bytes of scratch memory of scores [rows, count]."""
        return self._size("rlx_argmax_workspace", rows, count)

    def top_k_workspace(self, rows: int, count: int, k: int) -> int:
        """Returns the bytes of scratch memory of scores [rows, count]."""
        return self._size("rlx_top_k_workspace", rows, count, k)

    def multiply(self, dtype: str, turns: int) -> int:
        """Multiplies and adds `int16`, `f32` or `bf16` in registers; returns the operations done.

        Of bf16 there are none where the CPU does not multiply it.
        """
        return self.functions.rlx_multiply(dtype.encode(), turns)

    def read(self, array: np.ndarray, streams: int, ahead: int) -> int:
        """Reads contiguous memory; returns the sum of its whole 32-bit words modulo 2^32.

        In so many streams side by side, asking for lines `ahead` bytes before they are read (0: not
        at all).
        """
        return self.functions.rlx_read(array.ctypes.data, array.nbytes, streams, ahead)

    def _size(self, name: str, *arguments: int | bytes) -> int:
        function = getattr(self.functions, name)
        function.restype = _SIZE
        function.argtypes = [_TEXT if isinstance(a, bytes) else _SIZE for a in arguments]
        return function(*arguments)

    def pack(self, format_: str, rows: Rows, depth: int, panels: np.ndarray, threads: int) -> None:
        """Packs contiguous rows of `depth` inputs into panels.

        Raises KernelError if the sizes are not possible in this format.
        """
        self._call(
            "rlx_pack",
            format_.encode(),
            rows.data.ctypes.data,
            None if rows.scales is None else rows.scales.ctypes.data,
            len(rows.data),
            depth,
            panels.ctypes.data,
            threads,
            where=f"packing {format_}",
        )

    def pack_all(self, jobs: ctypes.Array[Any], count: int, threads: int) -> None:
        """Packs many matrices by one call, which leaves Python's lock to others; see `pack_job`.

        Raises KernelError if the sizes of one are not possible.
        """
        self._call("rlx_pack_all", jobs, count, threads, where="packing")

    def unpack(self, format_: str, panels: np.ndarray, rows: int, depth: int) -> np.ndarray:
        """Returns f32[rows, depth], the values in panels; raises KernelError as `pack` does."""
        made = np.empty((rows, depth), np.float32)
        arguments = (format_.encode(), panels.ctypes.data, rows, depth, made.ctypes.data, 1)
        self._call("rlx_unpack", *arguments, where=f"unpacking {format_}")
        return made

    def _call(self, name: str, *arguments: object, where: str) -> None:
        message = ctypes.create_string_buffer(400)
        if getattr(self.functions, name)(*arguments, message, len(message)):
            raise KernelError(where, found=message.value.decode(errors="replace"))


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
    return None if path is None else _load(path)


@functools.cache
def _load(path: Path) -> Library:
    return Library(path)


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
    folders += [root / "build" / "native" / "lib"]
    for folder in folders:
        if (folder / NAME).is_file():
            yield folder / NAME
