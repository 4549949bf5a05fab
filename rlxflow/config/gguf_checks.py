"""Holds a GGUF file's metadata against its tensors, before anything is built on either."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rlxflow.config.gguf_metadata import Metadata
from rlxflow.errors import ConfigError
from rlxflow.weights import WeightSource

EMBEDDING = "token_embd.weight"
_BLOCK = re.compile(r"blk\.(\d{1,9})\.")


def vocabulary(metadata: Mapping[str, object], meta: Metadata, source: WeightSource) -> int:
    """Returns the rows of the embedding; refuses a file whose metadata counts other tokens."""
    if EMBEDDING not in source:
        raise ConfigError(source.where, expected=f"a tensor `{EMBEDDING}`", found="none")
    rows = source.info(EMBEDDING).shape[0] if source.info(EMBEDDING).shape else 0
    said = meta.integer("vocab_size", rows)
    tokens = metadata.get("tokenizer.ggml.tokens")
    listed = len(tokens) if isinstance(tokens, list) else rows  # pyright: ignore[reportUnknownArgumentType]
    for what, count in (
        (f"{meta.architecture}.vocab_size", said),
        ("tokenizer.ggml.tokens", listed),
    ):
        if count != rows:
            raise ConfigError(
                f"{source.where}: metadata `{what}`",
                expected=f"{rows} tokens as the rows of `{EMBEDDING}`",
                found=str(count),
            )
    return rows


def check_tensors(config: Mapping[str, Any], meta: Metadata, source: WeightSource) -> None:
    """Raises ConfigError for layers or shapes that are not those of the metadata."""
    layers = config["num_hidden_layers"]
    _check_layers(layers, meta, source)
    expected = _sizes(config)
    _check_shape(source, EMBEDDING, (None, _HIDDEN), meta, expected)
    for i in range(layers):
        for part, keys in _SHAPES.items():
            name = f"blk.{i}.{part}.weight"
            if name in source:
                _check_shape(source, name, keys, meta, expected)


_HIDDEN, _FFN = "embedding_length", "feed_forward_length"
_QUERY = "attention.head_count * attention.key_length"
_KEY = "attention.head_count_kv * attention.key_length"
_SHAPES: dict[str, tuple[str | None, ...]] = {
    "attn_q": (_QUERY, _HIDDEN),
    "attn_k": (_KEY, _HIDDEN),
    "attn_v": (_KEY, _HIDDEN),
    "attn_output": (_HIDDEN, _QUERY),
    "ffn_gate": (_FFN, _HIDDEN),
    "ffn_down": (_HIDDEN, _FFN),
    "attn_norm": (_HIDDEN,),
    "ffn_norm": (_HIDDEN,),
}


def _sizes(config: Mapping[str, Any]) -> dict[str, int]:
    head = config["head_dim"]
    return {
        _HIDDEN: config["hidden_size"],
        _FFN: config["intermediate_size"],
        _QUERY: config["num_attention_heads"] * head,
        _KEY: config["num_key_value_heads"] * head,
    }


def _check_shape(
    source: WeightSource,
    name: str,
    keys: Sequence[str | None],
    meta: Metadata,
    expected: Mapping[str, int],
) -> None:
    shape = source.info(name).shape
    sizes = [None if key is None else expected[key] for key in keys]
    pairs = zip(shape, sizes, strict=False)
    if len(shape) == len(sizes) and all(size in {None, found} for found, size in pairs):
        return
    said = ", ".join(f"{meta.architecture}.{key} = {expected[key]}" for key in keys if key)
    raise ConfigError(
        f"{source.where}: tensor `{name}`",
        expected=f"shape {['any' if size is None else size for size in sizes]} ({said})",
        found=f"shape {list(shape)}",
        cure="metadata and tensors of the file disagree",
    )


def _check_layers(layers: int, meta: Metadata, source: WeightSource) -> None:
    present = {int(match[1]) for name in source.names() if (match := _BLOCK.match(name))}
    highest = max(present, default=-1)
    if len(present) == layers == highest + 1:
        return
    # Not by counting to what the metadata say, which may be any number.
    holes = sorted(i + 1 for i in {-1, *present} if i < highest and i + 1 not in present)
    found = f"tensors up to `blk.{highest}`" if present else "no tensor `blk.N`"
    found += f", none of `blk.{holes[0]}`" if holes else ""
    raise ConfigError(
        meta.place("block_count"),
        expected=f"{layers} layers, `blk.0` to `blk.{layers - 1}`",
        found=found,
        cure="metadata and tensors of the file disagree",
    )
