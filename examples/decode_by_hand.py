"""Prefill and decode with the compiled modules themselves: caches in, caches out, in place.

Run it with `python examples/decode_by_hand.py`. It needs no checkpoint: a tiny Llama is made on
the fly. `Model.generate` does the same, with the choice of the token inside the step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import rlxflow as rf

CONFIG = {
    "model_type": "llama",
    "vocab_size": 50,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
ROWS, WIDTH, CONTEXT, STEPS = 2, 8, 32, 12


def random_weights() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    needed = rf.DecoderFlow.from_config(CONFIG).assemble().describe().weights
    return {
        spec.name: np.ones(spec.shape, np.float32)
        if len(spec.shape) == 1
        else draw.normal(size=spec.shape).astype(np.float32) / 4
        for spec in needed
    }


def address(states: dict[str, Any]) -> dict[str, int]:
    """Returns where each state is in memory."""
    return {name: state.unsafe_buffer_pointer() for name, state in states.items()}


def continue_rows(
    flow: rf.DecoderFlow, weights: dict[str, np.ndarray], ids: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """Returns i32[b, steps], the best token of each row at each step."""
    cached = flow.batch(ROWS).context(CONTEXT)
    prompts = cached.prefill().seq(WIDTH).last_token_logits().assemble().build(weights)
    steps = cached.decode().assemble().build(weights)
    prefill, decode = prompts.compile(), steps.compile()
    print("states:", {name: s.shape for name, s in decode.new_states().items()})

    # The module gives back everything it was handed: `logits`, and each state under its name.
    states = prefill(input_ids=ids, lengths=lengths, **prefill.new_states())
    logits, positions = states.pop("logits"), lengths.copy()
    tokens, begin = [], address(states)
    for _ in range(STEPS):
        tokens.append(np.asarray(logits)[:, -1].argmax(-1).astype(np.int32))
        states = decode(input_ids=tokens[-1][:, None], positions=positions, **states)
        logits, positions = states.pop("logits"), positions + 1
    print(f"{STEPS} steps; caches where they were: {address(states) == begin}")
    memory = decode.memory()
    print(f"bytes of arguments: {memory['arguments']}, beside them: {memory['temporaries']}")
    return np.stack(tokens, axis=1)


def all_at_once(
    flow: rf.DecoderFlow, weights: dict[str, np.ndarray], row: np.ndarray, length: int
) -> np.ndarray:
    """Returns the best tokens after each place from `length` on, by one pass without a cache."""
    whole = flow.batch(1).seq(len(row)).assemble().build(weights).compile()
    ids = row[None]
    places = np.arange(len(row), dtype=np.int32)[None]
    scores = whole(input_ids=ids, attention_mask=np.ones_like(ids), position_ids=places)["logits"]
    return np.asarray(scores)[0, length - 1 : -1].argmax(-1)


def main() -> None:
    weights, flow = random_weights(), rf.DecoderFlow.from_config(CONFIG)
    ids = np.random.default_rng(1).integers(0, 50, (ROWS, WIDTH)).astype(np.int32)
    lengths = np.array([8, 5], np.int32)  # the second row is padded on the right
    tokens = continue_rows(flow, weights, ids, lengths)
    for prompt, length, made in zip(ids, lengths, tokens, strict=True):
        row = np.concatenate([prompt[:length], made])
        same = np.array_equal(all_at_once(flow, weights, row, length), made)
        print(f"prompt of {length} tokens, then {made.tolist()}; one pass agrees: {same}")


if __name__ == "__main__":
    main()
