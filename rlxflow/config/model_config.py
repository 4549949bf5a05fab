"""Reads a family's `config.json`: every key is used, known to be harmless, or an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from rlxflow.config.harmless import AT_REST, HARMLESS
from rlxflow.config.json_file import read_json_object
from rlxflow.errors import ConfigError, did_you_mean

MOST_LAYERS = 10_000
LARGEST_SIZE = 2**28
"""Of anything else that is counted: elements, words, positions."""


class ModelConfig(BaseModel):
    """Base of the families' configs: frozen, and unknown keys are refused by name.

    A field whose type is `Literal[x]` is a key that is understood at that value only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model_type: ClassVar[str] = ""
    harmless: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="after")
    def _has_sizes_that_can_be(self) -> Self:
        """Refuses numbers that no memory holds as many of; they are damage, not a model."""
        for name in sorted(self.model_fields_set):
            value, most = getattr(self, name), MOST_LAYERS if "layers" in name else LARGEST_SIZE
            if isinstance(value, int) and value > most:
                raise ValueError(f"`{name}` must be at most {most} (found {value})")
        return self

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], where: str = "config") -> Self:
        """Returns the validated config.

        Raises ConfigError that lists every key that is unknown, unsupported at its value, missing
        or of the wrong type.
        """
        try:
            return cls(**{k: v for k, v in raw.items() if not cls._why_harmless(k, v)})
        except ValidationError as error:
            lines = [_explain(cls, item) for item in error.errors()]
            count = f"{len(lines)} key(s) of a `{cls.model_type}` config do not fit"
            raise ConfigError(f"{where}: {count}:" + "".join(f"\n  {x}" for x in lines)) from None

    @classmethod
    def _why_harmless(cls, key: str, value: object) -> str:
        """Returns why a key cannot change a result, or an empty string."""
        if key in cls.model_fields:
            return ""
        if key in AT_REST and value is AT_REST[key]:
            return f"changes nothing at {value}"
        return cls.harmless.get(key) or HARMLESS.get(key, "")

    @classmethod
    def account(cls, raw: Mapping[str, Any]) -> dict[str, list[str]]:
        """Returns the keys of a config by fate: `used`, `ignored` (with reasons), `unsupported`."""
        ignored = {k: why for k, v in raw.items() if (why := cls._why_harmless(k, v))}
        fates: dict[str, list[str]] = {"used": [], "ignored": [], "unsupported": []}
        bad: dict[str, str] = {}
        try:
            cls(**{k: v for k, v in raw.items() if k not in ignored})
        except ValidationError as error:
            bad = {str((item["loc"] or ("",))[0]): _explain(cls, item) for item in error.errors()}
        for key, value in sorted(raw.items()):
            if key in ignored:
                fates["ignored"].append(f"{key}: {ignored[key]}")
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
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
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
    raw = read_json_object(path)
    if not isinstance(raw.get("model_type", ""), str):
        found = json.dumps(raw["model_type"])
        raise ConfigError(f"{path}: model_type", expected="a string", found=found)
    return raw
