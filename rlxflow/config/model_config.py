"""Reads a family's `config.json`: every key is used, known to be harmless, or an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from rlxflow.errors import ConfigError, did_you_mean

HARMLESS: Mapping[str, str] = {
    "_name_or_path": "where the checkpoint came from",
    "_num_labels": "heads that are not built",
    "architectures": "read to choose the variant",
    "attention_probs_dropout_prob": "training only",
    "auto_map": "remote code is never run",
    "bos_token_id": "tokenizer",
    "chunk_size_feed_forward": "same numbers in smaller steps",
    "classifier_dropout": "training only",
    "cls_token_id": "tokenizer",
    "dtype": "read as the dtype of the weights",
    "eos_token_id": "tokenizer",
    "gradient_checkpointing": "training only",
    "hidden_dropout_prob": "training only",
    "id2label": "heads that are not built",
    "initializer_factor": "training only",
    "initializer_range": "training only",
    "label2id": "heads that are not built",
    "language": "a note",
    "model_type": "read to choose the recipe",
    "name": "a note",
    "output_attentions": "asked for at the call",
    "output_hidden_states": "asked for at the call",
    "pad_token_id": "tokenizer",
    "problem_type": "heads that are not built",
    "return_dict": "outputs are always named",
    "sep_token_id": "tokenizer",
    "torch_dtype": "read as the dtype of the weights",
    "torchscript": "another runtime",
    "transformers_version": "a note",
    "use_bfloat16": "another runtime",
    "use_cache": "encoders have no cache",
}
"""Keys of any family that cannot change a result, with the reason."""

_DTYPES = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}


class ModelConfig(BaseModel):
    """Base of the families' configs: frozen, and unknown keys are refused by name.

    A field whose type is `Literal[x]` is a key that is understood at that value only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model_type: ClassVar[str] = ""
    harmless: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], where: str = "config") -> Self:
        """Returns the validated config.

        Raises ConfigError that lists every key that is unknown, unsupported at its value, missing
        or of the wrong type.
        """
        known = {k: v for k, v in raw.items() if k not in {**HARMLESS, **cls.harmless}}
        try:
            return cls(**known)
        except ValidationError as error:
            lines = [_explain(cls, item) for item in error.errors()]
            count = f"{len(lines)} key(s) of a `{cls.model_type}` config do not fit"
            raise ConfigError(f"{where}: {count}:" + "".join(f"\n  {x}" for x in lines)) from None

    @classmethod
    def account(cls, raw: Mapping[str, Any]) -> dict[str, list[str]]:
        """Returns the keys of a config by fate: `used`, `ignored` (with reasons), `unsupported`."""
        harmless = {**HARMLESS, **cls.harmless}
        fates: dict[str, list[str]] = {"used": [], "ignored": [], "unsupported": []}
        bad: dict[str, str] = {}
        try:
            cls(**{k: v for k, v in raw.items() if k not in harmless})
        except ValidationError as error:
            bad = {
                str(item["loc"][0]): _explain(cls, item) for item in error.errors() if item["loc"]
            }
        for key, value in sorted(raw.items()):
            if key in harmless:
                fates["ignored"].append(f"{key}: {harmless[key]}")
            elif key not in bad:
                fates["used"].append(f"{key} = {json.dumps(value)}")
        fates["unsupported"] = list(bad.values())
        return fates


def _explain(cls: type[ModelConfig], item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"]) or "the config"
    if item["type"] == "extra_forbidden":
        hint = did_you_mean(key, cls.model_fields)
        return f"`{key}` is unknown (found {item['input']!r}){'; ' + hint if hint else ''}"
    if item["type"] == "literal_error":
        return f"`{key}` is supported as {item['ctx']['expected']} only (found {item['input']!r})"
    if item["type"] == "missing":
        return f"`{key}` is missing"
    return f"`{key}`: {item['msg']} (found {item.get('input')!r})"


def read_config(folder: Path) -> dict[str, Any]:
    """Returns the object in `config.json` of a checkpoint folder, or of a path to such a file."""
    path = folder if folder.suffix == ".json" else folder / "config.json"
    if not path.is_file():
        raise ConfigError(
            f"{folder}",
            expected="a checkpoint folder with a config.json",
            found="none" if folder.exists() else "no such folder",
        )
    return read_json_object(path)


def read_json_object(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file; raises ConfigError with line and column if it is none."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise ConfigError(place, expected="JSON", found=error.msg) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}", expected="a readable text file", found=str(error)) from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}", expected="a JSON object", found=type(raw).__name__)
    return cast("dict[str, Any]", raw)


def stored_dtype(raw: Mapping[str, Any]) -> str | None:
    """Returns the dtype that a config names for its weights, in our spelling, or None."""
    return _DTYPES.get(str(raw.get("dtype") or raw.get("torch_dtype")))
