"""The small BERT checkpoints of the goldens: their shapes, their weights by rule, their files.

No weights are stored. Every tensor is made from a seed and its own name, so that adding a tensor
or a case changes no other. `tools/make_goldens.py` gives the same weights to transformers and
stores what it answers next to the config: `bert/<case>/{config.json,golden.json,arrays.npz}`.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent
CASES = sorted(path.parent.name for path in FOLDER.glob("bert/*/golden.json"))


def tensor(name: str, shape: tuple[int, ...], seed: int, rounded: str = "f32") -> np.ndarray:
    """Returns the f32 tensor of that name: uniform numbers around the mean of its kind.

    The numbers are the raw 64-bit stream of PCG64 seeded with crc32 of `seed:name`; numpy keeps
    that stream the same in every release, unlike the distributions built on it. Norm weights lie
    within 1 +- 0.5, biases within +-0.5, matrices have variance 2 / columns, tables 1. With
    `rounded="bf16"` the numbers are those that bf16 can hold.
    """
    stream = np.random.PCG64(zlib.crc32(f"{seed}:{name}".encode()))
    raw = stream.random_raw(int(np.prod(shape))).reshape(shape)
    uniform = (raw >> np.uint64(11)) * 2.0**-52 - 1.0  # in [-1, 1)
    if name.endswith(("LayerNorm.weight", "bias")):
        values = 0.5 * uniform + (1.0 if name.endswith("weight") else 0.0)
    else:
        spread = 1.0 if "embeddings" in name else (2.0 / shape[-1]) ** 0.5
        values = spread * 3**0.5 * uniform
    made = values.astype(np.float32)
    return round_to_bf16(made) if rounded == "bf16" else made


def round_to_bf16(values: np.ndarray) -> np.ndarray:
    """Returns the nearest f32 numbers whose lower 16 bits are 0; ties go to the even one."""
    bits = values.view(np.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    return ((bits + np.uint32(0x7FFF) + odd) & np.uint32(0xFFFF0000)).view(np.float32)


def shapes(config: Mapping[str, Any], variant: str) -> dict[str, tuple[int, ...]]:
    """Returns name -> shape of the tensors that a published file of the variant holds."""
    hidden, wide, words = (config[k] for k in ("hidden_size", "intermediate_size", "vocab_size"))
    found: dict[str, tuple[int, ...]] = {}

    def dense(name: str, rows: int, columns: int) -> None:
        found.update({f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)})

    def norm(name: str) -> None:
        found.update({f"{name}.LayerNorm.weight": (hidden,), f"{name}.LayerNorm.bias": (hidden,)})

    root = "bert." if variant == "mlm" else ""
    found[f"{root}embeddings.word_embeddings.weight"] = (words, hidden)
    positions, types = config["max_position_embeddings"], config["type_vocab_size"]
    found[f"{root}embeddings.position_embeddings.weight"] = (positions, hidden)
    found[f"{root}embeddings.token_type_embeddings.weight"] = (types, hidden)
    norm(f"{root}embeddings")
    for i in range(config["num_hidden_layers"]):
        layer = f"{root}encoder.layer.{i}"
        for part in ("query", "key", "value"):
            dense(f"{layer}.attention.self.{part}", hidden, hidden)
        dense(f"{layer}.attention.output.dense", hidden, hidden)
        norm(f"{layer}.attention.output")
        dense(f"{layer}.intermediate.dense", wide, hidden)
        dense(f"{layer}.output.dense", hidden, wide)
        norm(f"{layer}.output")
    if variant == "pooler":
        dense("pooler.dense", hidden, hidden)
    if variant == "mlm":
        found["cls.predictions.bias"] = (words,)
        dense("cls.predictions.transform.dense", hidden, hidden)
        norm("cls.predictions.transform")
        if not config["tie_word_embeddings"]:
            found["cls.predictions.decoder.weight"] = (words, hidden)
    return found


def weights(
    config: Mapping[str, Any], variant: str, seed: int, rounded: str = "f32"
) -> dict[str, np.ndarray]:
    """Returns all tensors of a case under the names a published file has."""
    wanted = shapes(config, variant)
    found = {name: tensor(name, shape, seed, rounded) for name, shape in wanted.items()}
    if "cls.predictions.decoder.weight" in found:  # files hold one bias twice
        found["cls.predictions.decoder.bias"] = found["cls.predictions.bias"]
    return found


def inputs(name: str, batch: int, seq: int, config: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Returns ids, types and a mask with pads right, left and in the middle; for one case places.

    Row 0 has no pads; so have all rows of a case with one row.
    """
    draw = np.random.PCG64(len(name) + 100 * seq)
    raw = draw.random_raw(3 * batch * seq).reshape(3, batch, seq)
    mask = np.ones((batch, seq), np.int64)
    for row in range(1, batch):
        hidden = (np.s_[-2:], np.s_[:1], np.s_[seq // 2 : seq // 2 + 1])[row % 3 - 1]
        mask[row, hidden] = 0
    found = {
        "input_ids": raw[0] % config["vocab_size"],
        "token_type_ids": raw[1] % config["type_vocab_size"],
        "attention_mask": mask,
    }
    if name == "pooler_relu":
        found["position_ids"] = raw[2] % config["max_position_embeddings"]
    return {key: value.astype(np.int64) for key, value in found.items()}


class Golden:
    """A stored case: config, inputs and transformers' answers; weights are made anew."""

    def __init__(self, name: str) -> None:
        self.folder = FOLDER / "bert" / name
        self.config: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        facts = json.loads((self.folder / "golden.json").read_text())
        self.variant: str = facts["variant"]
        self.weights = weights(self.config, self.variant, facts["seed"], facts["rounded"])
        with np.load(self.folder / "arrays.npz") as arrays:
            parts = {key: arrays[key] for key in arrays.files}
        self.inputs = {k[3:]: v for k, v in parts.items() if k.startswith("in/")}
        self.outputs = {k[4:]: v for k, v in parts.items() if k.startswith("out/")}

    def worst(self, found: Mapping[str, Any]) -> float:
        """Returns the largest difference of all stored outputs; shapes must agree."""
        worst = 0.0
        for name, wanted in self.outputs.items():
            got = np.stack(found[name]) if name == "hidden_states" else np.asarray(found[name])
            assert got.shape == wanted.shape, (name, got.shape, wanted.shape)
            worst = max(worst, float(np.abs(got - wanted).max()))
        return worst

    def checkpoint(self, folder: Path) -> Path:
        """Puts the config into a folder that gets the weights next; returns the folder."""
        folder.mkdir(exist_ok=True)
        shutil.copy(self.folder / "config.json", folder)
        return folder
