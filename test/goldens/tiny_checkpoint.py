"""A whole checkpoint folder of 40 kB: BERT with random weights, a tokenizer, mean pooling."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

from golden_bert import weights
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from rlxflow.weights import write_safetensors

CONFIG: dict[str, Any] = {
    "architectures": ["BertModel"],
    "hidden_act": "gelu",
    "hidden_size": 24,
    "intermediate_size": 40,
    "layer_norm_eps": 1e-5,
    "max_position_embeddings": 32,
    "model_type": "bert",
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": 80,
}
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MODULES = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}


def write_config(folder: Path, **changes: object) -> Path:
    """Writes a folder with a config.json and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {k: v for k, v in (CONFIG | changes).items() if v is not ...}
    (folder / "config.json").write_text(json.dumps(known))
    return folder


def write_tokenizer(folder: Path) -> None:
    """Writes a tokenizer that spells words letter by letter."""
    letters = string.ascii_lowercase
    words = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *string.digits, *".,!?"]
    vocabulary = {word: i for i, word in enumerate(words)}
    BertWordPieceTokenizer(vocab=vocabulary).save(str(folder / "tokenizer.json"))


def write_sentence_settings(folder: Path, pooling: str = "mean_tokens") -> None:
    """Writes the files that say how sentences are embedded."""
    modules = [
        {"idx": i, "path": path, "type": f"sentence_transformers.models.{name}"}
        for i, (name, path) in enumerate(MODULES.items())
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    settings = {"word_embedding_dimension": 24, f"pooling_mode_{pooling}": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))


def write_checkpoint(folder: Path, variant: str = "pooler") -> Path:
    """Writes config, weights, tokenizer and sentence settings; returns the folder."""
    write_config(folder)
    filled = CONFIG | {"tie_word_embeddings": True}
    write_safetensors(folder / "model.safetensors", weights(filled, variant, seed=5))
    write_tokenizer(folder)
    write_sentence_settings(folder)
    return folder
