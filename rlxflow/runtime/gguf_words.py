"""How byte-level BPE cuts a text into words, by the names that GGUF files have for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How byte-level BPE cuts a text into words.

    Attributes:
        pattern: What a word is; None for GPT-2's.
        digits: Whether every digit is a word, before the pattern is looked at.
        whole: Whether a word that is a token is taken as it is, whatever the merges say.
        compose: Whether the text is brought into the form NFC first.
    """

    pattern: str | None = None
    digits: bool = False
    whole: bool = False
    compose: bool = False


def _gpt4(digits: str) -> str:
    """Returns the pattern of GPT-4's kind with as many digits in a word as the argument says."""
    return (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
        rf"{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )


_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*|"
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_GPT2, _DIGITS = Words(), Words(digits=True)
_LLAMA3 = Words(pattern=_gpt4(r"\p{N}{1,3}"), whole=True)
_GPT4 = Words(pattern=_gpt4(r"\p{N}{1,3}"))
_QWEN2 = Words(pattern=_gpt4(r"\p{N}"), compose=True)
WORDS: dict[str, Words] = {
    **dict.fromkeys(("default", "gpt-2", "phi-2", "mpt", "olmo", "jais", "roberta-bpe"), _GPT2),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell"), _DIGITS),
    **dict.fromkeys(("llama-bpe", "llama3", "llama-v3"), _LLAMA3),
    **dict.fromkeys(("dbrx", "smaug-bpe"), _GPT4),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen"), _QWEN2),
    "stablelm2": Words(pattern=_gpt4(r"\p{N}")),
    "tekken": Words(pattern=_TEKKEN, whole=True),
}
"""Rules by `tokenizer.ggml.pre`; a file without one, or with `default`, is cut as GPT-2 does."""
