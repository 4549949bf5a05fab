"""Reference checkpoints made by other code, if a folder of them lies beside the project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rlxflow.runtime.model import load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
TOLERANCE = 1e-4
NAMES = ["bert", "bert_mlm", "roberta", "xlm_roberta", "distilbert", "mpnet", "nomic_bert"]
NAMES += ["modernbert", "t5_encoder"]
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference checkpoints"),
]


def with_old_config(name: str, folder: Path) -> Path:
    """Returns a copy of a checkpoint whose config has the spelling of older transformers."""
    shutil.copytree(ORACLE / "checkpoints" / name, folder, dirs_exist_ok=True)
    old = folder / "config_v4.json"
    if old.exists():
        old.replace(folder / "config.json")
        return folder
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["torch_dtype"] = config.pop("dtype")
    config["gradient_checkpointing"] = False
    if "hidden_act" in config:
        config["position_embedding_type"] = "absolute"
    path.chmod(0o644)
    path.write_text(json.dumps(config | {"transformers_version": "4.6.0.dev0"}))
    return folder


@pytest.mark.parametrize("spelling", ["config", "old config"])
@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs(name: str, spelling: str, tmp_path: Path) -> None:
    folder = ORACLE / "checkpoints" / name
    if spelling == "old config":
        folder = with_old_config(name, tmp_path / name)
    with np.load(ORACLE / "ref" / f"{name}.npz") as arrays:
        stored = {key: arrays[key] for key in arrays.files}
    inputs = {key[3:]: array for key, array in stored.items() if key.startswith("in/")}
    keep = inputs["attention_mask"].astype(bool)
    found = load(folder)(**inputs, output_hidden_states=True)
    states = np.stack(found.pop("hidden_states"))
    known = {key: np.asarray(array) for key, array in found.items()}
    rows = known.get("last_hidden_state", states[-1])
    known["cls"] = rows[:, 0]
    known["mean_pooled"] = (rows * keep[..., None]).sum(1) / keep.sum(1, keepdims=True)
    lengths = np.linalg.norm(known["mean_pooled"], axis=-1, keepdims=True)
    known["embedding"] = known["mean_pooled"] / lengths
    wanted = {
        key[4:]: array
        for key, array in stored.items()
        if key.startswith("out/") and "rope" not in key
    }
    assert np.abs(states - wanted.pop("hidden_states"))[:, keep].max() <= TOLERANCE
    for key, array in wanted.items():
        tokens = array.ndim == 3
        difference = np.abs(known[key] - array)
        assert (difference[keep] if tokens else difference).max() <= TOLERANCE, key


def test_sentences_of_the_stand_in() -> None:
    texts = [
        row["text"]
        for row in json.loads((ORACLE / "ref" / "standin_bert_sentences.json").read_text())
    ]
    with np.load(ORACLE / "ref" / "standin_bert_sentences.npz") as arrays:
        wanted, ids, mask = (arrays[k] for k in ("embedding", "input_ids", "attention_mask"))
    model = load(ORACLE / "standin_bert")
    assert [t.ids for t in model.tokenizer.encode(texts, 256)] == [
        list(row[: kept.sum()]) for row, kept in zip(ids, mask, strict=True)
    ]
    assert np.abs(model.embed(texts) - wanted).max() <= 2e-6
