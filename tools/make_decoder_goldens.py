#!/usr/bin/env python3
"""Makes test/goldens/decoders: what transformers computes with small causal models.

Needs torch and transformers.
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

GOLDENS = Path(__file__).resolve().parents[1] / "test" / "goldens"
sys.path.insert(0, str(GOLDENS))
import golden_decoders  # noqa: E402

EPILOG = "example: tools/make_decoder_goldens.py --check"
NEW = 16  # tokens
SMALL = {
    "vocab_size": 61,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.02,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
SLIDING, FULL = "sliding_attention", "full_attention"
GEMMA4_LAYERS = [SLIDING, SLIDING, FULL, SLIDING, FULL]
# name: architecture, what the config says beside or instead of SMALL
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": (
        "LlamaForCausalLM",
        {
            "attention_bias": True,
            "mlp_bias": True,
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 50.0,
                "factor": 4.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 3.0,
                "original_max_position_embeddings": 16,
            },
        },
    ),
    "gemma2": (
        "Gemma2ForCausalLM",
        {
            "head_dim": 8,
            "num_hidden_layers": 3,
            "sliding_window": 5,
            "query_pre_attn_scalar": 12,
            "attn_logit_softcapping": 4.0,
            "final_logit_softcapping": 6.0,
        },
    ),
    "phi3": (
        "Phi3ForCausalLM",
        {
            "original_max_position_embeddings": 16,
            "rope_parameters": {
                "rope_type": "longrope",
                "rope_theta": 100.0,
                "original_max_position_embeddings": 16,
                "short_factor": [1.0, 1.1, 1.3],
                "long_factor": [1.5, 3.0, 6.0],
            },
        },
    ),
    "gemma4": (
        "Gemma4ForCausalLM",
        {
            "head_dim": 8,
            "global_head_dim": 12,
            "num_hidden_layers": 5,
            "num_kv_shared_layers": 2,
            "layer_types": GEMMA4_LAYERS,
            "sliding_window": 5,
            "hidden_size_per_layer_input": 7,
            "vocab_size_per_layer_input": 61,
            "use_double_wide_mlp": True,
            "final_logit_softcapping": 9.0,
            "rope_parameters": {
                "sliding_attention": {"rope_type": "default", "rope_theta": 90.0},
                "full_attention": {
                    "rope_type": "proportional",
                    "rope_theta": 700.0,
                    "partial_rotary_factor": 0.5,
                },
            },
        },
    ),
    "gemma4_moe": (
        "Gemma4ForCausalLM",
        {
            "head_dim": 10,
            "global_head_dim": 16,
            "num_hidden_layers": 3,
            "layer_types": ["sliding_attention", "full_attention", "full_attention"],
            "sliding_window": 6,
            "hidden_size_per_layer_input": 0,
            "num_global_key_value_heads": 1,
            "attention_k_eq_v": True,
            "enable_moe_block": True,
            "num_experts": 5,
            "top_k_experts": 2,
            "moe_intermediate_size": 20,
        },
    ),
    "qwen2_moe": (
        "Qwen2MoeForCausalLM",
        {
            "num_hidden_layers": 3,
            "num_experts": 5,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 20,
            "shared_expert_intermediate_size": 30,
            "mlp_only_layers": [1],
            "use_sliding_window": True,
            "sliding_window": 6,
            "layer_types": ["full_attention", "full_attention", "sliding_attention"],
        },
    ),
    "qwen3": ("Qwen3ForCausalLM", {"head_dim": 10, "tie_word_embeddings": True}),
    "olmo2": ("Olmo2ForCausalLM", {"num_hidden_layers": 3}),
    "gpt2": (
        "GPT2LMHeadModel",
        {"n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 64, "layer_norm_epsilon": 0.02},
    ),
}
GPT2_KEYS = {"vocab_size", "bos_token_id", "eos_token_id", "pad_token_id"}
NOTES = {"_name_or_path", "transformers_version", "id2label", "label2id"}


Files = dict[str, str | dict[str, np.ndarray]]


def case(name: str) -> Files:
    """Returns the files of a case with the first seed whose greedy tokens are beyond doubt."""
    for seed in range(100):
        files = with_seed(name, seed)
        if files:
            return files
    raise AssertionError(f"{name}: no seed")


def with_seed(name: str, seed: int) -> Files:
    """Returns the files of a case by name: text or arrays; none if another seed is better."""
    import torch
    import transformers

    architecture, keys = CASES[name]
    kind = getattr(transformers, architecture)
    shared = {k: v for k, v in SMALL.items() if name != "gpt2" or k in GPT2_KEYS}
    config = kind.config_class(**shared | keys, attn_implementation="eager")
    with tempfile.TemporaryDirectory() as folder:
        shapes = published(kind(config), Path(folder), seed, name)
        model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    given = {k: torch.from_numpy(v) for k, v in golden_decoders.inputs(61).items()}
    arrays: dict[str, np.ndarray] = {}
    with torch.no_grad():
        model.eval()
        rows = {k: given[k] for k in ("input_ids", "attention_mask", "position_ids")}
        answer = model(**rows, output_hidden_states=True)
        shown = given["attention_mask"][..., None].bool()
        arrays["logits"] = torch.where(shown, answer.logits, 0).numpy()
        states = torch.stack(answer.hidden_states)
        arrays["hidden_states"] = torch.where(shown, states, 0).numpy()
        arrays["long_logits"] = model(input_ids=given["long_input_ids"]).logits.numpy()
        drawn = model.generate(
            given["prompt_ids"],
            do_sample=False,
            min_new_tokens=NEW,
            max_new_tokens=NEW,
            output_logits=True,
            return_dict_in_generate=True,
        )
    best = torch.stack(drawn.logits).topk(2).values
    margin = float((best[..., 0] - best[..., 1]).min())
    if margin < 2e-3 or len(set(drawn.sequences[0, 9:].tolist())) < 5:
        return {}
    arrays["generated_ids"] = drawn.sequences.numpy()
    stored = json.loads(config.to_json_string(use_diff=False))
    stored["dtype"] = "float32"
    known = {k: v for k, v in sorted(stored.items()) if v is not None and k not in NOTES}
    facts = {"seed": seed, "shapes": shapes}
    return {
        f"{name}/config.json": json.dumps(known, indent=2) + "\n",
        f"{name}/golden.json": json.dumps(facts) + "\n",
        f"{name}/arrays.npz": arrays,
    }


def published(model: Any, folder: Path, seed: int, name: str) -> dict[str, list[int]]:
    """Saves a model with weights by rule; returns names and shapes as they stand in its file."""
    from safetensors.numpy import load_file, save_file

    model.save_pretrained(folder)
    path = folder / "model.safetensors"
    shapes = {key: list(array.shape) for key, array in sorted(load_file(path).items())}
    save_file(
        golden_decoders.tensors(shapes, seed, model.config.model_type),
        path,
        metadata={"format": "pt"},
    )
    return shapes


def differs(path: Path, made: str | dict[str, np.ndarray]) -> str:
    """Returns what differs from a stored file, or nothing. Numbers may differ by 5e-6."""
    if not path.is_file():
        return "missing"
    if isinstance(made, str):
        return "" if path.read_text(encoding="utf-8") == made else "text differs"
    with np.load(path) as stored:
        if sorted(stored.files) != sorted(made):
            return f"holds {sorted(stored.files)}, made {sorted(made)}"
        far = {k: np.abs(stored[k] - v).max() for k, v in made.items()}
        return ", ".join(f"{key} differs by {d:.1e}" for key, d in far.items() if d > 5e-6)


def main() -> int:
    parser = Parser("tools/make_decoder_goldens.py", description=__doc__, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="compare with the stored files only")
    check: bool = parser.parse_args().check
    if not all(importlib.util.find_spec(package) for package in ("torch", "transformers")):
        parser.error("expected torch and transformers, found none; pip install them here")
    status = 0
    for name in CASES:
        for file, made in case(name).items():
            path = GOLDENS / "decoders" / file
            change = differs(path, made)
            print(f"{file}: {change or 'ok'}")
            status |= bool(change) and check
            if change and not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(made, str):
                    path.write_text(made, encoding="utf-8")
                else:
                    np.savez_compressed(path, **made)
    return status


if __name__ == "__main__":
    sys.exit(main())
