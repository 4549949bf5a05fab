"""Reads a checkpoint that is split over several safetensors files and an index."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import cast

import numpy as np

from rlxflow.errors import FileError, WeightError
from rlxflow.weights.safetensors import SafetensorsFile
from rlxflow.weights.source import TensorInfo, unknown_name
from rlxflow.weights.stored_rows import StoredRows
from rlxflow.weights.strict_json import parse_object


class ShardedSafetensors:
    """A weight source over the shards that an index names; all headers are read at once.

    Attributes:
        where: The path of the index as the user gave it.
    """

    def __init__(self, index_path: str | os.PathLike[str]) -> None:
        """Opens the index and every shard, and compares the names in both.

        Raises:
            FileError: The index or a shard is missing or cannot be read.
            WeightError: The index or a shard is damaged, or they do not agree.
        """
        self.where = os.fspath(index_path)
        self._shard_of = _weight_map(self.where)
        folder = Path(self.where).parent
        shards = sorted(set(self._shard_of.values()))
        missing = [shard for shard in shards if not os.path.exists(folder / shard)]
        if missing:
            raise FileError(
                self.where,
                expected=f"{len(shards)} shards beside the index",
                found=f"{len(missing)} missing: {_listed(missing)}",
                cure="download the missing files",
            )
        self._shards = {shard: SafetensorsFile(folder / shard) for shard in shards}
        self._compare()

    def names(self) -> Collection[str]:
        return self._shard_of.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._shard_of

    def info(self, name: str) -> TensorInfo:
        return self._shard(name).info(name)

    def read(self, name: str) -> np.ndarray:
        return self._shard(name).read(name)

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns where the rows of a tensor lie in their shard."""
        return self._shard(name).stored_rows(name)

    def read_into(self, name: str, target: np.ndarray) -> None:
        self._shard(name).read_into(name, target)

    def _shard(self, name: str) -> SafetensorsFile:
        if name not in self._shard_of:
            raise unknown_name(self.where, name, self._shard_of)
        return self._shards[self._shard_of[name]]

    def _compare(self) -> None:
        indexed: dict[str, list[str]] = {shard: [] for shard in self._shards}
        for name, shard in self._shard_of.items():
            indexed[shard].append(name)
        for shard, file in self._shards.items():
            absent = [name for name in indexed[shard] if name not in file]
            if absent:
                raise self._disagreement(
                    f"{_listed(absent)} in `{shard}` as the index says", "a shard without them"
                )
            extra = [name for name in file.names() if self._shard_of.get(name) != shard]
            if extra:
                raise self._disagreement(
                    f"every tensor of `{shard}` in the index under that shard",
                    f"others: {_listed(extra)}",
                )

    def _disagreement(self, expected: str, found: str) -> WeightError:
        cure = "index and shards are not of one checkpoint: download them again"
        return WeightError(self.where, expected=expected, found=found, cure=cure)


def _weight_map(where: str) -> dict[str, str]:
    try:
        text = Path(where).read_bytes()
    except (OSError, ValueError) as error:
        found = (error.strerror if isinstance(error, OSError) else None) or str(error)
        cure = "check the path"
        raise FileError(where, expected="a readable index", found=found, cure=cure) from error
    weight_map = parse_object(text, where).get("weight_map")
    if not isinstance(weight_map, dict):
        found = "none" if weight_map is None else f"a {type(weight_map).__name__}"
        raise WeightError(where, expected="an object `weight_map`", found=found)
    checked: dict[str, str] = {}
    for name, shard in cast("dict[str, object]", weight_map).items():
        if not isinstance(shard, str) or not _stays_inside(shard):
            raise WeightError(
                f"{where}: weight_map: `{name}`",
                expected="a file name inside the folder of the index",
                found=repr(shard)[:200],
                cure="do not load this checkpoint unless you trust it",
            )
        checked[name] = shard
    return checked


def _stays_inside(shard: str) -> bool:
    # Judged by its text: a hub cache's files are links that lead out of the folder by design.
    path = PurePosixPath(shard)
    return (
        bool(path.parts)
        and not path.is_absolute()
        and ".." not in path.parts
        and ("\0" not in shard and "\\" not in shard)
    )


def _listed(names: Iterable[str], most: int = 8) -> str:
    names = list(names)
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
