"""The vocabulary in the metadata of a GGUF file, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from rlxflow.runtime.gguf_tokenizer_keys import PREFIX, TokenizerKeys


class TokenType(IntEnum):
    """What a token is, as files number it."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Tokens in the order of their ids.

    Attributes:
        kind: `gpt2` (byte-level BPE) or `llama` (sentencepiece BPE).
        tokens: Texts, each once.
        types: What each token is.
        scores: Of each token, the higher the earlier it is merged; only of kind `llama`.
        merges: Pairs, in the order in which they are merged; only of kind `gpt2`.
        pre: Name of the rule that cuts a text into words; only of kind `gpt2`.
        add_space_prefix: Whether a text gets a space in front.
    """

    kind: str
    tokens: list[str]
    types: list[int]
    scores: list[float]
    merges: list[tuple[str, str]]
    pre: str
    add_space_prefix: bool

    def ids_of(self, *kinds: TokenType) -> list[int]:
        """Returns the ids of all tokens of some kinds."""
        return [i for i, kind in enumerate(self.types) if kind in kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialTokens:
    """What a caller puts around its tokens.

    Attributes:
        bos: Begins a text, or None.
        eos: Ends a text, or None.
        pad: Fills rows, or None.
        add_bos: Whether the model expects `bos` in front.
        add_eos: Whether the model expects `eos` behind.
        chat_template: Jinja text that turns messages into a prompt, or None.
        stops: All tokens that end an answer: `eos`, and those of a turn or a message.
    """

    bos: int | None
    eos: int | None
    pad: int | None
    add_bos: bool
    add_eos: bool
    chat_template: str | None
    stops: tuple[int, ...]


def read_special_tokens(metadata: Mapping[str, object], where: str) -> SpecialTokens:
    """Returns the ids and flags; where the file is silent, what llama.cpp assumes."""
    keys = TokenizerKeys(metadata, where)
    kind = metadata.get(f"{PREFIX}model")
    sentencepiece = kind == "llama"
    eos = keys.id("eos_token_id", 2 if sentencepiece else None)
    ends = [eos, keys.id("eot_token_id"), keys.id("eom_token_id")]
    template = metadata.get("tokenizer.chat_template")
    begins = sentencepiece or metadata.get(f"{PREFIX}pre") in {"llama-bpe", "llama3", "llama-v3"}
    return SpecialTokens(
        bos=keys.id("bos_token_id", 1 if sentencepiece else None),
        eos=eos,
        pad=keys.id("padding_token_id"),
        add_bos=keys.flag("add_bos_token", begins),
        add_eos=keys.flag("add_eos_token", False),
        chat_template=template if isinstance(template, str) else None,
        stops=tuple(dict.fromkeys(end for end in ends if end is not None)),
    )


def read_vocabulary(metadata: Mapping[str, object], where: str) -> Vocabulary:
    """Returns the vocabulary; raises ConfigError for one that is missing, odd or of other kinds."""
    keys = TokenizerKeys(metadata, where)
    kind = metadata.get(f"{PREFIX}model")
    if kind not in {"gpt2", "llama"}:
        raise keys.wrong("model", "gpt2 or llama", kind)
    tokens = keys.strings("tokens")
    if len(set(tokens)) != len(tokens):
        seen: set[str] = set()
        twice = next(token for token in tokens if token in seen or seen.add(token))
        raise keys.wrong("tokens", "every token once", twice)
    types = keys.numbers("token_type", len(tokens), [int(TokenType.NORMAL)] * len(tokens))
    sentencepiece = kind == "llama"
    return Vocabulary(
        kind=str(kind),
        tokens=tokens,
        types=[int(number) for number in types],
        scores=keys.numbers("scores", len(tokens)) if sentencepiece else [],
        merges=[] if sentencepiece else keys.pairs("merges"),
        pre=str(metadata.get(f"{PREFIX}pre", "default"))[:80],
        add_space_prefix=keys.flag("add_space_prefix", sentencepiece),
    )
