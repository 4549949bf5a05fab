"""The entries of a GGUF header, one per tensor: type, shape and place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from rlxflow.errors import WeightError
from rlxflow.weights.gguf_cursor import DAMAGED, Cursor
from rlxflow.weights.quants import BY_NAME, BY_NUMBER, UNSUPPORTED, TensorType

MIN_ENTRY_BYTES = 24  # length of the name, number of axes, type, offset
_MAX_AXES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tensor of the header.

    Attributes:
        name: As in the file.
        kind: How its elements are stored.
        shape: Sizes of the axes, the fastest last, which is numpy's order and not the file's.
        offset: Of its first byte from the start of the data, bytes.
    """

    name: str
    kind: TensorType
    shape: tuple[int, ...]
    offset: int

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return self.kind.packed_bytes(prod(self.shape))

    @property
    def row_bytes(self) -> int:
        """Bytes of the elements along the last axis."""
        return self.kind.packed_bytes(self.shape[-1] if self.shape else 1)


def quote(name: str) -> str:
    """Returns a name for messages, cut where a damaged file makes it long."""
    return f"`{name}`" if len(name) <= 100 else f"`{name[:97]}...`"


def read_entry(cursor: Cursor) -> Entry:
    """Returns the next entry, its fields checked one by one but not yet against the file."""
    name = cursor.string("name of a tensor")
    what = f"tensor {quote(name)}"
    axes = cursor.u32(f"{what}: number of axes")
    where = f"{cursor.where}: {what}"
    if axes > _MAX_AXES:
        raise WeightError(where, expected="at most 4 axes", found=f"{axes}", cure=DAMAGED)
    sizes = [cursor.u64(f"{what}: size of an axis") for _ in range(axes)]
    kind = _kind(where, cursor.u32(f"{what}: type"))
    offset = cursor.u64(f"{what}: offset")
    shape = tuple(reversed(sizes))
    if 0 in shape:
        raise WeightError(where, expected="sizes of 1 or more", found=f"{list(shape)}")
    if (shape[-1] if shape else 1) % kind.elements:
        raise WeightError(
            where,
            expected=f"rows of whole blocks of {kind.elements} elements ({kind.name})",
            found=f"shape {list(shape)}",
            cure=DAMAGED,
        )
    return Entry(name=name, kind=kind, shape=shape, offset=offset)


def _kind(where: str, number: int) -> TensorType:
    if number in BY_NUMBER:
        return BY_NUMBER[number]
    known = ", ".join(BY_NAME)
    if number in UNSUPPORTED:
        raise WeightError(
            where,
            expected=f"a type out of {known}",
            found=f"type {number} ({UNSUPPORTED[number]}), which is not supported",
            cure="use a file of this model with another quantisation",
        )
    raise WeightError(
        where,
        expected=f"a type out of {known}",
        found=f"the unknown type {number}",
        cure="the file is damaged, or newer than this version",
    )


def check_places(where: str, entries: Iterable[Entry], alignment: int, data_bytes: int) -> None:
    """Raises WeightError if a tensor is misaligned, ends behind the file or lies on another."""
    end, previous = 0, ""
    for entry in sorted(entries, key=lambda entry: entry.offset):
        place = f"{where}: tensor {quote(entry.name)}"
        if entry.offset % alignment:
            expected = f"an offset that is a multiple of {alignment}"
            raise WeightError(place, expected=expected, found=str(entry.offset), cure=DAMAGED)
        if entry.offset + entry.nbytes > data_bytes:
            raise WeightError(
                place,
                expected=f"{entry.nbytes} bytes at offset {entry.offset}",
                found=f"{max(data_bytes, 0)} bytes of data in the file",
                cure="the file is truncated or damaged: download or write it again",
            )
        if entry.offset < end:
            found = f"offset {entry.offset}, inside {quote(previous)}, which ends at {end}"
            raise WeightError(place, expected="no overlap", found=found, cure=DAMAGED)
        end, previous = entry.offset + entry.nbytes, entry.name
