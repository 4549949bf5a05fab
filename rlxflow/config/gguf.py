"""A GGUF file's metadata as the config.json that the model was published with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from rlxflow.config.gguf_checks import check_tensors, vocabulary
from rlxflow.config.gguf_families import FAMILIES
from rlxflow.config.gguf_metadata import Metadata
from rlxflow.config.gguf_rope import rope_parameters
from rlxflow.errors import ConfigError, did_you_mean
from rlxflow.weights import GgufFile, HfView, WeightSource

_TOKENS = {"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"}


def open_gguf(path: str | os.PathLike[str]) -> tuple[dict[str, Any], HfView, dict[str, object]]:
    """Returns config, weights under Hugging Face names and metadata of a file; reads no weights.

    Raises:
        FileError: The file cannot be read.
        WeightError: The file is damaged, or holds types that are not supported.
        ConfigError: The architecture is unknown, or metadata and tensors disagree.
    """
    file = GgufFile(path)
    config = gguf_config(file.metadata, file)
    return config, HfView(file), file.metadata


def gguf_config(metadata: Mapping[str, object], source: WeightSource) -> dict[str, Any]:
    """Returns the keys of a config.json, in the spelling of transformers 5.

    Args:
        metadata: Values by key, as `GgufFile.metadata`.
        source: The tensors under the file's names. Presence and shapes are looked at; only rope
            factors are read.

    Raises:
        ConfigError: The architecture is unknown, a key is missing, malformed or unknown, or
            metadata and tensors disagree.
    """
    architecture = _architecture(metadata, source.where)
    meta = Metadata(metadata, architecture, source.where)
    config = _common(meta, source) | _tokens(metadata, source.where)
    config["vocab_size"] = vocabulary(metadata, meta, source)
    config["rope_parameters"] = rope_parameters(meta, source, config["head_dim"])
    check_tensors(config, meta, source)
    config |= FAMILIES[architecture](meta, source, config)
    meta.refuse_unread()
    return config


def _architecture(metadata: Mapping[str, object], where: str) -> str:
    found = metadata.get("general.architecture")
    if isinstance(found, str) and found in FAMILIES:
        return found
    raise ConfigError(
        f"{where}: metadata `general.architecture`",
        expected=f"one of {', '.join(FAMILIES)}",
        found="no such key" if found is None else repr(found)[:80],
        cure=did_you_mean(str(found)[:80], FAMILIES),
    )


def _common(meta: Metadata, source: WeightSource) -> dict[str, Any]:
    hidden, heads = meta.integer("embedding_length"), meta.integer("attention.head_count")
    if meta.get("attention.key_length") is None and hidden % heads:
        raise meta.wrong("attention.head_count", f"a divisor of embedding_length {hidden}", heads)
    head_dim = meta.integer("attention.key_length", hidden // heads)
    if meta.integer("attention.value_length", head_dim) != head_dim:
        expected = f"{head_dim} as attention.key_length"
        found = meta.get("attention.value_length")
        raise meta.wrong("attention.value_length", expected, found)
    kv_heads = meta.integer("attention.head_count_kv", heads)
    if heads % kv_heads:
        expected = f"a divisor of attention.head_count {heads}"
        raise meta.wrong("attention.head_count_kv", expected, kv_heads)
    return {
        "hidden_size": hidden,
        "intermediate_size": meta.integer("feed_forward_length"),
        "num_hidden_layers": meta.integer("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head_dim,
        "max_position_embeddings": meta.integer("context_length"),
        "rms_norm_eps": meta.number("attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": "output.weight" not in source,
    }


def _tokens(metadata: Mapping[str, object], where: str) -> dict[str, Any]:
    tokens: dict[str, Any] = {}
    for key, name in _TOKENS.items():
        stored = f"tokenizer.ggml.{name}_token_id"
        value = metadata.get(stored)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ConfigError(
                f"{where}: metadata `{stored}`", expected="a token id", found=repr(value)[:80]
            )
        tokens[key] = value
    return tokens
