"""Text in, text out: prompts to ids, stops, and pieces of text as soon as they are certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rlxflow.runtime.generate import Generation

UNFINISHED = "\ufffd"  # what half of a character decodes to

Decode = Callable[[Sequence[int]], str]


@dataclass
class Row:
    """One answer while it grows.

    Attributes:
        prompt: Ids of the prompt.
        decode: Ids to text.
        stop: Texts that end the answer; they are not part of it.
        ends: Ids that end the answer.
        ids: The answer so far, without the id that ended it.
        done: Whether it has ended.
    """

    prompt: Sequence[int]
    decode: Decode
    stop: tuple[str, ...]
    ends: frozenset[int]
    ids: list[int] = field(default_factory=list)
    done: bool = False
    text: str = ""

    def take(self, token: int) -> str:
        """Adds a token; returns the text that has become certain since the last call."""
        if token in self.ends:
            self.done = True
            return self._settle(final=True)
        self.ids.append(token)
        return self._settle(final=False)

    def finish(self) -> str:
        """Returns the text that was held back, at the end of the answer."""
        return "" if self.done else self._settle(final=True)

    def _settle(self, *, final: bool) -> str:
        before = self.decode(self.prompt)
        whole = self.decode([*self.prompt, *self.ids])[len(before) :]
        places = [place for word in self.stop if (place := whole.find(word)) >= 0]
        if places:
            whole, self.done, final = whole[: min(places)], True, True
        certain = whole if final else self._certain(whole)
        piece = certain[len(self.text) :]
        self.text = max(certain, self.text, key=len)
        return piece

    def _certain(self, text: str) -> str:
        """Returns the text without what a later token may still change or a stop may cut."""
        if text.endswith(UNFINISHED):
            text = text.rstrip(UNFINISHED)
        held = 0
        for word in self.stop:
            for size in range(1, len(word)):
                if text.endswith(word[:size]):
                    held = max(held, size)
        return text[: len(text) - held]


def run_rows(generation: Generation, rows: Sequence[Row]) -> Iterator[list[str]]:
    """Draws tokens until every row has ended; yields the new text of each row after each token."""
    with closing(generation.tokens()) as tokens:  # pyright: ignore[reportArgumentType]
        for drawn in tokens:
            yield [_take(row, int(token)) for row, token in zip(rows, drawn, strict=True)]
            if all(row.done for row in rows):
                break
    yield [row.finish() for row in rows]


def _take(row: Row, token: int) -> str:
    return "" if row.done else row.take(token)


def run_ids(
    generation: Generation, prompts: np.ndarray, ends: frozenset[int], pad: int
) -> np.ndarray:
    """Returns i32[b, t+new]: the prompts and what follows; after an end id only padding."""
    drawn: list[np.ndarray] = []
    done = np.zeros(len(generation.prompts), np.bool_)
    with closing(generation.tokens()) as tokens:  # pyright: ignore[reportArgumentType]
        for token in tokens:
            drawn.append(np.where(done, pad, token))
            done |= np.isin(token, sorted(ends))
            if done.all():
                break
    columns = np.stack(drawn, axis=1)
    missing = generation.max_new_tokens - columns.shape[1]
    filled = np.pad(columns, ((0, 0), (0, missing)), constant_values=pad)
    return np.concatenate([prompts, filled], axis=1, dtype=np.int32, casting="unsafe")
