"""Texts to ids, through the `tokenizers` library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Encoding, Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from rlxflow.config.json_file import read_json_object
from rlxflow.errors import ConfigError, InputError


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text: its ids and token types, and whether it was cut."""

    ids: list[int]
    type_ids: list[int]
    cut: bool


class TextTokenizer:
    """The tokenizer of a checkpoint: `tokenizer.json`, or `vocab.txt` of older BERT files."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = open_tokenizer(folder)
        self._padding = self._tokenizer.padding
        self._tokenizer.no_padding()
        self.folder, self.where = folder, str(folder)

    def pad_id(self, usual: int) -> int:
        """Returns the id of the token that fills rows up; `usual` where the files do not say it."""
        if self._padding:
            return int(self._padding["pad_id"])
        settings = self.folder / "tokenizer_config.json"
        token = read_json_object(settings).get("pad_token") if settings.is_file() else None
        word = token.get("content") if isinstance(token, dict) else token
        found = self._tokenizer.token_to_id(word) if isinstance(word, str) else None
        return usual if found is None else found

    def encode(self, texts: Sequence[str], max_length: int) -> list[Tokens]:
        """Returns the tokens of each text, cut at `max_length` with special tokens included.

        Raises InputError for a text that has no tokens of its own, or that is not UTF-8.
        """
        for i, text in enumerate(texts):
            _check_text(text, i)
        self._tokenizer.enable_truncation(max_length)
        encodings = self._tokenizer.encode_batch(list(texts))
        for i, encoding in enumerate(encodings):
            if all(encoding.special_tokens_mask):
                raise InputError(
                    f"text {i}", expected="at least one token", found=f"none in {texts[i]!r}"
                )
        return [_tokens(encoding) for encoding in encodings]


def _tokens(encoding: Encoding) -> Tokens:
    return Tokens(encoding.ids, encoding.type_ids, bool(encoding.overflowing))


def _check_text(text: str, i: int) -> None:
    """Refuses halves of surrogate pairs, which stand for bytes that were not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"text {i}", expected="UTF-8 text", found=ascii(text)[:80]) from None


def open_tokenizer(folder: Path) -> Tokenizer:
    """Returns the tokenizer of a checkpoint folder."""
    whole, words = folder / "tokenizer.json", folder / "vocab.txt"
    if whole.is_file():
        try:
            return Tokenizer.from_file(str(whole))
        except Exception as error:  # the library raises bare Exception
            raise ConfigError(f"{whole}", expected="a tokenizer", found=str(error)) from None
    if words.is_file():
        settings = folder / "tokenizer_config.json"
        raw = read_json_object(settings) if settings.is_file() else {}
        lower = bool(raw.get("do_lower_case", True))
        return BertWordPieceTokenizer(str(words), lowercase=lower)._tokenizer
    raise ConfigError(
        f"{folder}",
        expected="tokenizer.json or vocab.txt",
        found="neither",
        cure="copy the tokenizer of the checkpoint there, or call the model with ids",
    )
