"""Typed access to the metadata of a GGUF file that describes its tokenizer."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import cast

import numpy as np

from rlxflow.errors import ConfigError

PREFIX = "tokenizer.ggml."


class TokenizerKeys:
    """Typed access to the keys under `tokenizer.ggml.`."""

    def __init__(self, metadata: Mapping[str, object], where: str) -> None:
        self._metadata, self._where = metadata, where

    def get(self, key: str) -> object:
        return self._metadata.get(f"{PREFIX}{key}")

    def strings(self, key: str) -> list[str]:
        value = self.get(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "a list of strings", value)
        return cast("list[str]", value)

    def pairs(self, key: str) -> list[tuple[str, str]]:
        result: list[tuple[str, str]] = []
        for text in self.strings(key):
            # A token may be a space, but not begin with one and go on.
            cut = text.find(" ", 1)
            if cut < 0:
                raise self.wrong(key, "two tokens with a space between", text)
            result.append((text[:cut], text[cut + 1 :]))
        return result

    def numbers(self, key: str, count: int, default: list[int] | None = None) -> list[float]:
        value = self.get(key)
        if value is None and default is not None:
            return [float(number) for number in default]
        if not isinstance(value, np.ndarray):
            raise self.wrong(key, f"{count} numbers", value)
        array = cast("np.ndarray", value)
        if array.size != count or not np.isfinite(array).all():
            raise self.wrong(key, f"{count} finite numbers", array.tolist())
        return array.tolist()

    def id(self, key: str, default: int | None = None) -> int | None:
        value, tokens = self.get(key), self.get("tokens")
        count = len(cast("list[str]", tokens)) if isinstance(tokens, list) else 0
        if value is None:
            return default if default is not None and default < count else None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
            raise self.wrong(key, f"an id below {count}", value)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "a boolean", value)
        return value

    def wrong(self, key: str, expected: str, found: object) -> ConfigError:
        text = "no such key" if found is None else reprlib.repr(found)
        where = f"{self._where}: metadata `{PREFIX}{key}`"
        return ConfigError(where, expected=expected, found=text)
