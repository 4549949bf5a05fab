"""How a flow is compiled: the fusion policy, and modes for single stages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from rlxflow.errors import ConfigError, did_you_mean

Mode = Literal["auto", "fuse", "fence", "kernel", "keep"]
LayerForm = Literal["auto", "unroll", "call", "loop"]
_SECTIONS = ("fusion", "precision", "layers")
_FIELDS = {"form": "layers"}  # keys that are called otherwise than their field


class CompileProfile(BaseModel):
    """Options that decide how stages become what XLA compiles.

    Attributes:
        name: For reports.
        policy: What a stage of mode `auto` becomes. `direct`: a kernel where one is registered,
            else fused; `fusable`: fused; `skip`: fenced, so that XLA fuses only inside it.
        compute: Element type of activations; None for that of the weights if one was asked for,
            else f32. Norms, softmax, rotations, routers and logits are f32 in any case.
        layers: How equal layers are made. `unroll`: each by itself; `call`: one function, called
            for each; `loop`: one `stablehlo.while` over stacked weights; `auto`: by their number.
        modes: Stage path or `block:<kind>` (globs) -> mode; the last rule that fits wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    policy: Literal["direct", "fusable", "skip"] = "direct"
    compute: Literal["f32", "bf16", "f16"] | None = None
    layers: LayerForm = "auto"
    modes: dict[str, Mode] = {}

    @classmethod
    def from_toml_str(cls, text: str, where: str = "profile") -> Self:
        """Returns the profile in TOML text.

        Keys: `name`, `policy` in `[fusion]`, `compute` in `[precision]`, `form` in `[layers]`, and
        `[modes]`.

        Raises ConfigError for a syntax error, an unknown section or key, or a value that is none.
        """
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(where, expected="TOML", found=str(error)) from None
        fusion, precision, layers = (_table(raw, name, where) for name in _SECTIONS)
        known = {"name": raw, "policy": fusion, "compute": precision, "form": layers, "modes": raw}
        values = {_FIELDS.get(k, k): table.pop(k) for k, table in known.items() if k in table}
        rests = (("", raw), ("fusion.", fusion), ("precision.", precision), ("layers.", layers))
        for section, rest in rests:
            if rest:
                key = next(iter(rest))
                hint = did_you_mean(key, [*known, *_SECTIONS])
                keys = "`name`, `fusion.policy`, `precision.compute`, `layers.form` and `modes`"
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


def _table(raw: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    """Takes a section out of a profile."""
    section = raw.pop(name, {})
    if not isinstance(section, dict):
        raise ConfigError(f"{where}: `{name}`", expected="a section", found=repr(section))
    return cast("dict[str, Any]", section)
