"""What a speech model's files say of the tokens of an answer: its beginning, and what is barred."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rlxflow.config.json_file import read_json_object
from rlxflow.errors import ConfigError, InputError, did_you_mean

DETECT = -1
"""Stands in a prompt where the language is to be detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSettings:
    """The keys of generation_config.json that decide a transcription, under its names.

    Attributes:
        decoder_start_token_id: The first token of an answer.
        forced_decoder_ids: The tokens after it; `DETECT` for a language to be detected.
        suppress_tokens: Never chosen.
        begin_suppress_tokens: Not chosen as the first token after the prompt.
        lang_to_id: `<|en|>` and the like to ids; empty if the model knows one language.
        task_to_id: `transcribe` and `translate` to ids; empty if the model knows one task.
        no_timestamps_token_id: Ends the prompt, so that no times are written; None for none.
        language: Which language is spoken if a call does not say it.
        task: Which task is done if a call does not say it.
    """

    decoder_start_token_id: int
    forced_decoder_ids: tuple[int, ...] = ()
    suppress_tokens: tuple[int, ...] = ()
    begin_suppress_tokens: tuple[int, ...] = ()
    lang_to_id: Mapping[str, int] = field(default_factory=dict[str, int])
    task_to_id: Mapping[str, int] = field(default_factory=dict[str, int])
    no_timestamps_token_id: int | None = None
    language: str | None = None
    task: str | None = None

    def prompt(self, language: str | None = None, task: str | None = None) -> list[int]:
        """Returns the tokens that an answer begins with.

        They are the start, then the language (`DETECT` if nothing says which), the task, and that
        no times are wanted, as far as the model knows such tokens.

        Raises InputError for a language or task that the model does not know.
        """
        language, task = language or self.language, task or self.task
        ids = [self.decoder_start_token_id]
        if language is None and task is None:
            ids += self.forced_decoder_ids
        if language is not None or (self.lang_to_id and ids[1:2] in ([], [DETECT])):
            ids[1:2] = [DETECT if language is None else self._language(language)]
        if task is None and language is not None and self.task_to_id:
            task = "transcribe"
        if task is not None:
            ids.append(_known("task", task, self.task_to_id))
        last = self.no_timestamps_token_id
        if last is not None and ids[-1] != last:
            ids.append(last)
        return [i for i in ids if i != DETECT or self.lang_to_id]

    def _language(self, name: str) -> int:
        code = name.lower()
        return _known("language", code if code.startswith("<|") else f"<|{code}|>", self.lang_to_id)


def _known(what: str, name: str, ids: Mapping[str, int]) -> int:
    if name in ids:
        return ids[name]
    names = [key.strip("<|>") for key in ids]
    expected = f"one of {', '.join(names)}" if ids else f"no {what}: the model knows only one"
    bare = name.strip("<|>")
    raise InputError(what, expected=expected, found=f"`{bare}`", cure=did_you_mean(bare, names))


def read_speech_settings(folder: Path, config: Mapping[str, Any]) -> SpeechSettings:
    """Returns the settings of a checkpoint folder; what one file lacks, the config may have.

    Raises ConfigError for a key that is not what it should be.
    """
    path = folder / "generation_config.json"
    own = read_json_object(path) if path.is_file() else {}
    raw = {key: value for key, value in config.items() if key in _READERS}
    raw |= {key: value for key, value in own.items() if key in _READERS and value is not None}
    if raw.get("decoder_start_token_id") is None:
        expected = "decoder_start_token_id, there or in config.json"
        raise ConfigError(f"{path}", expected=expected, found="none")
    made: dict[str, Any] = {}
    for key, value in raw.items():
        if value is not None:
            expected, read = _READERS[key]
            found = read(value)
            if found is None:
                shown = json.dumps(value)[:80]
                raise ConfigError(f"{path}: {key}", expected=expected, found=shown)
            made[key] = found
    return SpeechSettings(**made)


def _id(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return cast(int, value) if whole and cast(int, value) >= 0 else None


def _ids(value: object) -> tuple[int, ...] | None:
    ids = [_id(one) for one in cast("list[object]", value)] if isinstance(value, list) else [None]
    return None if None in ids else tuple(cast("list[int]", ids))


def _forced(value: object) -> tuple[int, ...] | None:
    """Returns the ids of pairs of place and id; places count from 1, and an id may be null."""
    made: list[int] = []
    for pair in cast("list[object]", value) if isinstance(value, list) else [None]:
        parts = cast("list[object]", pair) if isinstance(pair, list) else []
        if len(parts) != 2 or parts[0] != len(made) + 1:
            return None
        found = DETECT if parts[1] is None else _id(parts[1])
        if found is None:
            return None
        made.append(found)
    return tuple(made)


def _names(value: object) -> dict[str, int] | None:
    table = cast("dict[str, object]", value) if isinstance(value, dict) else {"": None}
    ids = {name: _id(one) for name, one in table.items()}
    return None if None in ids.values() else cast("dict[str, int]", ids)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


_READERS: Mapping[str, tuple[str, Any]] = {
    "decoder_start_token_id": ("an id", _id),
    "forced_decoder_ids": ("pairs of place and id, places 1, 2, ...", _forced),
    "suppress_tokens": ("a list of ids", _ids),
    "begin_suppress_tokens": ("a list of ids", _ids),
    "lang_to_id": ("ids by name", _names),
    "task_to_id": ("ids by name", _names),
    "no_timestamps_token_id": ("an id", _id),
    "language": ("a text", _text),
    "task": ("a text", _text),
}
"""Key -> what it should hold, and how it is read; None for what does not fit."""
