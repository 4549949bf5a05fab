"""`Model.transcribe`: sound in, tokens and text out; the encoder runs once, then token by token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

import jax
import jax.numpy as jnp
import numpy as np

from rlxflow.config.speech import DETECT, SpeechSettings, read_speech_settings
from rlxflow.errors import ConfigError, InputError, did_you_mean
from rlxflow.runtime.generate import Generation
from rlxflow.runtime.generator import chosen_ids, end_ids
from rlxflow.runtime.sampling import SamplingOptions
from rlxflow.runtime.stepper import StepProgram

if TYPE_CHECKING:
    from rlxflow.runtime.model import Model

GREEDY = SamplingOptions()


class TranscribeOptions(TypedDict, total=False):
    """How sound is transcribed, under the names of transformers.

    Attributes:
        max_new_tokens: At most this many after the prompt; as many as the model can if not given.
        prompt_ids: Ids of earlier text, one list for all rows, put before the start token.
        decoder_input_ids: [b, t], what each answer begins with, instead of what the files say.
        language: Of the sound: `en` and the like; detected if neither this nor the checkpoint says.
        task: `transcribe`, or `translate` to English, where the model knows both.
        eos_token_id: Ids that end an answer; those of the checkpoint if not given.
    """

    max_new_tokens: int | None
    prompt_ids: Sequence[int] | None
    decoder_input_ids: object
    language: str | None
    task: str | None
    eos_token_id: int | Sequence[int] | None


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was heard.

    Attributes:
        ids: i32[b, n], the tokens after the prompt, without the one that ended an answer; shorter
            answers are padded.
        text: One a row; None if the checkpoint has no tokenizer.json.
    """

    ids: np.ndarray
    text: list[str] | None


class Transcriber:
    """Transcribes with one model of two halves."""

    def __init__(self, model: Model) -> None:
        self._model, self._checkpoint = model, model.checkpoint
        if "encoder_hidden_states" not in self._checkpoint.recipe.prompt_inputs:
            family = self._checkpoint.raw.get("model_type")
            raise ConfigError("transcribe", expected="a speech model", found=f"`{family}`")
        self.settings = read_speech_settings(self._checkpoint.folder, self._checkpoint.raw)

    def transcribe(self, features: object, options: TranscribeOptions) -> Transcription:
        """Returns tokens and text; see `Model.transcribe`."""
        known = TranscribeOptions.__annotations__
        for name in options:
            if name not in known:
                expected, cure = f"options {', '.join(known)}", did_you_mean(name, known)
                raise InputError("transcribe", expected=expected, found=f"`{name}`", cure=cure)
        states = self._encode(features)
        with jax.default_device(self._model.weights.on_device.device):
            prompts = self._prompts(states, options)
            count = options.get("max_new_tokens")
            if count is None:
                most = self._checkpoint.max_positions or 0
                count = max(most - max(map(len, prompts)), 1)
            ends = chosen_ids(options.get("eos_token_id"), end_ids(self._checkpoint))
            run = self._start(states, prompts, count, self.settings)
            rows = _answers(run, ends)
        return Transcription(_padded(rows, self._checkpoint.pad_id), self._texts(rows))

    def _encode(self, features: object) -> jax.Array:
        """Returns the encoder's states f32[b, s, d], on the device."""
        checkpoint = self._checkpoint
        shapes = {"input_features": tuple(np.shape(features))}  # pyright: ignore[reportArgumentType, reportCallIssue]
        request = checkpoint.recipe.request_for(checkpoint.config, checkpoint.variant, shapes)
        encoded = self._model.compiled(request)(input_features=features)
        return encoded["last_hidden_state"].astype(jnp.float32)

    def _prompts(self, states: jax.Array, options: TranscribeOptions) -> list[list[int]]:
        """Returns what each row begins with."""
        given, before = options.get("decoder_input_ids"), options.get("prompt_ids")
        named = [n for n in ("prompt_ids", "language", "task") if options.get(n) is not None]
        if given is None:
            ids = self.settings.prompt(options.get("language"), options.get("task"))
            earlier = [] if before is None else _integers(before, "prompt_ids", "t")[0].tolist()
            rows = [[*earlier, *ids] for _ in range(len(states))]
            return self._detect(states, rows) if DETECT in ids else rows
        if named:
            found = f"`{named[0]}` as well"
            raise InputError("decoder_input_ids", expected="alone", found=found)
        array = _integers(given, "decoder_input_ids", "b t")
        if len(array) != len(states):
            expected = f"{len(states)} rows, as `input_features` has"
            raise InputError("decoder_input_ids", expected=expected, found=str(len(array)))
        return array.tolist()

    def _detect(self, states: jax.Array, rows: list[list[int]]) -> list[list[int]]:
        """Puts the likeliest language of each row where it belongs: the best after the start."""
        words = int(self._checkpoint.raw["vocab_size"])
        others = set(range(words)) - set(self.settings.lang_to_id.values())
        only = replace(self.settings, suppress_tokens=tuple(sorted(others)))
        run = self._start(states, [[only.decoder_start_token_id]] * len(rows), 1, only)
        (languages,) = list(run.tokens())
        return [
            [language if i == DETECT else i for i in row]
            for row, language in zip(rows, languages.tolist(), strict=True)
        ]

    def _start(
        self, states: jax.Array, prompts: list[list[int]], count: int, settings: SpeechSettings
    ) -> Generation:
        def prepare(phase: str, *sizes: Any) -> Callable[[], StepProgram]:
            barred = settings.suppress_tokens
            barred += settings.begin_suppress_tokens if phase == "prefill" else ()
            return self._model.generator.prepare(phase, *sizes, suppressed=tuple(sorted(barred)))

        return Generation(
            prompts,
            count,
            GREEDY,
            self._model.generator.limits(),
            prepare,
            self._model.generator.workers,
            extra=(states,),
        )

    def _texts(self, rows: list[list[int]]) -> list[str] | None:
        if not (self._checkpoint.folder / "tokenizer.json").is_file():
            return None
        return [self._model.prompts.decode(row) for row in rows]


def _answers(run: Generation, ends: frozenset[int]) -> list[list[int]]:
    """Draws tokens until every row has ended; returns each row up to its end."""
    rows: list[list[int]] = [[] for _ in run.prompts]
    done = [False] * len(rows)
    with closing(run.tokens()) as tokens:  # pyright: ignore[reportArgumentType]
        for drawn in tokens:
            for i, token in enumerate(drawn.tolist()):
                done[i] = done[i] or token in ends
                if not done[i]:
                    rows[i].append(token)
            if all(done):
                break
    return rows


def _padded(rows: list[list[int]], pad: int) -> np.ndarray:
    ids = np.full((len(rows), max(map(len, rows))), pad, np.int32)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids


def _integers(value: object, name: str, axes: str) -> np.ndarray:
    """Returns ids as [b, t]; raises InputError if they are of another rank, or no integers."""
    expected = f"integers [{axes.replace(' ', ', ')}], at least one"
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(name, expected=expected, found="rows of different lengths") from None
    if array.ndim != len(axes.split()) or array.dtype.kind not in "iu" or not array.size:
        found = f"{array.dtype}{list(array.shape)}"
        raise InputError(name, expected=expected, found=found)
    return np.atleast_2d(array)
