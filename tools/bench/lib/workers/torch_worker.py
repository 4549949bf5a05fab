"""transformers' Llama in bf16 with random weights; kind `eager` or `compiled`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from protocol import Phases, Task, serve

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def prepare(task: Task) -> Phases:
    import torch
    from lib import llama_shapes
    from transformers import LlamaConfig, LlamaForCausalLM, StaticCache

    torch.set_num_threads(task.threads)
    torch.set_grad_enabled(False)
    raw = llama_shapes.config(task.model)
    config = LlamaConfig(**{name: value for name, value in raw.items() if name != "model_type"})
    torch.set_default_dtype(torch.bfloat16)
    model = LlamaForCausalLM(config).eval()
    step = torch.compile(model.forward) if task.kind == "compiled" else model.forward
    draw = torch.Generator().manual_seed(1)
    ids = torch.randint(0, raw["vocab_size"], (task.batch, task.prompt), generator=draw)
    cache = StaticCache(config=config, max_cache_len=task.context)

    def run(tokens: torch.Tensor, start: int) -> torch.Tensor:
        places = torch.arange(start, start + tokens.shape[1])
        out = step(
            input_ids=tokens,
            position_ids=places[None],
            cache_position=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return out.logits[:, -1:].argmax(-1)

    def prefill() -> float:
        cache.reset()
        begin = time.perf_counter()
        run(ids, 0)
        return time.perf_counter() - begin

    def decode() -> float:
        token = ids[:, -1:]
        start = task.context - task.steps
        set_length(cache, start)
        begin = time.perf_counter()
        for i in range(task.steps):
            token = run(token, start + i)
        return time.perf_counter() - begin

    return prefill, decode


def set_length(cache: object, length: int) -> None:
    """Tells a cache that keeps count of its tokens how many it holds."""
    for layer in getattr(cache, "layers", ()):
        count = getattr(layer, "cumulative_length", None)
        if isinstance(count, int):
            layer.cumulative_length = length
        elif count is not None:
            count.fill_(length)


serve(prepare)
