"""The small models of the goldens that are no causal ones: weights by rule, transformers' answers.

No weights are stored: each is made from the seed and its own name. `tools/make_family_goldens.py`
gives the same ones to transformers and stores config, names, shapes, inputs and answers:
`families/<case>/{config.json,golden.json,arrays.npz}`. To add a family, add a line to `CASES` there
and run it; `test/numeric/test_family_goldens.py` takes every case of the folder.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent / "families"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/golden.json"))
TABLES = ("embed", "shared", "relative_attention_bias")


def tensor(name: str, shape: Sequence[int], seed: int) -> np.ndarray:
    """Returns the f32 tensor of that name: uniform numbers around the mean of its kind.

    The numbers are the raw 64-bit stream of PCG64 seeded with crc32 of `seed:name`. Vectors called
    weight lie within 1 +- 0.5, other vectors and scalars within +-0.5; tables have variance 1/4,
    matrices and filters 2 / (inputs of one output).
    """
    stream = np.random.PCG64(zlib.crc32(f"{seed}:{name}".encode()))
    raw = stream.random_raw(int(np.prod(shape, dtype=int))).reshape(shape)
    uniform = (raw >> np.uint64(11)) * 2.0**-52 - 1.0  # in [-1, 1)
    if len(shape) < 2:
        mean = 1.0 if name.endswith("weight") else 0.0
        return np.asarray(mean + 0.5 * uniform, np.float32)
    table = any(word in name for word in TABLES)
    spread = 0.5 if table else (2.0 / np.prod(shape[1:])) ** 0.5
    return (spread * 3**0.5 * uniform).astype(np.float32)


def tensors(shapes: Mapping[str, Sequence[int]], seed: int) -> dict[str, np.ndarray]:
    """Returns all tensors of a case by their published names."""
    return {name: tensor(name, shape, seed) for name, shape in shapes.items()}


def texts(vocab_size: int, pad_id: int, *, types: int = 0) -> dict[str, np.ndarray]:
    """Returns two rows of 9 ids, the second with 3 pads on its right; token types if any."""
    ids = np.random.PCG64(vocab_size).random_raw(36).astype(np.int64).reshape(4, 9)
    mask = np.ones((2, 9), np.int64)
    mask[1, -3:] = 0
    words = pad_id + 1 + ids[:2] % (vocab_size - pad_id - 1)
    found = {"input_ids": np.where(mask == 1, words, pad_id), "attention_mask": mask}
    return found | ({"token_type_ids": ids[2:] % types} if types else {})


class Golden:
    """A stored case."""

    def __init__(self, name: str) -> None:
        folder = FOLDER / name
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text())
        facts = json.loads((folder / "golden.json").read_text())
        self._seed, self._shapes = facts["seed"], facts["shapes"]
        with np.load(folder / "arrays.npz") as arrays:
            known = {key: arrays[key] for key in arrays.files}
        self.inputs = {k[3:]: v for k, v in known.items() if k.startswith("in/")}
        self.outputs = {k[4:]: v for k, v in known.items() if k.startswith("out/")}
        self.greedy = known.get("greedy")

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        return tensors(self._shapes, self._seed)

    def checkpoint(self, folder: Path, **changes: object) -> Path:
        """Writes the config, changed or not; returns the folder. Weights are given apart."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config | changes))
        return folder

    def difference(self, found: Mapping[str, Any], name: str) -> float:
        """Returns the largest difference of an output; rows at pads are not compared."""
        stored, made = self.outputs[name], found[name]
        made = np.stack(made) if isinstance(made, tuple) else np.asarray(made)
        assert made.shape == stored.shape, (name, made.shape, stored.shape)
        apart = np.abs(made - stored)
        mask = self.inputs.get("attention_mask")
        for lead in (0, 1):  # hidden states are stacked in front
            if mask is not None and apart.shape[lead : lead + 2] == mask.shape:
                shown = mask.astype(bool)
                return float((apart[:, shown] if lead else apart[shown]).max())
        return float(apart.max())
