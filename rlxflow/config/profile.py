"""How a flow is compiled: the fusion policy, and modes for single stages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from rlxflow.errors import ConfigError, did_you_mean

Mode = Literal["auto", "fuse", "fence", "kernel", "keep"]


class CompileProfile(BaseModel):
    """Options that decide how stages become what XLA compiles.

    Attributes:
        name: For reports.
        policy: What a stage of mode `auto` becomes. `direct`: a kernel where one is registered,
            else fused; `fusable`: fused; `skip`: fenced, so that XLA fuses only inside it.
        modes: Stage path or `block:<kind>` (globs) -> mode; the last rule that fits wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    policy: Literal["direct", "fusable", "skip"] = "direct"
    modes: dict[str, Mode] = {}

    @classmethod
    def from_toml_str(cls, text: str, where: str = "profile") -> Self:
        """Returns the profile in TOML text: `name`, `[fusion] policy`, `[modes]`.

        Raises ConfigError for a syntax error, an unknown section or key, or a value that is none.
        """
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(where, expected="TOML", found=str(error)) from None
        fusion: dict[str, Any] = raw.pop("fusion", {})
        known = {"name": raw, "policy": fusion, "modes": raw}
        values = {key: table.pop(key) for key, table in known.items() if key in table}
        for section, rest in (("", raw), ("fusion.", fusion)):
            if rest:
                key = next(iter(rest))
                hint = did_you_mean(key, [*known, "fusion"])
                keys = "`name`, `fusion.policy` and `modes`"
                raise ConfigError(where, expected=keys, found=f"`{section}{key}`", cure=hint)
        try:
            return cls(**values)
        except ValidationError as error:
            item = error.errors()[0]
            place = ".".join(str(part) for part in item["loc"])
            found = f"{item['msg'].lower()} (found {item.get('input')!r})"
            raise ConfigError(f"{where}: `{place}`", found=found) from None

    @classmethod
    def from_toml_path(cls, path: str | Path) -> Self:
        """Returns the profile in a TOML file; raises ConfigError if there is none."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}", expected="a TOML file", found=str(error)) from None
        return cls.from_toml_str(text, str(path))
