"""The small models of `make_family_goldens.py`: architecture, config, inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "goldens"))
from golden_families import texts

BERT = {
    "vocab_size": 47,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 21,
    "layer_norm_eps": 0.02,
}
DISTIL = {
    "vocab_size": 47,
    "dim": 24,
    "n_layers": 2,
    "n_heads": 3,
    "hidden_dim": 40,
    "max_position_embeddings": 21,
    "activation": "relu",
}
MODERN = {
    "vocab_size": 47,
    "hidden_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 32,
    "norm_eps": 0.02,
    "local_attention": 4,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "cls_token_id": 1,
    "sep_token_id": 2,
    "rope_parameters": {
        "full_attention": {"rope_type": "default", "rope_theta": 50.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 9.0},
    },
}
T5 = {
    "vocab_size": 47,
    "d_model": 24,
    "d_kv": 10,
    "d_ff": 40,
    "num_layers": 2,
    "num_decoder_layers": 1,
    "num_heads": 3,
    "relative_attention_num_buckets": 12,
    "relative_attention_max_distance": 7,
    "layer_norm_epsilon": 0.02,
}
NOMIC = BERT | {"head_dim": 10, "type_vocab_size": 3}
NOMIC |= {"rope_parameters": {"rope_type": "default", "rope_theta": 30.0}}


@dataclass(frozen=True)
class Case:
    """A model of transformers and what it is given.

    Attributes:
        architecture: Name of a class of transformers.
        config: What its config says.
        inputs: Makes the inputs.
        part: Name of the part of the model that is run; empty for all of it.
    """

    architecture: str
    config: Mapping[str, Any]
    inputs: Callable[[], Mapping[str, np.ndarray]]
    part: str = ""


def _text(
    architecture: str, config: Mapping[str, Any], pad_id: int, types: int = 0, part: str = ""
) -> Case:
    return Case(architecture, config, partial(texts, 47, pad_id, types=types), part)


CASES: dict[str, Case] = {
    "distilbert": _text("DistilBertForMaskedLM", DISTIL, 0),
    "modernbert": _text("ModernBertForMaskedLM", MODERN, 0),
    "modernbert_biases": _text(
        "ModernBertForMaskedLM",
        MODERN
        | dict.fromkeys(("norm_bias", "attention_bias", "mlp_bias", "classifier_bias"), True)
        | {"tie_word_embeddings": False, "hidden_activation": "silu"},
        0,
    ),
    "mpnet": _text("MPNetModel", BERT | {"pad_token_id": 1}, 1),
    "mpnet_mlm": _text("MPNetForMaskedLM", BERT | {"hidden_act": "relu"}, 1),
    "nomic_bert": _text("NomicBertModel", NOMIC, 0, 3),
    "nomic_bert_mlm": _text("NomicBertForMaskedLM", NOMIC, 0, 3),
    "roberta": _text("RobertaForMaskedLM", BERT | {"pad_token_id": 2}, 2),
    "t5": _text("T5EncoderModel", T5 | {"feed_forward_proj": "gated-gelu"}, 0),
    "t5_whole": _text("T5ForConditionalGeneration", T5, 0, part="encoder"),
    "xlm_roberta": _text(
        "XLMRobertaModel", BERT | {"hidden_act": "gelu_new", "type_vocab_size": 2}, 1, 2
    ),
}
