"""The header of a GGUF file, checked in full before any tensor is handed out.

The file is, all little endian: `GGUF`, u32 version, u64 number of tensors, u64 number of metadata
keys; the keys, each a string, a u32 type and a value; the tensors, each a string, u32 number of
axes, u64 sizes (fastest first), u32 type, u64 offset; then, at the next multiple of the alignment,
the data, from where offsets count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlxflow.errors import WeightError
from rlxflow.weights.gguf_cursor import DAMAGED, Cursor
from rlxflow.weights.gguf_entry import MIN_ENTRY_BYTES, Entry, check_places, quote, read_entry
from rlxflow.weights.gguf_values import read_value
from rlxflow.weights.mapped_file import MappedFile

MAGIC = b"GGUF"
ALIGNMENT_KEY = "general.alignment"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32  # bytes
_MIN_KEY_BYTES = 13  # length of the key, type, one byte of value


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says about itself.

    Attributes:
        version: Of the format.
        metadata: Values by key, in the order of the file.
        places: Where each key, its type and its value stand, bytes from and to.
        entries: Tensors by name, in the order of the file.
        alignment: Of tensors, bytes.
        data: Offset of the data from the start of the file, bytes.
    """

    version: int
    metadata: dict[str, object]
    places: dict[str, tuple[int, int]]
    entries: dict[str, Entry]
    alignment: int
    data: int


def read_header(file: MappedFile) -> Header:
    """Returns the header; raises WeightError for the first thing that is wrong with it."""
    cursor = Cursor(file)
    version = _version(cursor)
    tensors = cursor.count("number of tensors", MIN_ENTRY_BYTES)
    keys = cursor.count("number of metadata keys", _MIN_KEY_BYTES)
    metadata, places = _metadata(cursor, keys)
    alignment = _alignment(file.where, metadata)
    entries = _entries(cursor, tensors)
    data = -(-cursor.position // alignment) * alignment
    check_places(file.where, entries.values(), alignment, file.size - data)
    return Header(
        version=version,
        metadata=metadata,
        places=places,
        entries=entries,
        alignment=alignment,
        data=data,
    )


def _version(cursor: Cursor) -> int:
    where = cursor.where
    magic = cursor.take(min(4, cursor.left), "magic")
    if magic != MAGIC:
        cure = "this is no GGUF file, or it is damaged"
        raise WeightError(
            where, expected="a file that starts with GGUF", found=repr(magic), cure=cure
        )
    version = cursor.u32("version")
    if version in _VERSIONS:
        return version
    swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
    found, cure = f"version {version}", "a later version of rlxflow may read it"
    if swapped in {1, *_VERSIONS}:
        found, cure = f"version {swapped} in big endian", "convert the model to little endian"
    elif version < min(_VERSIONS):
        cure = "convert the model again with a current converter"
    raise WeightError(where, expected="GGUF version 2 or 3", found=found, cure=cure)


def _metadata(cursor: Cursor, count: int) -> tuple[dict[str, object], dict[str, tuple[int, int]]]:
    metadata: dict[str, object] = {}
    places: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        begin = cursor.position
        key = cursor.string("metadata key")
        if key in metadata:
            raise _twice(cursor.where, f"metadata key {quote(key)}")
        metadata[key] = read_value(cursor, f"metadata {quote(key)}")
        places[key] = begin, cursor.position
    return metadata, places


def _entries(cursor: Cursor, count: int) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for _ in range(count):
        entry = read_entry(cursor)
        if entry.name in entries:
            raise _twice(cursor.where, f"tensor {quote(entry.name)}")
        entries[entry.name] = entry
    return entries


def _twice(where: str, what: str) -> WeightError:
    return WeightError(f"{where}: {what}", expected="every name once", found="twice", cure=DAMAGED)


def _alignment(where: str, metadata: Mapping[str, object]) -> int:
    value = metadata.get(ALIGNMENT_KEY, _DEFAULT_ALIGNMENT)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_count() == 1 <= value:
        return value
    raise WeightError(
        f"{where}: metadata `{ALIGNMENT_KEY}`",
        expected="a power of two",
        found=repr(value)[:80],
        cure=DAMAGED,
    )
