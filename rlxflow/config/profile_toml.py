"""The TOML file of a profile read strictly: sections to fields, what is refused and why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from rlxflow.errors import ConfigError, did_you_mean, nearest

NO_EFFECT: Mapping[str, str] = {
    "fusion.target": "what differs by device stands in `[backend.cpu]`, `[backend.gpu]`, ...",
    "passes.dce": "XLA always removes what nothing uses",
    "passes.constant_folding": "XLA always folds constants",
    "precision.mixed": "norms, softmax and logits are f32 whatever `precision.compute` is",
    "backend.metal": "there is no such device; `cpu`, `gpu` and `tpu` are",
    "backend.cuda": "its name is `gpu`",
    "backend.rocm": "its name is `gpu`",
    "backend.cpu.unfuse_regions": "`skip` in `[backend.cpu.fusion]` leaves out fusion",
}
"""Keys that other tools know and that would change nothing here, and what to do instead."""

Values = dict[str, Any]


def paths(cls: type[BaseModel]) -> dict[str, str]:
    """Returns key in the file -> field: `fusion.policy` -> `policy`."""
    return {str(_extra(field).get("toml", name)): name for name, field in cls.model_fields.items()}


def device_fields(cls: type[BaseModel]) -> list[str]:
    """Returns the fields that a platform can change."""
    return [n for n, field in cls.model_fields.items() if _extra(field).get("per_device", True)]


def _extra(field: FieldInfo) -> Mapping[str, object]:
    extra = field.json_schema_extra
    return cast("Mapping[str, object]", extra) if isinstance(extra, dict) else {}


def read(cls: type[BaseModel], text: str, where: str) -> tuple[Values, list[str]]:
    """Returns the fields in TOML text, and a line for each key that does not belong there."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, expected="TOML", found=str(error)) from None
    wrong: list[str] = []
    known = paths(cls)
    devices = raw.pop("backend", {})
    values = _fields(raw, known, "", "", wrong)
    if not isinstance(devices, dict):
        wrong.append(f"`backend` is a section, found {devices!r}")
        return values, wrong
    known_platforms = platforms(cls)
    inside = {path: name for path, name in known.items() if name in device_fields(cls)}
    parts: dict[str, Values] = {}
    for platform, table in cast("Values", devices).items():
        if platform not in known_platforms:
            wrong.append(_unknown(f"backend.{platform}", [f"backend.{p}" for p in known_platforms]))
        elif not isinstance(table, dict):
            wrong.append(f"`backend.{platform}` is a section, found {table!r}")
        else:
            outer = f"backend.{platform}."
            parts[platform] = _fields(cast("Values", table), inside, outer, "", wrong)
    return {**values, **({"backend": parts} if parts else {})}, wrong


def platforms(cls: type[BaseModel]) -> tuple[str, ...]:
    """Returns what a section of `backend` may be called."""
    return get_args(get_args(cls.model_fields["backend"].annotation)[0])


def _fields(table: Values, known: dict[str, str], outer: str, at: str, wrong: list[str]) -> Values:
    """Returns the fields in a table; adds a line to `wrong` for each key that is none."""
    found: Values = {}
    for key, value in table.items():
        path = f"{at}{key}"
        if path in known:
            found[known[path]] = value
        elif any(name.startswith(f"{path}.") for name in known):
            if isinstance(value, dict):
                found |= _fields(cast("Values", value), known, outer, f"{path}.", wrong)
            else:
                wrong.append(f"`{outer}{path}` is a section, found {value!r}")
        else:
            wrong.append(_unknown(outer + path, [outer + name for name in known]))
    return found


def _unknown(path: str, known: list[str]) -> str:
    if path in NO_EFFECT:
        return f"`{path}` has no effect here: {NO_EFFECT[path]}"
    if re.match(r"backend\.\w+\.(precision|name)", path):
        return f"`{path}` cannot differ by platform: element types are in the module"
    ends = {name.rpartition(".")[2]: name for name in known}
    inner = nearest(path.rpartition(".")[2], ends, count=1)
    hint = did_you_mean(path, known) or (f"did you mean `{ends[inner[0]]}`?" if inner else "")
    return f"`{path}` is unknown; {hint or 'known: ' + ', '.join(f'`{k}`' for k in known)}"


def problems(cls: type[BaseModel], error: ValidationError) -> list[str]:
    """Returns a line for each value that does not fit, by its key in the file."""
    by_field = {name: path for path, name in paths(cls).items()}
    lines: list[str] = []
    for item in error.errors():
        first, *rest = [str(part) for part in item["loc"]] or [""]
        place = ".".join([by_field.get(first, first), *rest])
        if item["type"] == "extra_forbidden":
            lines.append(_unknown(place, list(by_field)))
        elif item["type"] == "value_error":
            inner: object = item.get("ctx", {}).get("error")
            lines += inner.lines if isinstance(inner, ProfileError) else [str(inner)]
        else:
            lines.append(f"`{place}`: {item['msg'].lower()} (found {item.get('input')!r})")
    return lines


class ProfileError(ConfigError):
    """A profile with keys that do not fit; `lines` has one for each."""

    def __init__(self, where: str, lines: list[str]) -> None:
        self.lines = lines
        if len(lines) == 1:
            super().__init__(f"{where}: {lines[0]}")
        else:
            listed = "".join(f"\n  {line}" for line in lines)
            super().__init__(f"{where}: {len(lines)} keys do not fit:{listed}")
