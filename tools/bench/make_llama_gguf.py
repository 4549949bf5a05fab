#!/usr/bin/env python3
"""Writes a GGUF file of a Llama whose weights are random blocks of one format.

The blocks are made as they are, not quantised from numbers: 1 GB takes seconds. llama.cpp and
rlxflow both read the file; it has no tokenizer. Needs the package gguf.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from lib.llama_shapes import SHAPES

EPILOG = "example: tools/bench/make_llama_gguf.py q8_0 --shape 1b -o llama-1b-q8_0.gguf"
BLOCKS = {  # elements of a block, and where its f16 scales stand, in bytes
    "q8_0": (32, (0,)),
    "q4_0": (32, (0,)),
    "q4_k": (256, (0, 2)),
    "q5_k": (256, (0, 2)),
    "q6_k": (256, (208,)),
}
PLAIN = {"f32": np.float32, "f16": np.float16, "bf16": np.uint16}


class Blocks:
    """Random weights of one format, alike in size to those of a trained model."""

    def __init__(self, kind: str, seed: int = 0) -> None:
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

        self.kind = GGMLQuantizationType[kind.upper()]
        self.elements, self.bytes = GGML_QUANT_SIZES[self.kind]
        draw = np.random.default_rng(seed)
        if kind in PLAIN:
            normal = draw.standard_normal(1 << 21, np.float32) * np.float32(0.02)
            whole = normal.astype(np.float16) if kind == "f16" else normal
            raw = whole.view(np.uint32) >> 16 if kind == "bf16" else whole
            self._pool = raw.astype(PLAIN[kind]).view(np.uint8).reshape(-1, self.bytes)
            return
        self._pool = draw.integers(0, 256, (1 << 16, self.bytes), np.uint8)
        for at in BLOCKS[kind][1]:
            scales = draw.uniform(1e-4, 3e-4, len(self._pool)).astype(np.float16)
            self._pool[:, at : at + 2] = scales.view(np.uint8).reshape(-1, 2)

    def rows(self, count: int, width: int, seed: int) -> np.ndarray:
        """Returns u8[count, bytes]: rows of so many elements."""
        blocks = count * (width // self.elements)
        start = seed * 7919 % len(self._pool)
        taken = np.take(self._pool, np.arange(start, start + blocks), axis=0, mode="wrap")
        return taken.reshape(count, -1)


def tensors(shape: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Returns name, rows and columns of every matrix."""
    d, f, v = shape["hidden_size"], shape["intermediate_size"], shape["vocab_size"]
    q, k = (shape[f"num_{name}_heads"] * shape["head_dim"] for name in HEADS)
    made = [("token_embd", v, d)]
    if not shape["tie_word_embeddings"]:
        made.append(("output", v, d))
    for i in range(shape["num_hidden_layers"]):
        parts = {"attn_q": (q, d), "attn_k": (k, d), "attn_v": (k, d), "attn_output": (d, q)}
        parts |= {"ffn_gate": (f, d), "ffn_up": (f, d), "ffn_down": (d, f)}
        made += [(f"blk.{i}.{name}", *sizes) for name, sizes in parts.items()]
    return made


HEADS = ("attention", "key_value")


def write(path: Path, kind: str, shape: dict[str, Any]) -> None:
    """Writes the file."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_vocab_size(shape["vocab_size"])
    writer.add_context_length(131072)
    writer.add_embedding_length(shape["hidden_size"])
    writer.add_block_count(shape["num_hidden_layers"])
    writer.add_feed_forward_length(shape["intermediate_size"])
    writer.add_head_count(shape["num_attention_heads"])
    writer.add_head_count_kv(shape["num_key_value_heads"])
    writer.add_key_length(shape["head_dim"])
    writer.add_value_length(shape["head_dim"])
    writer.add_rope_dimension_count(shape["head_dim"])
    writer.add_rope_freq_base(shape["rope_theta"])
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("none")
    blocks, ones = Blocks(kind), np.ones(shape["hidden_size"], np.float32)
    for seed, (name, rows, columns) in enumerate(tensors(shape)):
        raw = blocks.rows(rows, columns, seed)
        if kind in ("f32", "f16"):
            writer.add_tensor(f"{name}.weight", raw.view(PLAIN[kind]))
        else:
            writer.add_tensor(f"{name}.weight", raw, raw_dtype=blocks.kind)
    for i in range(shape["num_hidden_layers"]):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{i}.{name}.weight", ones)
    writer.add_tensor("output_norm.weight", ones)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    parser.add_argument("format", choices=[*PLAIN, *BLOCKS])
    parser.add_argument("--shape", choices=SHAPES, default="tiny", help="default tiny")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.gguf")
    options = parser.parse_args()
    shape = SHAPES[options.shape]
    block = BLOCKS[options.format][0] if options.format in BLOCKS else 1
    if shape["hidden_size"] % block or shape["intermediate_size"] % block:
        parser.error(f"{options.format}: rows are whole blocks of {block}: choose --shape 1b")
    write(options.output, options.format, shape)


if __name__ == "__main__":
    main()
