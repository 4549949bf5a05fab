"""Prompts to ids and ids to text, with the special tokens and chat template of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from rlxflow.config.json_file import read_json_object
from rlxflow.errors import ConfigError, InputError
from rlxflow.runtime.checkpoint import Checkpoint
from rlxflow.runtime.gguf_tokenizer import special_tokens, tokenizer_from_metadata
from rlxflow.runtime.text import open_tokenizer

NEVER_BEGIN = ("GPT2Tokenizer", "Qwen2Tokenizer", "CodeGenTokenizer", "GPTNeoXTokenizer")
"""Tokenizer classes that put nothing before a text unless they are told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialText:
    """What a checkpoint says about texts beside its vocabulary.

    Attributes:
        bos: The token that begins a text, or None.
        begins: Whether it is put there where the tokenizer itself does not.
        chat_template: jinja2 text, or None.
        tokens: Names as the template uses them: `bos_token`, `eos_token`, ...
    """

    bos: str | None = None
    begins: bool = False
    chat_template: str | None = None
    tokens: Mapping[str, str] = field(default_factory=dict[str, str])


class PromptTokenizer:
    """A tokenizer for generation."""

    def __init__(self, tokenizer: Tokenizer, special: SpecialText) -> None:
        self._tokenizer, self._special = tokenizer, special
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._bos = None if special.bos is None else tokenizer.token_to_id(special.bos)

    @classmethod
    def of_checkpoint(cls, checkpoint: Checkpoint) -> PromptTokenizer:
        """Opens the tokenizer beside the weights, or the one in a GGUF file."""
        if checkpoint.metadata is None:
            return cls(open_tokenizer(checkpoint.folder), read_special(checkpoint.folder))
        where = str(checkpoint.path)
        tokenizer = tokenizer_from_metadata(checkpoint.metadata, where)
        return cls(tokenizer, _special_of(tokenizer, checkpoint.metadata, where))

    @property
    def chat_template(self) -> str | None:
        return self._special.chat_template

    @property
    def special_tokens(self) -> dict[str, str]:
        return dict(self._special.tokens)

    def encode_prompt(self, text: str, *, special: bool = True) -> list[int]:
        """Returns the ids of a prompt.

        With `special` the text begins as the checkpoint wants it; a chat template has written
        that already.
        """
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InputError("prompt", expected="UTF-8 text", found=ascii(text)[:80]) from None
        ids = self._tokenizer.encode(text, add_special_tokens=special).ids
        begins = special and self._special.begins and self._bos is not None
        if begins and ids[:1] != [self._bos]:
            return [self._bos, *ids]  # pyright: ignore[reportReturnType]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Returns the text of ids, without special tokens."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)


def _special_of(tokenizer: Tokenizer, metadata: Mapping[str, object], where: str) -> SpecialText:
    found = special_tokens(metadata, where)
    ids = {"bos_token": found.bos, "eos_token": found.eos, "pad_token": found.pad}
    words = {k: tokenizer.id_to_token(i) for k, i in ids.items() if i is not None}
    return SpecialText(
        bos=words.get("bos_token"),
        begins=found.add_bos,
        chat_template=found.chat_template,
        tokens={k: v for k, v in words.items() if v is not None},
    )


def read_special(folder: Path) -> SpecialText:
    """Returns what tokenizer_config.json and chat_template.jinja say."""
    path = folder / "tokenizer_config.json"
    raw = read_json_object(path) if path.is_file() else {}
    tokens = {
        k: _text(v) for k, v in raw.items() if k.endswith("_token") and isinstance(v, (str, dict))
    }
    bos = tokens.get("bos_token")
    says = raw.get("add_bos_token")
    silent = str(raw.get("tokenizer_class", "")).removesuffix("Fast") in NEVER_BEGIN
    return SpecialText(
        bos=bos,
        begins=bool(says) if says is not None else bos is not None and not silent,
        chat_template=_template(folder, raw),
        tokens=tokens,
    )


def _text(value: Any) -> str:
    """Returns a token's text; older files hold an object with its content."""
    return str(value.get("content", "")) if isinstance(value, dict) else str(value)


def _template(folder: Path, raw: Mapping[str, Any]) -> str | None:
    separate = folder / "chat_template.jinja"
    if separate.is_file():
        try:
            return separate.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{separate}", expected="a text file", found=str(error)) from None
    found: Any = raw.get("chat_template")
    if isinstance(found, list):  # several by name
        found = next((_named(entry)[1] for entry in found if _named(entry)[0] == "default"), None)
    if found is None or isinstance(found, str):
        return found
    where = f"{folder / 'tokenizer_config.json'}: chat_template"
    raise ConfigError(where, expected="a text, or texts by name", found=repr(found)[:80])


def _named(entry: Any) -> tuple[Any, Any]:
    """Returns name and text of one of several templates, or what cannot be one as `default`."""
    if isinstance(entry, dict) and {"name", "template"} <= entry.keys():
        return entry["name"], entry["template"]
    return "default", {"entry": entry}
