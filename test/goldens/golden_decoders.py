"""The small causal models of the goldens: their weights by rule, and what transformers answered.

No weights are stored: each is made from the seed and its own name. `tools/make_decoder_goldens.py`
gives the same ones to transformers and stores names, shapes and answers beside the config:
`decoders/<case>/{config.json,golden.json,arrays.npz}`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent / "decoders"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/golden.json"))


def tensor(name: str, shape: Sequence[int], seed: int, *, offset: bool = False) -> np.ndarray:
    """Returns the f32 tensor of that name: uniform numbers around the mean of its kind.

    The numbers are the raw 64-bit stream of PCG64 seeded with crc32 of `seed:name`, which numpy
    keeps the same in every release. Norm weights lie within 1 +- 0.5 (with `offset`, where 1 is
    added to them by the model, within +-0.5), scales alike, biases within +-0.5, tables have
    variance 1/16 and matrices 2 / columns.
    """
    stream = np.random.PCG64(zlib.crc32(f"{seed}:{name}".encode()))
    raw = stream.random_raw(int(np.prod(shape))).reshape(shape)
    uniform = (raw >> np.uint64(11)) * 2.0**-52 - 1.0  # in [-1, 1)
    if len(shape) == 1:
        mean = 1.0 if name.endswith(("weight", "scale", "scalar")) and not offset else 0.0
        return (mean + 0.5 * uniform).astype(np.float32)
    table = name.split(".")[-2] in {"embed_tokens", "embed_tokens_per_layer", "wte", "wpe"}
    spread = 0.25 if table else (2.0 / shape[-1]) ** 0.5
    return (spread * 3**0.5 * uniform).astype(np.float32)


def tensors(
    shapes: Mapping[str, Sequence[int]], seed: int, model_type: str
) -> dict[str, np.ndarray]:
    """Returns all tensors of a case by their published names."""
    offset = model_type in {"gemma", "gemma2", "gemma3_text"}
    return {name: tensor(name, shape, seed, offset=offset) for name, shape in shapes.items()}


def inputs(vocab_size: int) -> dict[str, np.ndarray]:
    """Returns two rows of 9 ids (the second with 3 pads on its left), one of 21, and a prompt."""
    ids = np.random.PCG64(vocab_size).random_raw(48) % vocab_size
    mask = np.ones((2, 9), np.int64)
    mask[1, :3] = 0
    found = {"input_ids": ids[:18].reshape(2, 9), "attention_mask": mask}
    found |= {"long_input_ids": ids[18:39][None], "prompt_ids": ids[39:][None]}
    found["position_ids"] = np.maximum(mask.cumsum(-1) - 1, 0)
    return {name: array.astype(np.int64) for name, array in found.items()}


class Golden:
    """A stored case."""

    def __init__(self, name: str) -> None:
        folder = FOLDER / name
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text())
        facts = json.loads((folder / "golden.json").read_text())
        self._seed, self._shapes = facts["seed"], facts["shapes"]
        self.inputs = inputs(self.config["vocab_size"])
        with np.load(folder / "arrays.npz") as arrays:
            self.outputs = {key: arrays[key] for key in arrays.files}

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        return tensors(self._shapes, self._seed, self.config["model_type"])

    def checkpoint(self, folder: Path, **changes: object) -> Path:
        """Writes the config, changed or not; returns the folder. Weights are given apart."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config | changes))
        return folder
