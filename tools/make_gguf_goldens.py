#!/usr/bin/env python3
"""Makes the goldens of test/goldens/gguf: small files written by other people's code.

Needs the packages gguf (which writes the files and dequantises) and sentencepiece.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from lib.arguments import Parser

GOLDENS = Path(__file__).resolve().parents[1] / "test" / "goldens" / "gguf"
sys.path.insert(0, str(GOLDENS))
from models_by_rule import FFN, HEADS, HIDDEN, KV_HEADS, MODELS, VOCAB, numbers, tensors_of  # noqa: E402

EPILOG = "example: tools/make_gguf_goldens.py --check"
SCALES = {"Q4_0": 1, "Q4_1": 2, "Q5_0": 1, "Q5_1": 2, "Q8_0": 1}
K_SCALES = {"Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}
TEXTS = [
    "the the hat",
    " two  spaces ",
    "",
    "naïve café: 日本 <tool>",
    "line\nline\tend\n\n",
    "1234 aaaa hahaha",
]


def model_file(model: str, path: Path) -> bytes:
    """Returns a model's file, which is written to `path` on the way."""
    import gguf

    arch, layers, head, kind, more = MODELS[model]
    writer = gguf.GGUFWriter(path, arch)
    counts = {"context_length": 64, "embedding_length": HIDDEN, "block_count": layers}
    counts |= {"feed_forward_length": FFN, "attention.head_count": HEADS, "vocab_size": VOCAB}
    counts |= {"attention.head_count_kv": KV_HEADS, "attention.key_length": head, **more}
    counts |= {"attention.value_length": head, "rope.dimension_count": head}
    for key, value in counts.items():
        writer.add_uint32(f"{arch}.{key}", value)
    writer.add_layer_norm_rms_eps(0.01)
    for stored, (_, values, how) in tensors_of(model).items():
        raw = stored_form(values, how, arch, head)
        plain = raw.ndim == 1 or how == "norm"
        dtype = gguf.GGMLQuantizationType["F32" if plain else kind]
        writer.add_tensor(stored, gguf.quants.quantize(raw, dtype), raw_dtype=dtype)
    if model == "llama":
        writer.add_tensor("rope_freqs.weight", np.array([1, 1, 4, 8], np.float32))
    for length in ("long", "short") if model == "phi3" else ():
        writer.add_tensor(f"rope_factors_{length}.weight", numbers(length, head // 2) + 3)
    for step in ("header", "kv_data", "tensors"):
        getattr(writer, f"write_{step}_to_file")()
    writer.close()
    return path.read_bytes()


def stored_form(values: np.ndarray, how: str, arch: str, head: int) -> np.ndarray:
    """Returns values as llama.cpp's converter changes them."""
    if how == "norm" and arch == "gemma3":
        return values + 1
    if not how.startswith("turn"):
        return values
    heads = HEADS if how == "turn q" else KV_HEADS
    pairs = values.reshape(heads, 2, head // 2, *values.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(values.shape))


def block_file() -> bytes:
    """Returns raw blocks of every quantised type and their values."""
    import gguf

    rng, arrays = np.random.default_rng(5), dict[str, np.ndarray]()
    places = {name: tuple(range(0, 2 * count, 2)) for name, count in SCALES.items()} | K_SCALES
    for name, offsets in places.items():
        kind = gguf.GGMLQuantizationType[name]
        raw = rng.integers(0, 256, (2, 3, gguf.GGML_QUANT_SIZES[kind][1]), np.uint8)
        for offset in offsets:
            scale = rng.uniform(-2, 2, (2, 3, 1)).astype(np.float16)
            raw[..., offset : offset + 2] = scale.view(np.uint8)
        raw = raw.reshape(2, -1)
        arrays |= {f"{name}/raw": raw, f"{name}/values": gguf.quants.dequantize(raw, kind)}
    return zipped(arrays)


def sentencepiece_file() -> bytes:
    """Returns a small vocabulary of sentencepiece and the ids of some texts."""
    import sentencepiece

    data = io.BytesIO()
    lines = [line for line in (__doc__ or "").split(". ") * 9] + ["the hat hahaha 日本 ha"] * 5
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=data,
        vocab_size=340,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        user_defined_symbols=["<tool>"],
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=data.getvalue())
    ids = range(pieces.get_piece_size())
    tests: list[tuple[int, Callable[[int], bool]]] = [
        (2, pieces.is_unknown),
        (3, pieces.is_control),
        (6, pieces.is_byte),
        (4, lambda i: pieces.id_to_piece(i) == "<tool>"),
        (1, lambda _: True),
    ]
    facts = {
        "tokens": [pieces.id_to_piece(i) for i in ids],
        "scores": [pieces.get_score(i) for i in ids],
        "types": [next(kind for kind, holds in tests if holds(i)) for i in ids],
        "texts": {text: pieces.encode(text) for text in TEXTS},
    }
    return json.dumps(facts, indent=0, ensure_ascii=False).encode()


def zipped(arrays: dict[str, np.ndarray]) -> bytes:
    """Returns the arrays as an .npz file."""
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)
    return data.getvalue()


def main() -> int:
    """Writes the files, or compares them with those that are there."""
    parser = Parser(description=__doc__, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 if any differs")
    check = parser.parse_args().check
    files = {"blocks.npz": block_file(), "sentencepiece.json": sentencepiece_file()}
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            files[f"{model}.gguf"] = model_file(model, Path(folder) / "model")
    GOLDENS.mkdir(exist_ok=True)
    status = 0
    for name, data in files.items():
        path = GOLDENS / name
        if not check:
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            print(f"{path} differs", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
