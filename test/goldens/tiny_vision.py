"""Checkpoints of a few kB that take images: configs, and weights made for whatever they ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.weights import write_safetensors

NUMBERS: dict[str, Any] = {
    "hidden_size": 24,
    "intermediate_size": 20,
    "num_hidden_layers": 1,
    "num_attention_heads": 3,
    "layer_norm_eps": 0.03,
}
TEXT = NUMBERS | {"vocab_size": 40, "max_position_embeddings": 9, "hidden_size": 12}
IMAGE = NUMBERS | {"image_size": 8, "patch_size": 4}
CONFIGS: dict[str, dict[str, Any]] = {
    "vit": IMAGE | {"model_type": "vit", "architectures": ["ViTModel"]},
    "dinov2": {k: v for k, v in IMAGE.items() if k != "intermediate_size"}
    | {"model_type": "dinov2", "mlp_ratio": 2},
    "dinov3_vit": IMAGE | {"model_type": "dinov3_vit", "num_register_tokens": 2},
    "clip": {
        "model_type": "clip",
        "projection_dim": 10,
        "text_config": TEXT | {"eos_token_id": 3},
        "vision_config": IMAGE,
    },
    "siglip": {
        "model_type": "siglip",
        "text_config": TEXT | {"projection_size": 24},
        "vision_config": IMAGE,
    },
    "siglip2": {
        "model_type": "siglip2",
        "text_config": TEXT | {"projection_size": 24},
        "vision_config": NUMBERS | {"patch_size": 4, "num_patches": 4},
    },
}
CONFIGS["dinov2_with_registers"] = CONFIGS["dinov2"] | {
    "model_type": "dinov2_with_registers",
    "num_register_tokens": 2,
}
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 8, "width": 8},
    "image_mean": [0.4, 0.5, 0.6],
    "image_std": [0.2, 0.3, 0.4],
}
PATCHES = {"image_processor_type": "Siglip2ImageProcessor", "patch_size": 4, "max_num_patches": 6}


def write_config(folder: Path, family: str, **changes: object) -> Path:
    """Writes a folder with a config.json and nothing else; a value of `...` takes a key out."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {k: v for k, v in (CONFIGS[family] | changes).items() if v is not ...}
    (folder / "config.json").write_text(json.dumps(known))
    return folder


def made_weights(folder: Path, seed: int = 1) -> dict[str, np.ndarray]:
    """Returns random tensors for all that a config alone asks for, under the recipe's names."""
    checkpoint = open_checkpoint(folder, weights=None)
    flow = checkpoint.flow(checkpoint.phase_request())
    numbers = np.random.default_rng(seed)
    return {
        param.name: (numbers.standard_normal(param.shape) * 0.5).astype(np.float32)
        for param in flow.build().params
    }


def write_vision(folder: Path, family: str, **changes: object) -> Path:
    """Writes config, weights, preprocessor and, where texts are taken, a tokenizer."""
    write_config(folder, family, **changes)
    write_safetensors(folder / "model.safetensors", made_weights(folder))
    settings = PATCHES if family == "siglip2" else PROCESSOR
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    if "text_config" in CONFIGS[family]:
        write_tokenizer(folder)
    return folder


def write_tokenizer(folder: Path) -> None:
    """Writes a tokenizer that spells words letter by letter and puts 3 at their end."""
    words = ["<pad>", "<unk>", "<start>", "<end>", *"abcdefghijklmnopqrstuvwxyz"]
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.post_processor = processors.TemplateProcessing(
        "<start> $A <end>", None, [("<start>", 2), ("<end>", 3)]
    )
    made.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "<pad>"}))
