"""Writes a GGUF file that is another one but for the types of some tensors.

Metadata, the order of tensors and the alignment are those of the source, byte by byte; only numbers
that say how the file is quantised may be others. Tensors are written some rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from struct import pack
from typing import IO, Protocol

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.files import replacing
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_header import MAGIC
from rlxflow.weights.quants import TensorType

U32 = 4  # the type of a metadata value


class Contents(Protocol):
    """What the tensors of the new file are."""

    def kind(self, name: str) -> TensorType:
        """Returns how a tensor is stored."""
        ...

    def rows(self, name: str) -> Iterator[np.ndarray]:
        """Yields the bytes of a tensor, some rows at a time."""
        ...


def write_gguf(
    path: str | Path, source: GgufFile, contents: Contents, numbers: Mapping[str, int]
) -> None:
    """Writes the file, replacing an older one in one step; if anything fails, nothing is left.

    Args:
        path: The file to write.
        source: Whose metadata and names it has.
        contents: Types and data of its tensors.
        numbers: Keys of the metadata that are a u32, in place of the source's or after them.

    Raises:
        FileError: The file cannot be written.
        WeightError: The contents of a tensor are not as long as its type and shape say.
    """
    with replacing(path) as stream:
        header = _header(source, contents, numbers)
        stream.write(header)
        _pad(stream, len(header), source.alignment)
        for name in source.names():
            written = 0
            for rows in contents.rows(name):
                written += stream.write(np.ascontiguousarray(rows).reshape(-1).data)
            wanted = _nbytes(source, contents, name)
            if written != wanted:
                where = f"{path}: tensor `{name}`"
                raise WeightError(where, expected=f"{wanted} bytes", found=f"{written}")
            _pad(stream, written, source.alignment)


def _header(source: GgufFile, contents: Contents, numbers: Mapping[str, int]) -> bytes:
    keys = dict.fromkeys([*source.metadata, *numbers])
    made = [MAGIC, pack("<IQQ", source.version, len(source.names()), len(keys))]
    for key in keys:
        known = key not in numbers
        made.append(source.stored_key(key) if known else _u32(key, numbers[key]))
    offset = 0
    for name in source.names():
        shape = source.info(name).shape
        sizes = pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        made += [_text(name), sizes, pack("<IQ", contents.kind(name).number, offset)]
        nbytes = _nbytes(source, contents, name)
        offset += nbytes + -nbytes % source.alignment
    return b"".join(made)


def _nbytes(source: GgufFile, contents: Contents, name: str) -> int:
    return contents.kind(name).packed_bytes(int(np.prod(source.info(name).shape, dtype=np.int64)))


def _text(text: str) -> bytes:
    data = text.encode()
    return pack("<Q", len(data)) + data


def _u32(key: str, value: int) -> bytes:
    return _text(key) + pack("<II", U32, value)


def _pad(stream: IO[bytes], written: int, alignment: int) -> None:
    stream.write(bytes(-written % alignment))
