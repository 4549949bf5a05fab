"""How a flow is compiled: fusion policy, element types, and modes for single stages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rlxflow.config import profile_toml, profile_write
from rlxflow.config.clean_pattern import parse_pattern
from rlxflow.config.content_key import content_key
from rlxflow.errors import ConfigError, FileError, did_you_mean

Mode = Literal["auto", "fuse", "fence", "kernel", "keep"]
LayerForm = Literal["auto", "unroll", "call", "loop"]
QuantFormat = Literal["q8_0", "q4_0", "int8"]
Platform = Literal["cpu", "gpu", "tpu"]

_PREFILL = ("llama32_prefill", "qwen3_prefill", "qwen35_prefill", "gemma_prefill")
_DECODE = ("llama32_decode", "qwen3_decode", "qwen35_decode", "gemma_decode")
_ENCODERS = ("encoder", "flux2", "sam_encoder", "sam2", "sam3")
_UNFUSED = ("sam2_memory_attention", "llada2_diffusion")

PRESETS: Mapping[str, Mapping[str, Any]] = {
    **{name: {} for name in (*_PREFILL, *_ENCODERS)},
    **{name: {"policy": "fusable"} for name in _DECODE},
    **{name: {"skip_fusion": True} for name in _UNFUSED},
}
"""Name -> fields that differ from their defaults."""


def _in(path: str, default: Any, about: str, *, per_device: bool = True) -> Any:
    """Returns the field of a key that stands in a section: `fusion.policy`."""
    return Field(
        default, description=about, json_schema_extra={"toml": path, "per_device": per_device}
    )


class CompileProfile(BaseModel):
    """Options that decide how stages become what XLA compiles.

    A field stands in the TOML file under the key in parentheses, else under its own name. A key
    that would change nothing does not exist.

    Attributes:
        name: For reports.
        policy: (`fusion.policy`) What a stage of mode `auto` becomes. `direct`: a kernel where one
            is registered, else fused; `fusable`: fused; `skip`: fenced, so that XLA fuses only
            inside it.
        skip_fusion: (`fusion.skip`) Whether XLA's own fusion passes are left out.
        assert_clean: (`fusion.assert_clean`) Whether the optimised program is checked by the rules
            of `rlxflow.inspect.clean`.
        verbose: (`passes.verbose`) Whether each pass is logged to `rlxflow.passes`, with its time.
        dump_dir: (`passes.dump_dir`) A folder for the module before and after each pass.
        compute: (`precision.compute`) Element type of activations; None for that of the weights if
            one was asked for, else f32. Norms, softmax, rotations, routers and logits are f32 in
            any case.
        storage: (`precision.storage`) Element type of weights on the device; as in the file, if
            None and if `dtype` is not given.
        cache: (`precision.cache`) Element type of cached keys and values, in flows of recipes; None
            for that of activations. `int8` has a scale for each head of each token.
        layers: (`layers.form`) How equal layers are made. `unroll`: each by itself; `call`: one
            function, called for each; `loop`: one `stablehlo.while` over stacked weights; `auto`:
            by their number.
        kernels: (`fusion.kernels`) Whether stages are done by hand-written kernels on platforms
            that have them: `none`; `auto`: where the library is installed and they are worth it;
            `required`: an error that lists the stages that cannot have the kernel there is for
            them.
        split_rows: (`fusion.split_rows`) Whether, on the CPU, products of at most 8 rows with bf16
            weights that have no kernel are made of three pieces of bf16 for each f32; see
            `rlx-split-rows`.
        quant: (`weights.quant`) Stage path or `block:<kind>` (globs) -> `q8_0`, `q4_0` or `int8`:
            the weights of these stages are quantised as they are loaded; the last rule that fits
            wins.
        clean: Rules of one's own for `assert_clean`, by name; see `rlxflow.config.clean_pattern`.
        modes: Stage path or `block:<kind>` (globs) -> mode; the last rule that fits wins.
        backend: Platform (`cpu`, `gpu`, `tpu`) -> fields that are other there. In TOML the same
            sections once more: `[backend.gpu.fusion]`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(
        default="default", description="for reports", json_schema_extra={"per_device": False}
    )
    policy: Literal["direct", "fusable", "skip"] = _in(
        "fusion.policy", "direct", "what a stage of mode `auto` becomes"
    )
    skip_fusion: bool = _in("fusion.skip", False, "leave out XLA's own fusion passes")
    assert_clean: bool = _in("fusion.assert_clean", False, "check the optimised program")
    verbose: bool = _in("passes.verbose", False, "log each pass")
    dump_dir: str = _in("passes.dump_dir", "", "folder for the module around each pass")
    compute: Literal["f32", "bf16", "f16"] | None = _in(
        "precision.compute", None, "element type of activations", per_device=False
    )
    storage: Literal["f32", "bf16", "f16"] | None = _in(
        "precision.storage", None, "element type of weights on the device", per_device=False
    )
    cache: Literal["f32", "bf16", "f16", "int8"] | None = _in(
        "precision.cache", None, "element type of keys and values that are kept", per_device=False
    )
    layers: LayerForm = _in("layers.form", "auto", "how equal layers are made")
    kernels: Literal["none", "auto", "required"] = _in(
        "fusion.kernels", "auto", "where hand-written kernels take the place of stages"
    )
    split_rows: bool = _in(
        "fusion.split_rows", True, "read bf16 weights in place for a few rows, on CPU"
    )
    quant: dict[str, QuantFormat] = _in(
        "weights.quant", {}, "stages -> format that kernels read their weights in"
    )
    clean: dict[str, str] = Field(
        default={}, description="rules of one's own: `op=sort stage=layers.* bytes=1000`"
    )
    modes: dict[str, Mode] = Field(
        default={}, description="stages -> mode; the last that fits wins"
    )
    backend: dict[Platform, dict[str, Any]] = Field(
        default={},
        description="what is other on a platform",
        json_schema_extra={"per_device": False},
    )

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                lines = profile_toml.problems(type(self), error)
                raise profile_toml.ProfileError("profile", lines) from None

    @model_validator(mode="after")
    def _check_clean(self) -> Self:
        """Refuses rules that cannot be read."""
        for name, text in self.clean.items():
            parse_pattern(name, text)
        return self

    @model_validator(mode="after")
    def _check_backend(self) -> Self:
        """Refuses what is no field, or no value of one, in a platform's part."""
        allowed = profile_toml.device_fields(type(self))
        for platform, changes in self.backend.items():
            for key in changes:
                if key not in allowed:
                    hint = did_you_mean(key, allowed)
                    text = f"`backend.{platform}.{key}` is no field that a platform can change"
                    raise ValueError(f"{text}; {hint}" if hint else text)
            try:
                self._merged(changes)
            except profile_toml.ProfileError as error:
                lines = [f"`backend.{platform}.{line.removeprefix('`')}" for line in error.lines]
                raise profile_toml.ProfileError("profile", lines) from None
        return self

    @property
    def cache_dtype(self) -> str | None:
        """The element type of caches as modules spell it."""
        return "i8" if self.cache == "int8" else self.cache

    def _merged(self, changes: Mapping[str, Any]) -> Self:
        values: dict[str, Any] = {**self.model_dump(), "backend": {}, **changes}
        modes: object = changes.get("modes", {})
        if isinstance(modes, dict):  # rules of the platform come last, so they win
            rules = cast("dict[str, Mode]", modes)
            values["modes"] = {k: v for k, v in self.modes.items() if k not in rules} | rules
        return type(self)(**values)

    def for_device(self, platform: str) -> Self:
        """Returns the profile as it is on a platform; nothing differs between platforms in it."""
        if not self.backend:
            return self
        parts: Mapping[str, Mapping[str, Any]] = {**self.backend}
        return self._merged(parts.get(platform, {}))

    def changed(self, **values: Any) -> Self:
        """Returns the profile with other values; raises ConfigError for one that is none."""
        return type(self)(**{**self.model_dump(), **values})

    def key(self, platform: str | None = None) -> str:
        """Returns sha256 of all that can change a program; names and logs are left out."""
        resolved = self if platform is None else self.for_device(platform)
        content = resolved.model_dump(exclude={"name", "verbose", "dump_dir"})
        for part in (content, *content["backend"].values()):  # the order of rules counts
            for rules in ("modes", "quant"):
                part[rules] = list(part.get(rules, {}).items())
        return content_key(content)

    @classmethod
    def preset(cls, name: str) -> Self:
        """Returns one of PRESETS; raises ConfigError with the nearest name if there is none."""
        if str(name) not in PRESETS:
            known = ", ".join(PRESETS)
            cure = did_you_mean(str(name), PRESETS)
            raise ConfigError("preset", expected=f"one of {known}", found=f"`{name}`", cure=cure)
        return cls(name=name, **PRESETS[name])

    @classmethod
    def checked(cls, profile: object) -> CompileProfile:
        """Returns a profile as it is; raises ConfigError for anything else."""
        if isinstance(profile, CompileProfile):
            return profile
        raise ConfigError(
            "profile",
            expected="a CompileProfile",
            found=f"{profile!r}",
            cure="use `CompileProfile.preset(name)` or `CompileProfile.from_toml_path(path)`",
        )

    @classmethod
    def from_toml_str(cls, text: str, where: str = "profile") -> Self:
        """Returns the profile in TOML text; what is not in it has its default.

        Raises ConfigError for a syntax error, and for every key that is unknown, has no effect here
        or has a value that is none.
        """
        values, wrong = profile_toml.read(cls, text, where)
        try:
            made = cls(**values)
        except profile_toml.ProfileError as error:
            wrong += error.lines
        else:
            if not wrong:
                return made
        raise profile_toml.ProfileError(where, wrong)

    @classmethod
    def from_toml_path(cls, path: str | Path) -> Self:
        """Returns the profile in a TOML file; raises FileError if there is none."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            found = (error.strerror or str(error)).lower()
            raise FileError(f"{path}", expected="a TOML file", found=found) from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}", expected="a TOML file", found=str(error)) from None
        return cls.from_toml_str(text, str(path))

    def to_toml(self) -> str:
        """Returns TOML text that reads back as this profile; defaults are left out."""
        return profile_write.write(type(self), self.model_dump())

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Returns the JSON schema of the TOML file, for editors and other programs."""
        return profile_write.schema(cls)
