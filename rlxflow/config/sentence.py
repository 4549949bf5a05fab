"""How a checkpoint wants sentences embedded: the files that sentence-transformers writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlxflow.config.json_file import read_json, read_json_object
from rlxflow.errors import ConfigError

DEFAULT_LENGTH = 256
_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "last",
}
_HARMLESS = {"word_embedding_dimension", "include_prompt"}
_TRANSFORMER = "sentence_transformers.models.Transformer"
_POOLING = "sentence_transformers.models.Pooling"
_NORMALIZE = "sentence_transformers.models.Normalize"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceConfig:
    """How token vectors become one vector a sentence.

    A checkpoint without `modules.json` says nothing; then it is the mean of the tokens, of length
    1, with texts cut at 256 tokens.

    Attributes:
        pooling: `cls`, `mean`, `max` or `last`.
        normalize: Whether vectors are scaled to length 1.
        max_seq_length: Tokens a text is cut at, special tokens included.
        do_lower_case: Whether texts are lowered before the tokenizer sees them.
    """

    pooling: str = "mean"
    normalize: bool = True
    max_seq_length: int = DEFAULT_LENGTH
    do_lower_case: bool = False


def read_sentence_config(folder: Path, max_positions: int | None) -> SentenceConfig:
    """Returns what a checkpoint folder says about sentence embeddings.

    Raises ConfigError for modules or pooling modes that are not understood.
    """
    settings = folder / "sentence_bert_config.json"
    raw = read_json_object(settings) if settings.is_file() else {}
    limit = raw.get("max_seq_length") or _tokenizer_limit(folder) or DEFAULT_LENGTH
    if not isinstance(limit, int) or limit < 3:
        found = repr(limit)
        raise ConfigError(f"{settings}: max_seq_length", expected="3 or more", found=found)
    length = limit if max_positions is None else min(limit, max_positions)
    lower = bool(raw.get("do_lower_case", False))
    if not (folder / "modules.json").is_file():
        return SentenceConfig(max_seq_length=length, do_lower_case=lower)
    pooling, normalize = "", False
    for module in _modules(folder / "modules.json"):
        if module["type"] == _POOLING:
            pooling = _pooling(folder / str(module["path"]) / "config.json")
        normalize = normalize or module["type"] == _NORMALIZE
    if not pooling:
        raise ConfigError(f"{folder / 'modules.json'}", expected="a Pooling module", found="none")
    return SentenceConfig(
        pooling=pooling, normalize=normalize, max_seq_length=length, do_lower_case=lower
    )


def _modules(path: Path) -> list[dict[str, Any]]:
    raw = read_json(path)
    try:
        modules = [{"type": str(m["type"]), "path": str(m["path"])} for m in raw]
    except (TypeError, KeyError):
        raise ConfigError(f"{path}", expected="a list of modules with `type` and `path`") from None
    unknown = [m["type"] for m in modules if m["type"] not in {_TRANSFORMER, _POOLING, _NORMALIZE}]
    if unknown:
        raise ConfigError(
            f"{path}",
            expected="Transformer, Pooling and Normalize",
            found=", ".join(unknown),
            cure="use `model(...)` and apply the rest yourself",
        )
    return modules


def _pooling(path: Path) -> str:
    raw = read_json_object(path)
    wanted = [key for key, on in raw.items() if key.startswith("pooling_mode") and on]
    unknown = [key for key in raw if not key.startswith("pooling_mode") and key not in _HARMLESS]
    if len(wanted) != 1 or wanted[0] not in _MODES or unknown:
        raise ConfigError(
            f"{path}",
            expected=f"one of {', '.join(_MODES)} set",
            found=", ".join([*wanted, *unknown]) or "none",
        )
    return _MODES[wanted[0]]


def _tokenizer_limit(folder: Path) -> int | None:
    """Returns the truncation that tokenizer.json itself asks for, if it does."""
    path = folder / "tokenizer.json"
    truncation: Any = read_json_object(path).get("truncation") if path.is_file() else None
    if truncation is None:
        return None
    try:
        return int(truncation["max_length"])
    except (TypeError, KeyError, ValueError):
        raise ConfigError(f"{path}: truncation", expected="a number `max_length`") from None
