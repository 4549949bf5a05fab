"""The options of `Model.generate`, under the names that transformers gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from rlxflow.errors import InputError, did_you_mean
from rlxflow.runtime.sampling import SamplingOptions


class GenerateOptions(TypedDict, total=False):
    """How prompts are continued.

    Attributes:
        max_new_tokens: At most this many are added to each row; 32.
        temperature: 0 takes the best token always; see `SamplingOptions`, as for the next five.
        top_k: Choose among the k best.
        top_p: Choose among the fewest that reach p together.
        min_p: Leave out tokens below this fraction of the best one.
        repetition_penalty: Above 1 avoids repeating.
        seed: Of the choice; 0.
        stop: Texts that end an answer; they are left out of it.
        eos_token_id: Ids that end an answer; those of the checkpoint for texts, none for ids.
        attention_mask: Of ids: [b, t], 0 at pads, which may stand on either side; they are left
            out, so a padded row goes on as it would alone.
        chat: Whether the checkpoint's chat template is used; if it has one, by default.
        sliding: Whether to go on beyond the model's longest sequence, where all its layers have a
            window.
        stream: Whether to return an iterator over the pieces of one text.
    """

    max_new_tokens: int
    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    repetition_penalty: float
    seed: int
    stop: str | Sequence[str] | None
    eos_token_id: int | Sequence[int] | None
    attention_mask: object
    chat: bool | None
    sliding: bool
    stream: bool


_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed")


def check_names(options: GenerateOptions) -> None:
    """Raises InputError for an option that does not exist."""
    known = GenerateOptions.__annotations__
    for name in options:
        if name not in known:
            names = ", ".join(known)
            cure = did_you_mean(name, known)
            raise InputError("generate", expected=f"options {names}", found=f"`{name}`", cure=cure)


def sampling(options: GenerateOptions) -> SamplingOptions:
    """Returns the checked part that decides how a token is chosen."""
    chosen: dict[str, Any] = {k: v for k, v in options.items() if k in _SAMPLING}
    return SamplingOptions(**chosen)
