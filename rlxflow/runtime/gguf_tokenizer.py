"""The tokenizer in a GGUF file's metadata, as one of the `tokenizers` library."""

from __future__ import annotations

from collections.abc import Mapping

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)

from rlxflow.errors import ConfigError, did_you_mean
from rlxflow.runtime.gguf_vocabulary import (
    SpecialTokens,
    TokenType,
    Vocabulary,
    read_special_tokens,
    read_vocabulary,
)
from rlxflow.runtime.gguf_words import WORDS

_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # sentencepiece's visible space


def tokenizer_from_metadata(metadata: Mapping[str, object], where: str = "GGUF") -> Tokenizer:
    """Returns the tokenizer; it adds no tokens of its own (see `special_tokens`).

    Raises:
        ConfigError: The vocabulary is missing, malformed, or of a kind that is not supported.
    """
    vocabulary = read_vocabulary(metadata, where)
    build = _byte_level if vocabulary.kind == "gpt2" else _sentencepiece
    tokenizer = build(vocabulary, where)
    for special, kinds in (
        (True, (TokenType.CONTROL, TokenType.UNKNOWN)),
        (False, (TokenType.USER_DEFINED,)),
    ):
        texts = [vocabulary.tokens[i] for i in vocabulary.ids_of(*kinds)]
        added = [AddedToken(text, special=special, normalized=False) for text in texts if text]
        (tokenizer.add_special_tokens if special else tokenizer.add_tokens)(added)
    return tokenizer


def special_tokens(metadata: Mapping[str, object], where: str = "GGUF") -> SpecialTokens:
    """Returns what a caller has to put around the tokens; raises ConfigError for bad ids."""
    return read_special_tokens(metadata, where)


def _byte_level(vocabulary: Vocabulary, where: str) -> Tokenizer:
    if vocabulary.pre not in WORDS:
        raise ConfigError(
            f"{where}: metadata `tokenizer.ggml.pre`",
            expected=f"one of {', '.join(WORDS)}",
            found=f"`{vocabulary.pre}`",
            cure=did_you_mean(vocabulary.pre, WORDS),
        )
    words = WORDS[vocabulary.pre]
    tokenizer = _bpe(vocabulary, vocabulary.merges, where, ignore_merges=words.whole)
    if words.compose:
        tokenizer.normalizer = normalizers.NFC()
    steps: list[pre_tokenizers.PreTokenizer] = []
    if words.digits:
        steps.append(pre_tokenizers.Digits(individual_digits=True))
    if words.pattern:
        steps.append(pre_tokenizers.Split(Regex(words.pattern), behavior="isolated"))
    prefix, plain = vocabulary.add_space_prefix, words.pattern is None
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=plain))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _sentencepiece(vocabulary: Vocabulary, where: str) -> Tokenizer:
    """Returns a tokenizer whose text begins anew, with its space, behind each token of its own.

    So llama.cpp does, for control tokens and the user's alike; sentencepiece goes on behind the
    latter without a space.
    """
    unknown = [vocabulary.tokens[i] for i in vocabulary.ids_of(TokenType.UNKNOWN)]
    tokenizer = _bpe(
        vocabulary,
        _merges_by_score(vocabulary),
        where,
        unk_token=unknown[0] if unknown else None,
        fuse_unk=True,
        byte_fallback=True,
    )
    visible = normalizers.Replace(" ", _SPACE)
    prefix = [normalizers.Prepend(_SPACE)] if vocabulary.add_space_prefix else []
    tokenizer.normalizer = normalizers.Sequence([*prefix, visible])
    steps = [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    strip = [decoders.Strip(" ", 1, 0)] if vocabulary.add_space_prefix else []
    tokenizer.decoder = decoders.Sequence([*steps, *strip])
    return tokenizer


def _merges_by_score(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Returns all ways to join two tokens to a third, the best score of the third first.

    Sentencepiece joins the neighbours whose whole has the best score; of two equal scores the one
    further left. A list of merges cannot say the latter: ids decide instead.
    """
    apart = {TokenType.UNKNOWN, TokenType.CONTROL, TokenType.BYTE}
    ids = {
        token: i for i, token in enumerate(vocabulary.tokens) if vocabulary.types[i] not in apart
    }
    ways: list[tuple[float, int, int, int, str, str]] = []
    for token, i in ids.items():
        for cut in range(1, len(token)):
            left = token[:cut]
            if left in ids and (right := token[cut:]) in ids:
                ways.append((-vocabulary.scores[i], i, ids[left], ids[right], left, right))
    ways.sort()
    return [(left, right) for *_, left, right in ways]


def _bpe(
    vocabulary: Vocabulary, merges: list[tuple[str, str]], where: str, **options: object
) -> Tokenizer:
    ids = {token: i for i, token in enumerate(vocabulary.tokens)}
    try:
        return Tokenizer(models.BPE(vocab=ids, merges=merges, **options))  # pyright: ignore
    except Exception as error:  # the library raises bare Exception
        raise ConfigError(
            f"{where}: metadata `tokenizer.ggml.merges`",
            expected="merges of tokens",
            found=str(error)[:200],
        ) from None
