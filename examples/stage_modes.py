"""One model, three ways to lower its stages: what the text and the compiled program then hold.

Run it with `python examples/stage_modes.py`. The model is a small BERT with random weights.
"""

from __future__ import annotations

import numpy as np

import rlxflow as rf

LAYERS, HIDDEN, HEADS, VOCAB = 3, 64, 4, 50


def flow() -> rf.ModelFlow:
    def layer(i: int) -> rf.Stage:
        spec = rf.BertLayerSpec(
            prefix=f"layers.{i}",
            hidden_size=HIDDEN,
            num_attention_heads=HEADS,
            intermediate_size=96,
        )
        return rf.Stage(f"layers.{i}", spec.chain())

    return (
        rf.ModelFlow("small")
        .input("input_ids", rf.Shape([2, 7], "i32"), below=VOCAB)
        .attn_mask_ones(batch=2, seq=7)
        .embed("words.weight", VOCAB, HIDDEN)
        .repeat_layers(LAYERS, layer)
    )


def main() -> None:
    draw = np.random.default_rng(1)
    weights = {
        spec.name: (draw.normal(size=spec.shape) / 8).astype(np.float32)
        for spec in flow().describe().weights
    }
    ids = draw.integers(0, VOCAB, (2, 7))
    first = None
    for mode in ("fuse", "fence", "keep"):
        built = flow().with_modes({"layers.*": mode}).build(weights)
        text, compiled = built.mlir("stablehlo"), built.compile()
        values = np.asarray(compiled(input_ids=ids)["output"])
        first = values if first is None else first
        print(
            f"{mode:<5}  composites in the module: {text.count('stablehlo.composite')}"
            f"  calls in the program: {compiled.hlo().count(' call(')}"
            f"  difference: {np.abs(values - first).max():.1e}"
        )
    print("why:", *(f"{d.path} {d.mode} ({d.reason})" for d in built.dispatch()[-1:]))


if __name__ == "__main__":
    main()
