"""`Model.generate`: options checked, programs compiled once and kept, prompts of every form."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow.config.json_file import read_json_object
from rlxflow.errors import ConfigError, InputError
from rlxflow.flow.params import param_specs
from rlxflow.kernels.built import bind_built
from rlxflow.recipes.base import FlowRequest
from rlxflow.runtime.chat import render_chats
from rlxflow.runtime.checkpoint import Checkpoint
from rlxflow.runtime.generate import Generation, Limits, Timing
from rlxflow.runtime.generate_options import GenerateOptions, check_names, sampling
from rlxflow.runtime.generate_text import Row, run_ids, run_rows
from rlxflow.runtime.gguf_tokenizer import special_tokens
from rlxflow.runtime.sampling import Choice, SamplingOptions

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel
    from rlxflow.runtime.model import Model
    from rlxflow.runtime.step_compile import Workshop
    from rlxflow.runtime.stepper import StepProgram


WORKERS = 4
"""Threads: a program is made by one while another takes its weights to the device."""


class Generator:
    """Generates with one model; keeps the compiled steps and the last run's timing.

    jax is imported once weights are being read for the first step, which takes longer.

    Attributes:
        workers: Threads that make programs.
        timing: Of the last run.
    """

    def __init__(self, model: Model) -> None:
        self._model, self._checkpoint = model, model.checkpoint
        self.workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="rlxflow")
        self._built: dict[tuple[FlowRequest, Choice], BuiltModel] = {}
        self._programs: dict[tuple[FlowRequest, Choice], StepProgram] = {}
        self._making = threading.Lock()
        self.timing = Timing()

    @functools.cached_property
    def _shop(self) -> Workshop:
        from rlxflow.runtime.step_compile import Workshop
        from rlxflow.runtime.step_store import StepStore

        folder = self._model.cache_folder
        store = StepStore(folder) if folder else None
        return Workshop(self._model.weights.on_device, self.workers, store)

    def generate(self, prompt: object, options: GenerateOptions) -> Any:
        """Continues prompts; see `Model.generate`."""
        check_names(options)
        self.check_family()
        chosen, count = sampling(options), options.get("max_new_tokens", 32)
        sliding, given = options.get("sliding", False), options.get("eos_token_id")
        texts: Any = [prompt] if isinstance(prompt, str) else prompt
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            array, rows = check_ids(prompt, options.get("attention_mask"))
            run = self.start(rows, count, chosen, sliding)
            return run_ids(run, array, chosen_ids(given, frozenset()), self._checkpoint.pad_id)
        chat, stop = options.get("chat"), _words(options.get("stop"))
        templated = self._model.prompts.chat_template is not None if chat is None else chat
        rows, pieces = self.from_texts(
            texts,
            count,
            chosen,
            stop=stop,
            ends=chosen_ids(given, end_ids(self._checkpoint)),
            chat=templated,
            sliding=sliding,
        )
        if options.get("stream"):
            if len(rows) != 1:
                raise InputError("stream", expected="one prompt", found=f"{len(rows)}")
            return (piece[0] for piece in pieces if piece[0])
        for _ in pieces:
            pass
        decode = self._model.prompts.decode
        whole = [row.text if templated else decode(row.prompt) + row.text for row in rows]
        return whole[0] if isinstance(prompt, str) else whole

    def program(
        self,
        phase: str,
        batch: int,
        seq: int,
        context: int,
        options: SamplingOptions,
        suppressed: tuple[int, ...] = (),
    ) -> StepProgram:
        """Returns a step, which is being compiled from now on unless it is already."""
        return self.prepare(phase, batch, seq, context, options, suppressed)()

    def prepare(
        self,
        phase: str,
        batch: int,
        seq: int,
        context: int,
        options: SamplingOptions,
        suppressed: tuple[int, ...] = (),
    ) -> Callable[[], StepProgram]:
        """Builds a step unless it is already; returns what begins to compile it.

        Caches of all steps of one context have one shape.
        """
        request = FlowRequest(
            phase=phase,
            batch=batch,
            seq=seq,
            context=context,
            cache_dtype=self._checkpoint.cache_dtype,
            compute_dtype=self._checkpoint.compute_dtype,
            last_token=phase == "prefill",
        )
        choice = Choice(options.greedy, options.penalised, options.width, suppressed)
        if (request, choice) not in self._built:
            with self._making:
                if (request, choice) not in self._built:
                    self._built[request, choice] = self._bound(request)
        return functools.partial(self._begun, request, choice)

    def _begun(self, request: FlowRequest, choice: Choice) -> StepProgram:
        """Returns a step that is built; it is being compiled."""
        if (request, choice) not in self._programs:
            with self._making:
                if (request, choice) not in self._programs:
                    made = self._compiling(self._built[request, choice], choice)
                    self._programs[request, choice] = made
        return self._programs[request, choice]

    def _bound(self, request: FlowRequest) -> BuiltModel:
        """Returns the module of a step, with its kernels."""
        built = self._checkpoint.build(self._checkpoint.flow(request))
        platform = self._model.weights.platform
        return bind_built(built.on_platform(platform), platform)

    def _compiling(self, built: BuiltModel, choice: Choice) -> StepProgram:
        """Returns a step for which weights are read and a program is compiled."""
        self._model.weights.host.begin(param_specs(built.module.arguments()), built.plan)
        from rlxflow.runtime.step_compile import compile_step

        return compile_step(built, choice, self._shop)

    def start(
        self, prompts: Sequence[Sequence[int]], count: int, options: SamplingOptions, sliding: bool
    ) -> Generation:
        """Returns a checked run that has not begun."""
        self.check_family()
        recipe, config = self._checkpoint.recipe, self._checkpoint.config
        if sliding and not recipe.slides(config):
            raise InputError(
                "sliding", expected="a model whose layers all have a window", found="full attention"
            )
        rows = [[int(i) for i in row] for row in prompts]
        limits = self.limits(sliding=sliding)
        run = Generation(rows, count, options, limits, self.prepare, self.workers)
        self.timing = run.timing
        return run

    def check_family(self) -> None:
        """Raises ConfigError unless the model goes on from text, token by token."""
        recipe, family = self._checkpoint.recipe, self._checkpoint.raw.get("model_type")
        if "decode" not in recipe.phases:
            raise ConfigError("generate", expected="a causal language model", found=f"`{family}`")
        if recipe.prompt_inputs:
            raise ConfigError(
                "generate",
                expected="a model that goes on from text alone",
                found=f"`{family}`, which takes {', '.join(recipe.prompt_inputs)}",
                cure="call `transcribe` with `input_features`",
            )

    def limits(self, *, sliding: bool = False) -> Limits:
        """Returns what the model allows."""
        recipe, config = self._checkpoint.recipe, self._checkpoint.config
        return Limits(
            max_positions=None if sliding else recipe.max_positions(config),
            vocab_size=int(self._checkpoint.raw["vocab_size"]),
            restart_at=recipe.restart_at(config),
        )

    def from_texts(
        self,
        texts: Sequence[str],
        count: int,
        options: SamplingOptions,
        *,
        stop: tuple[str, ...],
        ends: frozenset[int],
        chat: bool,
        sliding: bool,
    ) -> tuple[list[Row], Iterator[list[str]]]:
        """Returns the rows, which fill as the iterator of new text is drawn."""
        tokenizer = self._model.prompts
        prompts = self._questions(texts) if chat else list(texts)
        encoded = [tokenizer.encode_prompt(text, special=not chat) for text in prompts]
        for text, ids in zip(texts, encoded, strict=True):
            if not text or not ids:
                raise InputError("prompt", expected="some text", found="none")
        run = self.start(encoded, count, options, sliding)
        rows = [Row(ids, tokenizer.decode, stop, ends) for ids in encoded]
        return rows, run_rows(run, rows)

    def _questions(self, texts: Sequence[str]) -> list[str]:
        """Returns the prompts in which the texts are questions, as the chat template puts them."""
        template = self._model.prompts.chat_template
        if template is None:
            raise InputError("chat", expected="a checkpoint with a chat template", found="none")
        special = self._model.prompts.special_tokens
        questions = [[{"role": "user", "content": text}] for text in texts]
        return render_chats(template, questions, special)


def _words(given: str | Sequence[str] | None) -> tuple[str, ...]:
    words = (given,) if isinstance(given, str) else tuple(given or ())
    if "" in words:
        raise InputError("stop", expected="texts", found="an empty one")
    return words


def check_ids(ids: object, mask: object) -> tuple[np.ndarray, list[list[int]]]:
    """Returns ids [b, t], and each row's ids without its pads, wherever they stand.

    Raises InputError if the ids are no integers [b, t], or the mask is of another shape.
    """
    try:
        array = np.asarray(ids)
    except ValueError:
        found = "rows of different lengths, or no numbers"
        raise InputError("ids", expected="integers [b, t]", found=found) from None
    if array.ndim != 2 or array.dtype.kind not in "iu":
        found = f"{array.dtype}{list(array.shape)}"
        raise InputError("ids", expected="integers [b, t]", found=found)
    keep = np.ones(array.shape, np.bool_) if mask is None else np.asarray(mask)
    if keep.shape != array.shape or keep.dtype.kind not in "iub":
        found = f"{keep.dtype}{list(keep.shape)}"
        raise InputError("attention_mask", expected=f"integers {list(array.shape)}", found=found)
    return array, [row[kept != 0].tolist() for row, kept in zip(array, keep, strict=True)]


def chosen_ids(given: int | Sequence[int] | None, usual: frozenset[int]) -> frozenset[int]:
    """Returns the ids that a caller names, or else the usual ones."""
    if given is None:
        return usual
    asked: Any = given
    several = isinstance(asked, Iterable) and not isinstance(asked, str)
    ids: list[Any] = list(asked) if several else [asked]
    if not all(isinstance(one, (int, np.integer)) for one in ids):
        raise InputError("eos_token_id", expected="an id or a list of ids", found=f"{given!r}")
    return frozenset(ids)


def end_ids(checkpoint: Checkpoint) -> frozenset[int]:
    """Returns the ids that end an answer, as the GGUF file, generation or model config says."""
    if checkpoint.metadata is not None:
        return frozenset(special_tokens(checkpoint.metadata, str(checkpoint.path)).stops)
    path = checkpoint.folder / "generation_config.json"
    settings = read_json_object(path) if path.is_file() else {}
    ends: Any = settings.get("eos_token_id", checkpoint.raw.get("eos_token_id"))
    if ends is None:
        return frozenset()
    numbers: list[Any] = ends if isinstance(ends, list) else [ends]
    if not all(isinstance(number, int) for number in numbers):
        raise ConfigError("eos_token_id", expected="an id or a list of ids", found=json.dumps(ends))
    return frozenset(numbers)
