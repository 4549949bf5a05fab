"""llama.cpp on a GGUF file, through its C API as the package llama-cpp-python hands it on."""

from __future__ import annotations

import time

import numpy as np
from protocol import Phases, Task, serve


def prepare(task: Task) -> Phases:
    import llama_cpp as lib

    lib.llama_backend_init()
    numbers = lib.llama_model_default_params()
    model = lib.llama_model_load_from_file(task.model.encode(), numbers)
    settings = lib.llama_context_default_params()
    settings.n_ctx = task.context * task.batch
    settings.n_batch = settings.n_ubatch = max(task.prompt * task.batch, 32)
    settings.n_seq_max = task.batch
    settings.n_threads = settings.n_threads_batch = task.threads
    settings.flash_attn_type = 1  # on
    context = lib.llama_init_from_model(model, settings)
    if not context:
        raise SystemExit("error: llama.cpp made no context")
    words = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    ids = np.random.default_rng(1).integers(0, words, (task.batch, task.context))
    memory = lib.llama_get_memory(context)

    def run(tokens: np.ndarray, start: int) -> None:
        """Takes tokens [b, t] that begin at a position, with logits of each row's last."""
        rows, width = tokens.shape
        batch = lib.llama_batch_init(rows * width, 0, 1)
        batch.n_tokens = rows * width
        for i, token in enumerate(tokens.reshape(-1)):
            row, place = divmod(i, width)
            batch.token[i], batch.pos[i] = int(token), start + place
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, row
            batch.logits[i] = place == width - 1
        if lib.llama_decode(context, batch):
            raise SystemExit("error: llama.cpp could not decode")
        lib.llama_synchronize(context)
        lib.llama_batch_free(batch)

    def fill(until: int) -> None:
        """Puts tokens into the cache in pieces of a prompt."""
        lib.llama_memory_clear(memory, True)
        for start in range(0, until, task.prompt):
            run(ids[:, start : min(start + task.prompt, until)], start)

    def prefill() -> float:
        lib.llama_memory_clear(memory, True)
        begin = time.perf_counter()
        run(ids[:, : task.prompt], 0)
        return time.perf_counter() - begin

    def decode() -> float:
        first = task.context - task.steps
        fill(first)
        begin = time.perf_counter()
        for i in range(first, task.context):
            run(ids[:, i : i + 1], i)
        return time.perf_counter() - begin

    return prefill, decode


serve(prepare)
