"""A flow with closures of your own: a gate, a slot, a tap, a branch, and a fenced stage.

Run it with `python examples/custom_flow.py`. It needs no checkpoint: the weights are random.
"""

from __future__ import annotations

import numpy as np

import rlxflow as rf
from rlxflow import ops

VOCAB, HIDDEN, CLASSES = 11, 6, 3


def open_gate(emit: rf.Emit, x: rf.Value) -> rf.Value:
    """Publishes sigmoid(x gate.T) for a later stage and passes `x` through."""
    weight = emit.param("gate.weight", {"o": HIDDEN, "d": x.size("d")})
    gate = ops.logistic(ops.dot(x, weight, over="d"))  # [b, t, o]
    emit.set_named("gate", ops.rename(gate, o="d"))
    return x


def apply_gate(emit: rf.Emit, x: rf.Value) -> rf.Value:
    return x * emit.named("gate")


def classify(emit: rf.Emit, x: rf.Value) -> rf.Value:
    """Returns scores [b, c] of the mean token."""
    weight = emit.param("classes.weight", {"c": CLASSES, "d": x.size("d")})
    return ops.dot(ops.mean(x, over="t"), weight, over="d")


def flow() -> rf.ModelFlow:
    scores = rf.LayerStack.named("classifier").custom(classify, name="scores").build()
    return (
        rf.ModelFlow("gated")
        .input("ids", rf.Shape([2, 5], "i32"), below=VOCAB)
        .embed("table.weight", vocab_size=VOCAB, hidden_size=HIDDEN)
        .tap("embedded")
        .residual_save()
        .custom(open_gate, name="open_gate", writes=("gate",))
        .layer_norm("norm.weight", "norm.bias", eps=1e-5)
        .custom(apply_gate, name="apply_gate", reads=("gate",), mode="fence")
        .residual_add()
        .branch("scores", scores)
        .output("states")
    )


def main() -> None:
    print(flow().describe())
    draw = np.random.default_rng(0)
    needed = flow().describe().weights
    weights = {spec.name: draw.normal(size=spec.shape).astype(np.float32) for spec in needed}
    built = flow().build(weights)
    print(built.summary())
    compiled = built.compile()
    found = compiled(ids=np.arange(10).reshape(2, 5))
    for name, value in found.items():
        print(f"{name}: {value.dtype}{list(value.shape)}")
    calls = [line for line in compiled.hlo().splitlines() if " call(" in line]
    print(f"{len(calls)} fenced stage is a call in the optimised HLO")
    expected = reference(weights, np.arange(10).reshape(2, 5))
    print(f"difference from numpy: {np.abs(found['states'] - expected).max():.1e}")


def reference(weights: dict[str, np.ndarray], ids: np.ndarray) -> np.ndarray:
    x = weights["table.weight"][ids]
    gate = 1 / (1 + np.exp(-x @ weights["gate.weight"].T))
    centred = x - x.mean(-1, keepdims=True)
    norm = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return x + gate * (norm * weights["norm.weight"] + weights["norm.bias"])


if __name__ == "__main__":
    main()
