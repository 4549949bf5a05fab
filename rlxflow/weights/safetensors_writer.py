"""Writes safetensors files whose tensors can be used in place.

The format pads its header to 8 bytes, which leaves most tensors off the 64-byte boundary that XLA
needs. JSON may be followed by spaces, so padding the header further moves the data to a boundary
and the file stays valid for every reader.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from math import gcd

import numpy as np

from rlxflow.errors import FileError, WeightError
from rlxflow.files import replacing
from rlxflow.weights.aligned import ALIGNMENT
from rlxflow.weights.dict_source import DictSource
from rlxflow.weights.safetensors_entry import DTYPES
from rlxflow.weights.safetensors_header import LENGTH_BYTES, MAX_HEADER_BYTES, METADATA
from rlxflow.weights.source import WeightSource

_FILE_DTYPES = {ours: theirs for theirs, ours in DTYPES.items()}


def write_safetensors(
    path: str | os.PathLike[str],
    tensors: Mapping[str, object] | WeightSource,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Writes `tensors` to `path`, one at a time, replacing an older file in one step.

    Every tensor of a multiple of 64 bytes starts on a 64-byte boundary, the others on a multiple of
    their element size. If anything fails, `path` is as it was and nothing else is left.

    Args:
        path: The file to write.
        tensors: Arrays by name, or a weight source, which is read one tensor at a time.
        metadata: Strings to keep under `__metadata__`.

    Raises:
        FileError: The file cannot be written.
        WeightError: A name or the metadata cannot be written, or the header is over 100 MB.
        DTypeError: An array has an element type the format lacks.
    """
    where = os.fspath(path)
    if "\0" in where:
        raise FileError(repr(where), expected="a writable file", found="a NUL in its name")
    source = tensors if isinstance(tensors, WeightSource) else DictSource(tensors, where)
    # A file's own order is kept among tensors whose sizes align alike; the sort is stable. With
    # sizes of higher alignment first, no tensor can push a later one off its own alignment.
    names = sorted(source.names(), key=lambda name: -gcd(source.info(name).nbytes, ALIGNMENT))
    header = _header(where, source, names, metadata)
    with replacing(where) as stream:
        stream.write(header)
        for name in names:
            stream.write(source.read(name).reshape(-1).view(np.uint8).data)


def _header(
    where: str, source: WeightSource, names: list[str], metadata: Mapping[str, str] | None
) -> bytes:
    entries: dict[str, object] = {}
    if metadata is not None:
        for key, text in metadata.items():
            _check_text(f"{where}: `{METADATA}`", key)
            _check_text(f"{where}: `{METADATA}`: `{key}`", text)
        entries[METADATA] = dict(metadata)
    begin = 0
    for name in names:
        _check_text(where, name)
        if name == METADATA:
            cure = "rename the tensor"
            raise WeightError(where, expected="names of tensors", found=f"`{name}`", cure=cure)
        info = source.info(name)
        end = begin + info.nbytes
        dtype = _FILE_DTYPES[info.dtype]
        entries[name] = {"dtype": dtype, "shape": info.shape, "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(LENGTH_BYTES + len(text)) % ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        expected = f"a header of at most {MAX_HEADER_BYTES} bytes"
        cure = "write fewer tensors into one file"
        raise WeightError(where, expected=expected, found=f"{len(text)} bytes", cure=cure)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def _check_text(where: str, text: object) -> None:
    if not isinstance(text, str):
        raise WeightError(where, expected="strings", found=repr(text)[:80])
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise WeightError(where, expected="UTF-8 text", found=repr(text)[:80]) from error
