#!/usr/bin/env python3
"""Makes test/goldens/families: what transformers computes with small models that are not causal.

Needs torch and transformers, and diffusers for the models that are its own.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from lib.arguments import Parser
from lib.family_cases import CASES, Case
from make_decoder_goldens import NOTES, Files, differs

GOLDENS = Path(__file__).resolve().parents[1] / "test" / "goldens"
sys.path.insert(0, str(GOLDENS))
import golden_families  # noqa: E402

EPILOG = "example: tools/make_family_goldens.py --check mpnet"
SEED = 3
OUTPUTS = ("last_hidden_state", "pooler_output", "logits", "text_embeds", "image_embeds")
OUTPUTS += ("logits_per_image", "encoder_last_hidden_state")
STATES = ("hidden_states", "encoder_hidden_states", "decoder_hidden_states")


def case(name: str, what: Case) -> Files:
    """Returns the files of a case by name: text or arrays."""
    import torch
    import transformers

    kind = getattr(transformers, what.architecture)
    config = kind.config_class(**what.config, attn_implementation="eager")
    with tempfile.TemporaryDirectory() as folder:
        shapes = published(kind(config), Path(folder))
        model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    model = getattr(model.eval(), what.part) if what.part else model.eval()
    inputs = what.inputs()
    with torch.no_grad():
        given = {k: torch.from_numpy(v) for k, v in inputs.items()}
        answer = model(**given, output_hidden_states=True)
    arrays: dict[str, np.ndarray] = {f"in/{k}": v for k, v in inputs.items()}
    found = {key: getattr(answer, key, None) for key in OUTPUTS}
    arrays |= {f"out/{k}": v.numpy() for k, v in found.items() if v is not None}
    for key in STATES:
        states = getattr(answer, key, None)
        if states is not None:
            arrays[f"out/{key}"] = torch.stack(states).numpy()
    if what.new_tokens:
        first = torch.from_numpy(next(iter(inputs.values())))
        model.generation_config.max_length = None
        chosen = model.generate(first, max_new_tokens=what.new_tokens, do_sample=False)
        arrays["greedy"] = chosen.numpy()
    stored = json.loads(config.to_json_string(use_diff=False))
    known = {k: v for k, v in sorted(stored.items()) if v is not None and k not in NOTES}
    known |= {"architectures": [what.architecture]}
    return {
        f"{name}/config.json": json.dumps(known, indent=2) + "\n",
        f"{name}/golden.json": json.dumps({"seed": SEED, "shapes": shapes}) + "\n",
        f"{name}/arrays.npz": arrays,
    }


def diffusion_case(name: str, what: Case) -> Files:
    """As `case`, for a model of diffusers."""
    import diffusers
    import torch

    kind = getattr(diffusers, what.architecture)
    with tempfile.TemporaryDirectory() as folder:
        shapes = published(kind(**what.config), Path(folder), "diffusion_pytorch_model.safetensors")
        stored = json.loads((Path(folder) / "config.json").read_text())
        model = kind.from_pretrained(folder, torch_dtype=torch.float32).eval()
    inputs = what.inputs()
    with torch.no_grad():
        answer = model(**{k: torch.from_numpy(v) for k, v in inputs.items()})
    arrays: dict[str, np.ndarray] = {f"in/{k}": v for k, v in inputs.items()}
    known = {k: v for k, v in sorted(stored.items()) if k != "_diffusers_version"}
    return {
        f"{name}/config.json": json.dumps(known, indent=2) + "\n",
        f"{name}/golden.json": json.dumps({"seed": SEED, "shapes": shapes}) + "\n",
        f"{name}/arrays.npz": arrays | {"out/sample": answer.sample.numpy()},
    }


def published(model: Any, folder: Path, file: str = "model.safetensors") -> dict[str, list[int]]:
    """Saves a model with weights by rule; returns names and shapes as they stand in its file."""
    from safetensors.numpy import load_file, save_file

    model.save_pretrained(folder)
    path = folder / file
    shapes = {key: list(array.shape) for key, array in sorted(load_file(path).items())}
    save_file(golden_families.tensors(shapes, SEED), path, metadata={"format": "pt"})
    return shapes


def main() -> int:
    parser = Parser("tools/make_family_goldens.py", description=__doc__, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="compare with the stored files only")
    parser.add_argument("names", nargs="*", help="cases; all if none is named")
    given = parser.parse_args()
    if not all(importlib.util.find_spec(package) for package in ("torch", "transformers")):
        parser.error("expected torch and transformers, found none; pip install them here")
    status = 0
    for name in given.names or CASES:
        make = diffusion_case if CASES[name].library == "diffusers" else case
        for file, made in make(name, CASES[name]).items():
            path = GOLDENS / "families" / file
            change = differs(path, made)
            print(f"{file}: {change or 'ok'}")
            status |= bool(change) and given.check
            if change and not given.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(made, str):
                    path.write_text(made, encoding="utf-8")
                else:
                    np.savez_compressed(path, **made)
    return status


if __name__ == "__main__":
    sys.exit(main())
