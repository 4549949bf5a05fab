"""Whisper against what PyTorch stored, if reference checkpoints lie beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow.runtime.model import Model, load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
TOLERANCE = 1e-4
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference checkpoints"),
]


@pytest.fixture(scope="module")
def stored() -> dict[str, np.ndarray]:
    with np.load(ORACLE / "ref" / "whisper.npz") as arrays:
        return {key: arrays[key] for key in arrays.files}


@pytest.fixture(scope="module")
def model() -> Model:
    return load(ORACLE / "checkpoints" / "whisper")


def test_stored_outputs(model: Model, stored: dict[str, np.ndarray]) -> None:
    inputs = {key[3:]: array for key, array in stored.items() if key.startswith("in/")}
    found = model(**inputs, output_hidden_states=True)
    assert len(found["encoder_hidden_states"]) == 3
    found["decoder_hidden_states"] = np.stack(found["decoder_hidden_states"])
    for key in ("logits", "encoder_last_hidden_state", "decoder_hidden_states"):
        assert np.abs(found[key] - stored[f"out/{key}"]).max() <= TOLERANCE, key
    alone = model(input_features=inputs["input_features"])["last_hidden_state"]
    assert np.abs(alone - stored["out/encoder_last_hidden_state"]).max() <= TOLERANCE


def test_transcription_is_what_transformers_generates(
    model: Model, stored: dict[str, np.ndarray]
) -> None:
    """The ids are those of `WhisperForConditionalGeneration.generate`, transformers 5.23."""
    sound = stored["in/input_features"]
    found = model.transcribe(sound, max_new_tokens=20)
    assert found.text is None
    second = [10] * 10 + [96] * 3 + [52] * 4 + [96, 52, 52]
    assert found.ids.tolist() == [[52] * 20, second]
    ended = model.transcribe(sound, max_new_tokens=14, eos_token_id=96)
    assert ended.ids.tolist() == [[52] * 14, [10] * 10 + [0] * 4]
    earlier = model.transcribe(sound, max_new_tokens=12, prompt_ids=[11, 12, 13])
    assert earlier.ids.tolist() == [[52] + [96] * 7 + [52] * 4, [96] * 7 + [40] + [52] * 4]
    begun = model.transcribe(sound, max_new_tokens=12, decoder_input_ids=[[3, 12, 13]] * 2)
    assert begun.ids.tolist() == [[84] * 8 + [52] * 4, [84] * 12]
