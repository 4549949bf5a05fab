"""Rows of a matrix where they lie in a file, for who takes their bytes as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from rlxflow.weights.source import WeightSource


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows of a tensor, along its last axis, in a file that is mapped.

    Attributes:
        data: u8[rows, bytes of a row], read-only and contiguous, at any address.
        format: Of a row: an element type such as `bf16`, or blocks such as `q8_0`.
        order: i64[rows], which stored row goes where; None if they lie in order.
    """

    data: np.ndarray
    format: str
    order: np.ndarray | None = None


@runtime_checkable
class StoredSource(Protocol):
    """A weight source that knows where its tensors lie."""

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns the rows of a tensor, reading no data; None if its values are made of others."""
        ...


def stored_rows(source: WeightSource, name: str) -> StoredRows | None:
    """Returns where the rows of a tensor lie; None if that is nowhere."""
    return source.stored_rows(name) if isinstance(source, StoredSource) else None
