"""What a stored tensor of a GGUF file becomes under Hugging Face names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_layouts import Layout
from rlxflow.weights.source import TensorInfo

_HEADS = {"q_proj": "attention.head_count", "k_proj": "attention.head_count_kv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One tensor to hand out.

    Attributes:
        stored: Name in the file.
        info: Of the tensor as it is handed out.
        expert: Index along the first axis of the stored tensor, or None for all of it.
        heads: Heads whose rows are stored interleaved; 0 if they are in order.
        shifted: Whether 1 was added to the values.
    """

    stored: str
    info: TensorInfo
    expert: int | None = None
    heads: int = 0
    shifted: bool = False

    def row_order(self) -> np.ndarray:
        """Returns which stored row goes where: within a head, even rows and then odd rows.

        Pair-wise rope turns rows 2i and 2i + 1 together, Hugging Face's i and i + e/2.
        """
        rows = self.info.shape[0]
        stored = np.arange(rows).reshape(self.heads, rows // self.heads // 2, 2)
        return stored.swapaxes(1, 2).reshape(-1)


def parts_of(file: GgufFile, layout: Layout, stored: str) -> Iterator[tuple[str, Part]]:
    """Yields what to hand out for a stored tensor, by name: one part, or one for each expert.

    Raises:
        WeightError: The tensor is no stack of experts, or its rows do not fit the heads.
    """
    info, name = file.info(stored), layout.name(stored)
    if name is None:
        yield stored, Part(stored=stored, info=info)
    elif "{}" in name:
        if len(info.shape) < 2:
            where = f"{file.where}: tensor `{stored}`"
            raise WeightError(where, expected="an axis of experts", found=str(info))
        inner = TensorInfo(info.shape[1:], info.dtype)
        for expert in range(info.shape[0]):
            yield name.format(expert), Part(stored=stored, info=inner, expert=expert)
    else:
        shifted = layout.shifted_norms and name.endswith("norm.weight")
        heads = _heads(file, layout, stored, name) if layout.permuted else 0
        yield name, Part(stored=stored, info=info, heads=heads, shifted=shifted)


def _heads(file: GgufFile, layout: Layout, stored: str, name: str) -> int:
    """Returns how many heads the rows of a tensor hold; 0 if its rows are in order."""
    key = _HEADS.get(name.split(".")[-2])
    if key is None:
        return 0
    total = f"{layout.architecture}.{_HEADS['q_proj']}"
    key = f"{layout.architecture}.{key}"
    heads = file.metadata.get(key, file.metadata.get(total))
    where = f"{file.where}: metadata `{key}`"
    if not isinstance(heads, int) or heads < 1:
        found = "none" if heads is None else repr(heads)[:80]
        raise WeightError(where, expected="a number of heads", found=found)
    shape = file.info(stored).shape
    if not shape or shape[0] % (2 * heads):
        expected = f"rows of `{stored}` in {heads} heads of even size"
        raise WeightError(where, expected=expected, found=f"shape {list(shape)}")
    return heads
