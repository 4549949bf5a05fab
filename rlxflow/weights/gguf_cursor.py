"""Reads the header of a GGUF file forwards; every length is held against the file before use."""

from __future__ import annotations

from struct import Struct

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.mapped_file import MappedFile

DAMAGED = "the file is damaged: download or write it again"
MAX_HEADER_BYTES = 1 << 29  # vocabularies of 256 thousand tokens take 20 MB
_FIRST_READ = 1 << 20  # bytes
_U32, _U64 = Struct("<I"), Struct("<Q")


class Cursor:
    """A position in a file.

    The start of the file is held in memory as far as it was needed, so that reading neither maps
    pages of a file that somebody cuts nor calls the system for every number.

    Attributes:
        where: The file, for messages.
        position: Offset of the next byte.
    """

    def __init__(self, file: MappedFile) -> None:
        self.where = file.where
        self.position = 0
        self._file = file
        self._data = b""

    @property
    def left(self) -> int:
        """Bytes of the file behind the position."""
        return self._file.size - self.position

    def take(self, count: int, what: str) -> bytes:
        """Returns the next `count` bytes.

        Raises:
            WeightError: The file ends before them.
        """
        begin = self.position
        data = self._until(begin + count, begin, what)
        self.position += count
        return data[begin : begin + count]

    def u32(self, what: str) -> int:
        return int(_U32.unpack(self.take(4, what))[0])

    def u64(self, what: str) -> int:
        return int(_U64.unpack(self.take(8, what))[0])

    def count(self, what: str, least: int) -> int:
        """Returns a u64 that counts things of at least `least` bytes each, which must be there."""
        count = self.u64(what)
        if count * least > self.left:
            raise WeightError(
                f"{self.where}: {what}",
                expected=f"at most {self.left // least}, for which the file has room",
                found=str(count),
                cure=DAMAGED,
            )
        return count

    def string(self, what: str) -> str:
        return self.strings(1, what)[0]

    def strings(self, count: int, what: str) -> list[str]:
        """Returns that many strings, each a u64 length and UTF-8 text."""
        data, at, texts = self._data, self.position, list[str]()
        try:
            for _ in range(count):
                begin = at + 8
                if begin > len(data):
                    data = self._until(begin, at, what)
                (length,) = _U64.unpack_from(data, at)
                at = begin + length
                if at > len(data):
                    data = self._until(at, begin, f"{what}: string")
                texts.append(data[begin:at].decode())
        except UnicodeDecodeError as error:
            place = f"{what}[{len(texts)}]" if count > 1 else what
            raise WeightError(
                f"{self.where}: {place}", expected="UTF-8 text", found=str(error)[:200]
            ) from None
        self.position = at
        return texts

    def numbers(self, dtype: np.dtype, count: int, what: str) -> np.ndarray:
        """Returns that many numbers, which the file has room for, as an array of its own."""
        return np.frombuffer(self.take(count * dtype.itemsize, what), dtype).copy()

    def _until(self, end: int, begin: int, what: str) -> bytes:
        """Returns the bytes of the file from its start to `end` or later."""
        size = self._file.size
        if end > min(size, MAX_HEADER_BYTES):
            raise WeightError(
                f"{self.where}: {what}",
                expected=f"{end - begin} bytes at byte {begin}",
                found=f"{size - begin} bytes in a truncated file"
                if end > size
                else f"a header of more than {MAX_HEADER_BYTES} bytes",
                cure=DAMAGED,
            )
        if end > len(self._data):
            ahead = max(end, 2 * len(self._data), _FIRST_READ)
            self._data = self._file.bytes(0, min(ahead, size))
        return self._data
