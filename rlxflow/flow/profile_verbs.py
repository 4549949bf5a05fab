"""The fluent methods that say how a flow is compiled; none of them appends a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self, cast

from rlxflow.config.profile import CompileProfile, Mode
from rlxflow.config.profile_near import profile_or_default
from rlxflow.flow.extensions import FlowExtensionPlan
from rlxflow.passes.base import Pass


class ProfileVerbs:
    """Part of `ModelFlow`; every method returns a new flow."""

    profile: CompileProfile

    def with_profile(self, profile: CompileProfile) -> Self:
        """Replaces the profile."""
        return replace(self, profile=CompileProfile.checked(profile))  # pyright: ignore[reportArgumentType]

    def profile_preset(self, name: str) -> Self:
        """Takes a preset by name, `qwen3_decode`; see `CompileProfile.preset`."""
        return self.with_profile(CompileProfile.preset(name))

    def profile_file(
        self, path: str | Path, default: Callable[[], CompileProfile] = CompileProfile
    ) -> Self:
        """Takes the profile in a TOML file; `default()`, with a warning, if there is no file.

        Raises ConfigError if the file holds anything that is not understood.
        """
        return self.with_profile(profile_or_default(path, default))

    def profile_encoder(self) -> Self:
        """Takes the profile of encoders."""
        return self.profile_preset("encoder")

    def profile_prefill(self) -> Self:
        """Takes the profile of a prefill phase."""
        return self.profile_preset("llama32_prefill")

    def profile_decode(self) -> Self:
        """Takes the profile of a decode phase."""
        return self.profile_preset("llama32_decode")

    def with_modes(self, modes: Mapping[str, str]) -> Self:
        """Sets stage modes by path or `block:<kind>`: `{"layers.*/attention": "fence"}`."""
        merged = {**self.profile.modes, **cast(Mapping[str, Mode], modes)}
        return self.with_profile(self.profile.changed(modes=merged))

    def with_extensions(self, plan: FlowExtensionPlan | Iterable[Pass | str]) -> Self:
        """Replaces the passes that rewrite the module once it is emitted; see `extensions`."""
        made = plan if isinstance(plan, FlowExtensionPlan) else FlowExtensionPlan.only(plan)
        return replace(self, extensions=made.passes)  # pyright: ignore[reportArgumentType]
