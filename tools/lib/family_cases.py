"""The small models of `make_family_goldens.py`: architecture, config, inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lib.family_cases_vision import VISION

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
WHISPER = {
    "vocab_size": 47,
    "num_mel_bins": 6,
    "d_model": 24,
    "encoder_layers": 1,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 20,
    "decoder_layers": 2,
    "decoder_attention_heads": 3,
    "decoder_ffn_dim": 28,
    "max_source_positions": 9,
    "max_target_positions": 21,
    "decoder_start_token_id": 3,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "begin_suppress_tokens": None,
}
FLUX = {
    "attention_head_dim": 10,
    "num_attention_heads": 2,
    "in_channels": 5,
    "joint_attention_dim": 7,
    "num_layers": 1,
    "num_single_layers": 1,
    "guidance_embeds": True,
}
NOMIC = BERT | {"head_dim": 10, "type_vocab_size": 3}
NOMIC |= {"rope_parameters": {"rope_type": "default", "rope_theta": 30.0}}


@dataclass(frozen=True)
class Case:
    """A model of transformers and what it is given.

    Attributes:
        architecture: Name of a class of transformers, or of diffusers.
        config: What its config says.
        inputs: Makes the inputs.
        part: Name of the part of the model that is run; empty for all of it.
        library: Where the class is.
        new_tokens: How many are generated from the first input and stored; 0 for none.
    """

    architecture: str
    config: Mapping[str, Any]
    inputs: Callable[[], Mapping[str, np.ndarray]]
    part: str = ""
    library: str = "transformers"
    new_tokens: int = 0


def _text(
    architecture: str, config: Mapping[str, Any], pad_id: int, types: int = 0, part: str = ""
) -> Case:
    return Case(architecture, config, partial(texts, 47, pad_id, types=types), part)


def uniform(count: int, *shape: int) -> np.ndarray:
    """Returns f32 numbers within +-1, others for each count."""
    raw = np.random.PCG64(count).random_raw(int(np.prod(shape))).reshape(shape)
    return ((raw >> np.uint64(11)) * 2.0**-52 - 1.0).astype(np.float32)


def speech() -> dict[str, np.ndarray]:
    """Returns two rows of sound and of 5 ids."""
    ids = np.random.PCG64(47).random_raw(10).astype(np.int64).reshape(2, 5) % 47
    return {"input_features": uniform(1, 2, 6, 18), "decoder_input_ids": ids}


def picture(axes: int, *, pooled: bool) -> dict[str, np.ndarray]:
    """Returns two rows of 6 image tokens and 4 text tokens, with where and when they are."""
    ids = np.random.PCG64(axes).random_raw(10 * axes).reshape(10, axes) % 700
    places = ids.astype(np.float32)
    made = {"hidden_states": uniform(2, 2, 6, 5), "encoder_hidden_states": uniform(3, 2, 4, 7)}
    made |= {"img_ids": places[:6], "txt_ids": places[6:]}
    made |= {"timestep": abs(uniform(4, 2)) / 20, "guidance": abs(uniform(5, 2)) / 20}
    return made | ({"pooled_projections": uniform(6, 2, 8)} if pooled else {})


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
    "flux": Case(
        "FluxTransformer2DModel",
        FLUX | {"pooled_projection_dim": 8, "axes_dims_rope": (2, 4, 4), "out_channels": 3},
        partial(picture, 3, pooled=True),
        library="diffusers",
    ),
    "flux2": Case(
        "Flux2Transformer2DModel",
        FLUX
        | {"axes_dims_rope": (2, 2, 4, 2), "rope_theta": 50, "eps": 0.02, "mlp_ratio": 1.7}
        | {"timestep_guidance_channels": 6, "patch_size": 2},
        partial(picture, 4, pooled=False),
        library="diffusers",
    ),
    "mpnet": _text("MPNetModel", BERT | {"pad_token_id": 1}, 1),
    "mpnet_mlm": _text("MPNetForMaskedLM", BERT | {"hidden_act": "relu"}, 1),
    "nomic_bert": _text("NomicBertModel", NOMIC, 0, 3),
    "nomic_bert_mlm": _text("NomicBertForMaskedLM", NOMIC, 0, 3),
    "roberta": _text("RobertaForMaskedLM", BERT | {"pad_token_id": 2}, 2),
    "t5": _text("T5EncoderModel", T5 | {"feed_forward_proj": "gated-gelu"}, 0),
    "t5_whole": _text("T5ForConditionalGeneration", T5, 0, part="encoder"),
    "whisper": Case("WhisperForConditionalGeneration", WHISPER, speech, new_tokens=9),
    "xlm_roberta": _text(
        "XLMRobertaModel", BERT | {"hidden_act": "gelu_new", "type_vocab_size": 2}, 1, 2
    ),
    **{name: Case(*parts) for name, parts in VISION.items()},
}
