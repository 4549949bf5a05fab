"""Sentence embeddings: texts in buckets of length, one program a bucket, vectors in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rlxflow.errors import InputError

if TYPE_CHECKING:
    from rlxflow.runtime.compiled import CompiledModel
    from rlxflow.runtime.model import Model
    from rlxflow.runtime.text import Tokens

SHORTEST = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of similar length: their places in the caller's list, and the padded shape."""

    rows: tuple[int, ...]
    batch: int
    seq: int


def bucket(length: int, limit: int) -> int:
    """Returns the length a row is padded to: 16, 32, 64, ... or the limit."""
    size = SHORTEST
    while size < length:
        size *= 2
    return max(min(size, limit), length)


def plan_batches(lengths: Sequence[int], batch_size: int, limit: int) -> Iterator[Batch]:
    """Yields batches of rows of one bucket, the shortest first; batch sizes are powers of two.

    So a list of any size needs few programs: at most log2(limit/16) lengths, two sizes each.
    """
    groups: dict[int, list[int]] = {}
    for row, length in enumerate(lengths):
        groups.setdefault(bucket(length, limit), []).append(row)
    for seq, rows in sorted(groups.items()):
        for start in range(0, len(rows), batch_size):
            part = tuple(rows[start : start + batch_size])
            yield Batch(part, min(1 << (len(part) - 1).bit_length(), batch_size), seq)


def pad(tokens: Sequence[Tokens], batch: Batch, pad_id: int) -> dict[str, np.ndarray]:
    """Returns `input_ids`, `attention_mask` and `token_type_ids`, i32[batch, seq], padded right."""
    ids = np.full((batch.batch, batch.seq), pad_id, np.int32)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for row, source in enumerate(batch.rows):
        width = len(tokens[source].ids)
        ids[row, :width] = tokens[source].ids
        types[row, :width] = tokens[source].type_ids
        mask[row, :width] = 1
    mask[len(batch.rows) :, 0] = 1  # filler rows have one token, so that none is empty
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def embed_tokens(
    tokens: Sequence[Tokens],
    program: Callable[[int, int], CompiledModel],
    *,
    batch_size: int,
    limit: int,
    pad_id: int,
    progress: Callable[[int], object] | None,
    shortest: int = 1,
) -> np.ndarray:
    """Returns f32[n, d]: the vector of each text, in the order they were given.

    Rows are filled up to at least `shortest` tokens.
    """
    if batch_size < 1:
        raise InputError("batch_size", expected="at least 1", found=str(batch_size))
    vectors: np.ndarray | None = None
    lengths = [max(len(t.ids), shortest) for t in tokens]
    for batch in plan_batches(lengths, batch_size, limit):
        compiled = program(batch.batch, batch.seq)
        wanted = {port.name for port in compiled.inputs}
        inputs = {k: v for k, v in pad(tokens, batch, pad_id).items() if k in wanted}
        made = np.asarray(compiled(**inputs)["sentence_embedding"])
        if vectors is None:
            vectors = np.empty((len(tokens), made.shape[1]), np.float32)
        vectors[list(batch.rows)] = made[: len(batch.rows)]
        if progress:
            progress(len(batch.rows))
    assert vectors is not None
    return vectors


def embed_texts(
    model: Model,
    texts: Sequence[str],
    *,
    max_length: int | None,
    batch_size: int,
    progress: Callable[[int], object] | None,
) -> np.ndarray:
    """Returns f32[n, d]; see `Model.embed`."""
    checkpoint, phase = model.checkpoint, model.checkpoint.recipe.text_phase
    if not phase:
        found = f"a `{checkpoint.raw.get('model_type')}` model"
        raise InputError("texts", expected="a model that takes texts", found=found)
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise InputError("texts", expected="a list of strings", found=type(texts).__name__)
    sentence = checkpoint.sentence
    limit = sentence.max_seq_length if max_length is None else max_length
    most = checkpoint.max_positions
    if limit < 3 or (most is not None and limit > most):
        expected = "3 tokens or more" if most is None else f"3 to {most} tokens"
        raise InputError("max_length", expected=expected, found=str(limit))
    if not texts:
        size = checkpoint.recipe.vector_size(checkpoint.config, checkpoint.variant)
        return np.zeros((0, size), np.float32)
    lowered = [text.lower() for text in texts] if sentence.do_lower_case else texts
    whole, pad_id = checkpoint.recipe.pads_are_tokens, checkpoint.pad_id
    if whole:
        pad_id = model.tokenizer.pad_id(checkpoint.recipe.pad_id(checkpoint.config, pad_id))
    return embed_tokens(
        model.tokenizer.encode(lowered, limit),
        lambda batch, seq: model.compiled(
            checkpoint.request(phase, batch=batch, seq=seq, sentence=sentence, only_sentence=True)
        ),
        batch_size=batch_size,
        limit=limit,
        pad_id=pad_id,
        progress=progress,
        shortest=most or 1 if whole else 1,
    )
