"""Reads tensors out of a file: in place where the address allows it, else through one copy."""

from __future__ import annotations

import mmap
import os
import stat
import weakref
from typing import Any, cast

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import FileError, WeightError
from rlxflow.weights.aligned import address, aligned_empty, is_aligned, read_only
from rlxflow.weights.source import TensorInfo

_CHUNK = 64 << 20  # bytes per read call; the kernel takes less than 2 GiB at once


class MappedFile:
    """A regular file, open for reading; safe to use from several threads at once.

    Attributes:
        where: The path as the user gave it.
        size: Bytes in the file when it was opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens and maps the file; raises FileError if it cannot, WeightError if it is empty."""
        self.where = os.fspath(path)
        self._fd = _open(self.where)
        # Arrays keep the mapping alive on their own; only the descriptor needs closing.
        weakref.finalize(self, os.close, self._fd)
        self.size = os.fstat(self._fd).st_size
        if self.size == 0:
            cure = "download or write the file again"
            raise WeightError(self.where, expected="weights", found="an empty file", cure=cure)
        try:
            mapping = _Mapping(self._fd, self.size, access=mmap.ACCESS_READ)
        except OSError as error:
            found = error.strerror or str(error)
            raise FileError(self.where, expected="a file to map", found=found) from error
        mapping.where = self.where
        self._bytes = np.frombuffer(mapping, np.uint8)

    def bytes(self, begin: int, end: int) -> bytes:
        """Returns the bytes of a range that lies inside the file."""
        return self._copy(begin, (end - begin,), np.dtype(np.uint8)).tobytes()

    def tensor(self, begin: int, info: TensorInfo) -> np.ndarray:
        """Returns the tensor whose data starts at byte `begin`.

        The array is read-only and starts on a 64-byte boundary: a view of the mapped file where
        the file has it there. Elsewhere the data is read into a buffer without touching the
        mapping, so that its pages do not count twice in the process.

        Raises:
            WeightError: The file became shorter since it was opened.
        """
        dtype = dtypes.to_numpy(info.dtype)
        data = self._bytes[begin : begin + info.nbytes]
        if not is_aligned(data):
            return read_only(self._copy(begin, info.shape, dtype))
        return self.view(begin, begin + info.nbytes).view(dtype).reshape(info.shape)

    def view(self, begin: int, end: int) -> np.ndarray:
        """Returns the bytes of a range in place, read-only, whatever its address.

        Raises WeightError if the file became shorter since it was opened.
        """
        # Touching a page behind the end of a file kills the process, so it is asked first.
        _check_end(self.where, end, os.fstat(self._fd).st_size)
        return read_only(self._bytes[begin:end])

    def _copy(self, begin: int, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        array = aligned_empty(shape, dtype)
        self.read_into(begin, array)
        return array

    def read_into(self, begin: int, array: np.ndarray) -> None:
        """Fills a contiguous array with what starts at byte `begin`, past the mapping.

        Raises WeightError if the file became shorter since it was opened.
        """
        target = array.reshape(-1).view(np.uint8).data
        done = 0
        while done < array.nbytes:
            count = self._pread(target[done : done + _CHUNK], begin + done)
            if count == 0:
                _check_end(self.where, begin + array.nbytes, begin + done)
            done += count

    def _pread(self, target: memoryview, offset: int) -> int:
        try:
            return os.preadv(self._fd, [target], offset)
        except OSError as error:
            found = error.strerror or str(error)
            raise FileError(self.where, expected="a readable file", found=found) from error


def forget(array: np.ndarray) -> None:
    """Gives back the memory of a mapped file's pages that an array is a view of.

    They are read anew if somebody looks again; of any other array nothing changes.
    """
    mapping = _mapping_of(array)
    if mapping is None or not hasattr(mmap, "MADV_DONTNEED"):
        return
    begin = _place(array, mapping)
    first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (begin + array.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE - first
    if length > 0:
        mapping.madvise(mmap.MADV_DONTNEED, first, length)


def check_there(array: np.ndarray) -> None:
    """Raises WeightError if an array is a view of a file that ends before it by now.

    Who looks at it then is killed by the system. Any other array is there.
    """
    mapping = _mapping_of(array)
    if mapping is not None:
        _check_end(mapping.where, _place(array, mapping) + array.nbytes, mapping.size())


class _Mapping(mmap.mmap):
    """A file in memory that knows its path."""

    where: str


def _mapping_of(array: np.ndarray) -> _Mapping | None:
    """Returns the file that an array is a view of, if it is one."""
    root: Any = array
    while isinstance(root, np.ndarray) and root.base is not None:
        root = root.base
    found = cast("object", root.obj if isinstance(root, memoryview) else root)
    return found if isinstance(found, _Mapping) else None


def _place(array: np.ndarray, mapping: _Mapping) -> int:
    """Returns the byte of the file at which an array begins."""
    return address(array) - address(np.frombuffer(mapping, np.uint8))


def _check_end(where: str, expected: int, found: int) -> None:
    if found < expected:
        raise WeightError(
            where,
            expected=f"{expected} bytes as when it was opened",
            found=f"{found} bytes",
            cure="open the file again when nothing writes to it",
        )


def _open(where: str) -> int:
    try:
        # A pipe would block here until somebody writes to it.
        fd = os.open(where, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        found = (error.strerror if isinstance(error, OSError) else None) or str(error)
        cure = "check the path"
        raise FileError(where, expected="a readable file", found=found, cure=cure) from error
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    found = "a folder" if stat.S_ISDIR(mode) else "neither a file nor a folder"
    raise FileError(where, expected="a file", found=found, cure="check the path")
