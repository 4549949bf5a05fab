"""Random weights of a Llama, in memory that every engine can use as it is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rlxflow.runtime.checkpoint import Checkpoint, open_checkpoint
from rlxflow.runtime.drawn_weights import with_drawn_weights


def drawn(raw: dict[str, Any], dtype: str | None = None) -> Checkpoint:
    """Returns the checkpoint of a config.json's object with random weights."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(raw))
        return with_drawn_weights(open_checkpoint(folder, weights=None, dtype=dtype))


def arrays_of(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """Returns the weights of a checkpoint by name."""
    source = checkpoint.source
    assert source is not None
    return {name: source.read(name) for name in source.names()}
