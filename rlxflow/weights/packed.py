"""Linear weights as a file packs them: quantised blocks with their scheme, without dequantising."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.quants import BY_NAME
from rlxflow.weights.source import WeightSource


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufPackedLinear:
    """One product's weight as blocks of GGUF.

    Attributes:
        w_q: u8[out_dim, bytes of a row], read-only; rows in the order of the model.
        scheme: As llama.cpp spells it, such as `Q4_K`; `INT8` for rows of an f32 scale and then
            one byte a value, which are ours.
        in_dim: Elements of a row.
        out_dim: Rows.
        bias: f32[out_dim]; None for none.
    """

    w_q: np.ndarray
    scheme: str
    in_dim: int
    out_dim: int
    bias: np.ndarray | None = None

    def __post_init__(self) -> None:
        elements, nbytes, extra = block_of(self.scheme)
        if not nbytes or self.in_dim % elements:
            raise WeightError(
                "packed weight",
                expected="a quantised scheme and rows of whole blocks",
                found=f"`{self.scheme}`, rows of {self.in_dim} elements",
            )
        shape = (self.out_dim, self.in_dim // elements * nbytes + extra)
        if self.w_q.dtype != np.uint8 or self.w_q.shape != shape:
            found = f"{self.w_q.dtype}{list(self.w_q.shape)}"
            raise WeightError("packed weight", expected=f"uint8{list(shape)}", found=found)


def block_of(scheme: str) -> tuple[int, int, int]:
    """Returns elements and bytes of a block, and bytes before a row; zeros for no scheme."""
    if scheme == "INT8":
        return 1, 1, 4
    kind = BY_NAME.get(scheme)
    return (kind.elements, kind.nbytes, 0) if kind and kind.quantised else (1, 0, 0)


@runtime_checkable
class PackedSource(Protocol):
    """A weight source that knows how its tensors are packed."""

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        """Returns a matrix as it is packed; None where it is stored as plain numbers."""
        ...

    def scheme(self, name: str) -> str:
        """Returns the scheme of a packed matrix, such as `Q4_K`, reading no data; else nothing."""
        ...


def take_packed(source: WeightSource, key: str) -> GgufPackedLinear | None:
    """Returns the weight of a linear layer as it is packed, with the bias beside it.

    None where the source holds plain numbers, or something that is no matrix.

    Args:
        source: Any weight source.
        key: Name of the weight; of the bias as well, with `.bias` for `.weight`.

    Raises:
        WeightError: The name is unknown.
    """
    packed = blocks_of(source, key)
    if packed is None:
        return None
    bias_key = f"{key.removesuffix('.weight')}.bias"
    has_bias = key.endswith(".weight") and bias_key in source
    bias = source.read(bias_key).astype(np.float32) if has_bias else None
    return replace(packed, bias=bias)


def take_packed_bank(source: WeightSource, keys: Sequence[str]) -> list[GgufPackedLinear] | None:
    """Returns several weights as they are packed, such as those of the experts of a layer.

    None unless all of them are packed in one scheme and have one shape, which is what a kernel
    over all of them needs.
    """
    found = [take_packed(source, key) for key in keys]
    bank = [packed for packed in found if packed is not None]
    kinds = {(packed.scheme, packed.in_dim, packed.out_dim) for packed in bank}
    return bank if len(bank) == len(keys) and len(kinds) == 1 else None


def resolve_linear(source: WeightSource, key: str) -> GgufPackedLinear | np.ndarray:
    """Returns the weight of a linear layer packed if the source has it so, else as f32."""
    packed = take_packed(source, key)
    return source.read(key).astype(np.float32) if packed is None else packed


def blocks_of(source: WeightSource, key: str) -> GgufPackedLinear | None:
    """Returns the blocks of a matrix alone; raises WeightError if the name is unknown."""
    source.info(key)
    return source.take_packed(key) if isinstance(source, PackedSource) else None


def scheme_of(source: WeightSource, key: str) -> str:
    """Returns how a matrix is packed, such as `Q4_K`, reading no data; nothing for plain numbers.

    Raises WeightError if the name is unknown.
    """
    source.info(key)
    return source.scheme(key) if isinstance(source, PackedSource) else ""


def joined_schemes(schemes: Iterable[str]) -> str:
    """Returns the scheme of several matrices if it is one, else all of them: `Q4_K and Q6_K`."""
    found = dict.fromkeys(schemes)
    return next(iter(found)) if len(found) == 1 else " and ".join(s or "numbers" for s in found)


def packed_scheme(scheme: str, shape: tuple[int, ...]) -> str:
    """Returns the scheme of rows that `packed_rows` takes; nothing for others."""
    return scheme if len(shape) == 2 and BY_NAME[scheme].quantised else ""


def packed_rows(w_q: np.ndarray, scheme: str, shape: tuple[int, ...]) -> GgufPackedLinear | None:
    """Returns the rows of a matrix as a packed weight; None if they are no blocks."""
    if not packed_scheme(scheme, shape):
        return None
    return GgufPackedLinear(w_q=w_q, scheme=scheme, in_dim=shape[1], out_dim=shape[0])
