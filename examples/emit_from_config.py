"""BERT-base as a module from its numbers alone: no weights, no files, no jax.

Run it with `python examples/emit_from_config.py`.
"""

from __future__ import annotations

import time

from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.bert import BertConfig, BertRecipe

CONFIG = BertConfig(
    vocab_size=30522,
    hidden_size=768,
    num_hidden_layers=12,
    num_attention_heads=12,
    intermediate_size=3072,
    max_position_embeddings=512,
)


def main() -> None:
    begin = time.perf_counter()
    request = FlowRequest(phase="encode", batch=2, seq=128)
    built = BertRecipe().flow(CONFIG, "encoder", request).build()
    composite = built.mlir("composite")
    seconds = time.perf_counter() - begin
    size = sum(param.info.nbytes for param in built.params)
    print(f"{len(built.params)} weights of {size / 1e6:.0f} MB, none of them read")
    print(f"{len(built.dispatch())} stages; built and printed in {seconds * 1e3:.0f} ms")
    print(f"{len(composite) / 1e3:.0f} kB, {composite.count('func.func')} functions")
    print(f"12 layers share one body: {composite.count('rlx.bert_layer')} composites of it")


if __name__ == "__main__":
    main()
