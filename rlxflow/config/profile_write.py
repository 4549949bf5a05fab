"""A profile written as TOML, and the JSON schema of such a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from rlxflow.config.profile_toml import device_fields, paths, platforms

Values = dict[str, Any]


def write(cls: type[BaseModel], values: Values) -> str:
    """Returns TOML text of the fields that differ from their defaults."""
    sections: dict[str, Values] = {"": {}}
    _place(cls, values, "", sections)
    for platform, changes in values["backend"].items():
        _place(cls, changes, f"backend.{platform}.", sections, keep_defaults=True)
        if not any(name.startswith(f"backend.{platform}.") for name in sections):
            sections[f"backend.{platform}"] = {}
    blocks: list[str] = []
    for section, table in sections.items():
        lines = [f"{_key(key)} = {_value(value)}" for key, value in table.items()]
        blocks += ["\n".join([*([f"[{section}]"] if section else []), *lines])] if lines else []
        if section and not lines:
            blocks.append(f"[{section}]")
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _place(
    cls: type[BaseModel],
    values: Values,
    outer: str,
    sections: dict[str, Values],
    *,
    keep_defaults: bool = False,
) -> None:
    for path, name in paths(cls).items():
        default = cls.model_fields[name].default
        if name == "backend" or name not in values or values[name] is None:
            continue
        if values[name] == default and not keep_defaults:
            continue
        if isinstance(values[name], dict):
            sections[f"{outer}{path}"] = values[name]
            continue
        section, _, key = f"{outer}{path}".rpartition(".")
        sections.setdefault(section, {})[key] = values[name]


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _value(text)


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")


def schema(cls: type[BaseModel]) -> Values:
    """Returns the JSON schema of the file."""
    flat = cls.model_json_schema()["properties"]
    every = {path: flat[name] for path, name in paths(cls).items() if name != "backend"}
    inside = {path: every[path] for path, name in paths(cls).items() if name in device_fields(cls)}
    whole = _nested(every)
    devices = {platform: _nested(inside) for platform in platforms(cls)}
    whole["properties"]["backend"] = _object(devices, "what is other on a platform")
    title = "rlxflow compile profile (*.rlx.toml)"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **whole}


def _nested(flat: Mapping[str, Values]) -> Values:
    properties: Values = {}
    for path, about in flat.items():
        section, _, key = path.rpartition(".")
        facts = {k: v for k, v in about.items() if k not in {"toml", "per_device", "title"}}
        if "anyOf" in facts:  # TOML has no null: what is None is left out
            del facts["default"]
            facts = {**facts.pop("anyOf")[0], **facts}
        inner = properties if not section else properties.setdefault(section, _object({}))
        (inner if not section else inner["properties"])[key] = facts
    return _object(properties)


def _object(properties: Values, about: str = "") -> Values:
    described = {"description": about} if about else {}
    return {"type": "object", **described, "properties": properties, "additionalProperties": False}
