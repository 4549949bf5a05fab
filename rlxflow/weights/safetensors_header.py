"""The header of a safetensors file, checked in full before any tensor is handed out.

The file is: u64 little endian length of the header, the header (a JSON object from tensor name to
dtype, shape and byte range), then the data, which the ranges must cover without gap or overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rlxflow.errors import WeightError
from rlxflow.weights.safetensors_entry import DAMAGED, Entry, parse_entry, wrong
from rlxflow.weights.strict_json import parse_object

MAX_HEADER_BYTES = 100_000_000  # the limit of the reference reader
METADATA = "__metadata__"
LENGTH_BYTES = 8


def header_bytes(where: str, prefix: bytes, file_bytes: int) -> int:
    """Returns the length of the header in bytes from the first 8 bytes of the file.

    Raises:
        WeightError: The file is shorter than 8 bytes, or the header longer than the file or 100 MB.
    """
    if len(prefix) < LENGTH_BYTES:
        raise WeightError(
            where,
            expected=f"at least {LENGTH_BYTES} bytes",
            found=f"{file_bytes} bytes",
            cure=DAMAGED,
        )
    length = int.from_bytes(prefix, "little")
    if length > MAX_HEADER_BYTES:
        raise WeightError(
            where,
            expected=f"a header of at most {MAX_HEADER_BYTES} bytes",
            found=f"a header length of {length}",
            cure="this is no safetensors file, or it is damaged",
        )
    if LENGTH_BYTES + length > file_bytes:
        raise WeightError(
            where,
            expected=f"a header of {length} bytes",
            found=f"{file_bytes - LENGTH_BYTES} bytes in a truncated file",
            cure=DAMAGED,
        )
    return length


def parse_header(
    where: str, text: bytes, data_bytes: int
) -> tuple[dict[str, Entry], dict[str, str]]:
    """Returns the tensors by name, in the order of the header, and the metadata.

    Args:
        where: The file, for messages.
        text: The header, padding included.
        data_bytes: Bytes in the file behind the header.

    Raises:
        WeightError: Anything in the header breaks the format, or the data does not fit it.
    """
    if not text.startswith(b"{"):
        found = repr(text[:16])
        raise WeightError(where, expected="a header that starts with `{`", found=found)
    raw = parse_object(text, f"{where}: header")
    metadata = _metadata(where, raw.pop(METADATA, {}))
    entries = {name: parse_entry(f"{where}: tensor `{name}`", value) for name, value in raw.items()}
    _check_coverage(where, entries, data_bytes)
    return entries, metadata


def _metadata(where: str, value: object) -> dict[str, str]:
    where = f"{where}: `{METADATA}`"
    if not isinstance(value, dict):
        raise wrong(where, "an object of strings", value)
    items = cast("dict[str, object]", value)
    metadata = {key: text for key, text in items.items() if isinstance(text, str)}
    for key in items.keys() - metadata.keys():
        raise wrong(f"{where}: `{key}`", "a string", items[key])
    return metadata


def _check_coverage(where: str, entries: Mapping[str, Entry], data_bytes: int) -> None:
    needed = max((entry.end for entry in entries.values()), default=0)
    if needed > data_bytes:
        raise WeightError(
            where,
            expected=f"{needed} bytes of data",
            found=f"{data_bytes} bytes in a truncated file",
            cure=DAMAGED,
        )
    covered, previous = 0, ""
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin < covered:
            found = f"it begins at byte {entry.begin}, inside `{previous}`, which ends at {covered}"
            raise WeightError(
                f"{where}: tensor `{name}`", expected="no overlap", found=found, cure=DAMAGED
            )
        if entry.begin > covered:
            found = f"a hole at bytes {covered} to {entry.begin} before `{name}`"
            raise WeightError(where, expected="data without holes", found=found, cure=DAMAGED)
        covered, previous = entry.end, name
    if covered != data_bytes:
        found = f"{data_bytes - covered} bytes behind the last tensor"
        raise WeightError(where, expected=f"{covered} bytes of data", found=found, cure=DAMAGED)
