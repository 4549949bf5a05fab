"""Whisper: configs, inputs and options that are refused, by name; phases that agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_whisper import CONFIG, MULTILINGUAL, sound, write_checkpoint

from rlxflow.config.profile import CompileProfile
from rlxflow.config.speech import DETECT, SpeechSettings, read_speech_settings
from rlxflow.errors import ConfigError, FlowError, InputError
from rlxflow.recipes.whisper import WhisperConfig
from rlxflow.runtime.model import Model, load


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(write_checkpoint(tmp_path_factory.mktemp("whisper"), MULTILINGUAL))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale_embedding": True}, "`scale_embedding` is supported as False only"),
        ({"d_model": 25}, "d_model must be a multiple of the attention heads, 4"),
        ({"activation_function": "sine"}, "activation_function: expected one of gelu"),
        ({"encoder_layer": 3}, "`encoder_layer` is unknown .* did you mean `encoder_layers`"),
        ({"is_encoder_decoder": "no"}, "`is_encoder_decoder` is supported as True only"),
    ],
)
def test_config_refusals(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        WhisperConfig.from_dict(CONFIG | changes)


CALLS: dict[str, tuple[Callable[[Model], object], str]] = {
    "short features": (
        lambda m: m(input_features=sound()[..., :17]),
        r"`input_features`: expected \[b, 6, 18\].*found \[2, 6, 17\]; pad or cut",
    ),
    "features without rows": (
        lambda m: m(input_features=sound()[0]),
        r"expected \[b, mels, frames\], each at least 1, found \[6, 18\]",
    ),
    "no features": (
        lambda m: m(decoder_input_ids=np.zeros((2, 3), int)),
        "call: expected input_features, found decoder_input_ids",
    ),
    "other rows": (
        lambda m: m(input_features=sound(), decoder_input_ids=np.zeros((1, 3), int)),
        "`decoder_input_ids`: expected 2 rows, as `input_features` has, found 1",
    ),
    "too many tokens": (
        lambda m: m(input_features=sound(), decoder_input_ids=np.zeros((2, 17), int)),
        "seq: expected at most 16 tokens, found 17",
    ),
    "id out of range": (
        lambda m: m(input_features=sound(), decoder_input_ids=np.full((2, 3), 260)),
        r"`decoder_input_ids`\[0, 0\]: expected 0 <= id < 260, found 260",
    ),
    "long prompt": (
        lambda m: m.transcribe(sound(), prompt_ids=[5] * 14),
        "expected at most 16 tokens with the new ones, found 18 and 1 new",
    ),
    "prompt of unknown ids": (
        lambda m: m.transcribe(sound(), prompt_ids=[260]),
        "prompt 0: expected ids below 260, found 260",
    ),
    "prompt of another rank": (
        lambda m: m.transcribe(sound(), prompt_ids=[[5]]),
        r"prompt_ids: expected integers \[t\], at least one, found int64\[1, 1\]",
    ),
    "ragged beginnings": (
        lambda m: m.transcribe(sound(), decoder_input_ids=[[5], [5, 6]]),
        r"decoder_input_ids: expected integers \[b, t\].*rows of different lengths",
    ),
    "beginnings of other rows": (
        lambda m: m.transcribe(sound(), decoder_input_ids=[[5]]),
        "decoder_input_ids: expected 2 rows",
    ),
    "beginning and language": (
        lambda m: m.transcribe(sound(), decoder_input_ids=[[5], [5]], language="en"),
        "decoder_input_ids: expected alone, found `language` as well",
    ),
    "unknown language": (
        lambda m: m.transcribe(sound(), language="dee"),
        "language: expected one of en, de, found `dee`; did you mean `de`",
    ),
    "unknown option": (
        lambda m: m.transcribe(sound(), max_tokens=3),  # pyright: ignore[reportCallIssue]
        "transcribe: expected options .*found `max_tokens`; did you mean `max_new_tokens`",
    ),
    "text alone": (lambda m: m.generate("a"), "generate: .*takes encoder_hidden_states; call `tr"),
    "encode with tokens": (lambda m: m.flow("encode", seq=3), "seq: expected none: `encode`"),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_refusals(model: Model, name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises(FlowError, match=message):
        call(model)


def test_other_models_do_not_transcribe(tmp_path: Path) -> None:
    from tiny_decoder import write_config

    other = load(write_config(tmp_path), weights=None)
    with pytest.raises(ConfigError, match="transcribe: expected a speech model, found `llama`"):
        other.transcribe(sound())


def scores(model: Model, features: np.ndarray, begin: list[list[int]]) -> np.ndarray:
    """Returns the scores of all tokens, in one pass of one length: what follows is not seen."""
    rows, count = np.shape(begin)
    ids = np.zeros((rows, 7), int)
    ids[:, :count] = begin
    found = model(input_features=features, decoder_input_ids=ids)["logits"]
    return np.asarray(found)[:, :count]


def greedy(model: Model, features: np.ndarray, begin: list[list[int]], count: int) -> np.ndarray:
    """Returns the tokens that whole passes without a cache choose one by one."""
    ids = [list(row) for row in begin]
    for _ in range(count):
        for row, best in zip(ids, scores(model, features, ids)[:, -1].argmax(-1), strict=True):
            row.append(int(best))
    return np.asarray(ids)[:, len(begin[0]) :]


def test_cached_steps_choose_what_whole_passes_choose(model: Model) -> None:
    features, begin = sound(), [[256, 240], [256, 7]]
    found = model.transcribe(features, decoder_input_ids=begin, max_new_tokens=5, eos_token_id=[])
    np.testing.assert_array_equal(found.ids, greedy(model, features, begin, 5))
    assert found.text == [model.prompts.decode(row) for row in found.ids]


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_caches_are_stacked_alike_where_layers_are_a_loop(model: Model, phase: str) -> None:
    """A step only reads keys and values of the sound, and hands them on as they were."""
    flow = model.flow(phase, seq=1, context=8).with_profile(CompileProfile(layers="loop"))
    module = model.build(flow).lowered("stablehlo")
    names = {port.name for port in module.arguments() if port.kind == "state"}
    stacks = ("key", "value", "cross.key", "cross.value")
    assert names == {f"layers.{{0,1}}.{name}" for name in stacks}


def test_language_is_the_best_of_those_that_are_known(model: Model) -> None:
    features = sound(seed=4)
    first = scores(model, features, [[256], [256]])
    spoken = 240 + first[:, 0, 240:242].argmax(-1)
    begin = [[256, int(language), 242, 259] for language in spoken]
    wanted = model.transcribe(features, decoder_input_ids=begin, max_new_tokens=3)
    found = model.transcribe(features, max_new_tokens=3)
    np.testing.assert_array_equal(found.ids, wanted.ids)


def test_suppressed_tokens_are_not_chosen(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    features, begin = sound(), [[256, 9], [256, 9]]
    plain = model.transcribe(features, decoder_input_ids=begin, max_new_tokens=4, eos_token_id=[])
    never, first = int(plain.ids[0, 1]), int(plain.ids[0, 0])
    barred = replace(
        model.transcriber.settings, suppress_tokens=(never,), begin_suppress_tokens=(first,)
    )
    monkeypatch.setattr(model.transcriber, "settings", barred)
    found = model.transcribe(features, decoder_input_ids=begin, max_new_tokens=4, eos_token_id=[])
    best = scores(model, features, begin)[0, -1].copy()
    best[[never, first]] = -np.inf
    assert found.ids[0, 0] == best.argmax()
    assert never not in found.ids


@pytest.mark.parametrize(
    ("settings", "call", "wanted"),
    [
        ({}, {}, [1]),
        ({"forced_decoder_ids": (5, 6)}, {}, [1, 5, 6]),
        ({"forced_decoder_ids": (DETECT, 8)}, {}, [1, 8]),
        ({"many": True}, {}, [1, DETECT, 4]),
        ({"many": True, "forced_decoder_ids": (DETECT, 8)}, {}, [1, DETECT, 8, 4]),
        ({"many": True, "forced_decoder_ids": (3, 8, 4)}, {}, [1, 3, 8, 4]),
        ({"many": True}, {"language": "De"}, [1, 3, 8, 4]),
        ({"many": True}, {"language": "<|en|>", "task": "translate"}, [1, 2, 9, 4]),
        ({"many": True, "forced_decoder_ids": (3, 8)}, {"task": "translate"}, [1, DETECT, 9, 4]),
        ({"many": True, "language": "en", "task": "translate"}, {}, [1, 2, 9, 4]),
    ],
)
def test_prompts(settings: dict[str, Any], call: dict[str, str], wanted: list[int]) -> None:
    many = {"lang_to_id": {"<|en|>": 2, "<|de|>": 3}, "no_timestamps_token_id": 4}
    many |= {"task_to_id": {"transcribe": 8, "translate": 9}}
    chosen = {k: v for k, v in settings.items() if k != "many"}
    chosen |= many if "many" in settings else {}
    assert SpeechSettings(decoder_start_token_id=1, **chosen).prompt(**call) == wanted


def test_one_language_is_not_chosen() -> None:
    with pytest.raises(InputError, match="language: expected no language: the model knows only"):
        SpeechSettings(decoder_start_token_id=1).prompt(language="en")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"suppress_tokens": [1, -2]}, r"suppress_tokens: expected a list of ids, found \[1, -2\]"),
        ({"forced_decoder_ids": [[2, 5]]}, "forced_decoder_ids: expected pairs of place and id"),
        ({"lang_to_id": {"<|en|>": "a"}}, "lang_to_id: expected ids by name"),
        ({"no_timestamps_token_id": True}, "no_timestamps_token_id: expected an id, found true"),
        ({"task": 3}, "task: expected a text, found 3"),
        ({"decoder_start_token_id": None}, "expected decoder_start_token_id, there or in conf"),
    ],
)
def test_settings_refusals(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    config = {"decoder_start_token_id": 1} | {k: v for k, v in changes.items() if v is not None}
    config = {k: v for k, v in config.items() if changes.get(k, 0) is not None}
    with pytest.raises(ConfigError, match=message):
        read_speech_settings(tmp_path, config)
