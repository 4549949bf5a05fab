"""A checkpoint opened: config, recipe, weights under our names; flows of it, built. No jax here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rlxflow import dtypes
from rlxflow.config.gguf import open_gguf
from rlxflow.config.model_config import ModelConfig, read_config
from rlxflow.config.profile import CompileProfile
from rlxflow.config.sentence import SentenceConfig, read_sentence_config
from rlxflow.errors import ConfigError, InputError, WeightError
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest, Recipe
from rlxflow.weights import NameRules, RenamedSource, WeightSource, open_weights
from rlxflow.weights.stacked import StackedSource


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a folder or a .gguf file holds, and how it is to be run.

    Attributes:
        path: The folder or file.
        raw: The config as it was read.
        recipe: The family's recipe.
        config: The validated config.
        variant: Which heads there are; see `Recipe.variant`.
        source: Weights under the recipe's names; None to go by the config alone.
        ignore: Globs of weights that are not needed, with reasons.
        metadata: Of a GGUF file; None for a folder.
        dtype: Element type of weights and activations; as stored, and f32, if None.
        profile: How stages are lowered; the recipe's own if None.
    """

    path: Path
    raw: Mapping[str, Any]
    recipe: Recipe
    config: ModelConfig
    variant: str
    source: WeightSource | None
    ignore: tuple[tuple[str, str], ...]
    metadata: Mapping[str, object] | None
    dtype: str | None
    profile: CompileProfile | None

    @property
    def folder(self) -> Path:
        """Where the files beside the weights are."""
        return self.path if self.path.is_dir() else self.path.parent

    @property
    def max_positions(self) -> int | None:
        """How many tokens a row may have; None if there is no limit."""
        return self.recipe.max_positions(self.config)

    @property
    def sentence(self) -> SentenceConfig:
        """How the checkpoint wants sentences embedded."""
        return read_sentence_config(self.folder, self.max_positions)

    @property
    def compute_dtype(self) -> str:
        """The element type of activations."""
        compute = self.profile.compute if self.profile else None
        return compute or self.dtype or "f32"

    @property
    def cache_dtype(self) -> str:
        """The element type of caches: that of the activations unless the profile says another."""
        return (self.profile.cache_dtype if self.profile else None) or self.compute_dtype

    @property
    def pad_id(self) -> int:
        """The id that fills rows up."""
        return int(self.raw.get("pad_token_id") or 0)

    def request(self, phase: str, **fields: Any) -> FlowRequest:
        """Returns a checked request; raises ConfigError for a phase or length the model lacks."""
        return self.check(FlowRequest(phase=phase, **fields))

    def check(self, request: FlowRequest) -> FlowRequest:
        """Returns the request; raises ConfigError for a phase or length the model lacks."""
        if request.phase not in self.recipe.phases:
            phases = ", ".join(self.recipe.phases)
            raise ConfigError("phase", expected=f"one of {phases}", found=f"`{request.phase}`")
        limit = self.max_positions
        if limit is not None and request.seq > limit:
            raise ConfigError("seq", expected=f"at most {limit} tokens", found=str(request.seq))
        return request

    def phase_request(self, phase: str | None = None, **given: Any) -> FlowRequest:
        """Returns the request of a phase; what is not given, or None, is as usual for it."""
        phase = phase or self.recipe.phases[0]
        says = (self.folder / "modules.json").is_file()
        given = {name: value for name, value in given.items() if value is not None}
        fields = self.recipe.usual_sizes(self.config, self.variant, phase) | given
        if phase in {"decode", "verify"} and not fields.get("context"):
            fields["context"] = self.max_positions
        return self.request(
            phase,
            cache_dtype=self.cache_dtype,
            compute_dtype=self.compute_dtype,
            last_token=phase == "prefill" and bool(fields.get("context")),
            sentence=self.sentence if says else None,
            **fields,
        )

    def flow(self, request: FlowRequest) -> ModelFlow:
        """Returns the flow of a request, unbuilt."""
        flow = self.recipe.flow(self.config, self.variant, request)
        return flow if self.profile is None else flow.with_profile(self.profile)

    def build(self, flow: ModelFlow, *, partial: bool = False) -> BuiltModel:
        """Returns a flow built on this checkpoint's weights.

        Args:
            flow: Of this checkpoint, patched or not.
            partial: Whether the flow may leave weights of the file unused.
        """
        rest = (("*", "not part of this flow"),) if partial else ()
        rules = NameRules(ignore=(*self.ignore, *rest))
        return flow.build(self.source, dtype=self.dtype, rules=rules)


def open_checkpoint(
    path: str | Path,
    *,
    weights: object = "auto",
    dtype: str | None = None,
    profile: CompileProfile | None = None,
) -> Checkpoint:
    """Opens a folder with config.json, or a .gguf file; reads headers, no weights.

    Raises ConfigError or WeightError; see `load`.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError("checkpoint", expected="the path of a folder or file", found=f"{path!r}")
    where = Path(path)
    if dtype is not None and dtypes.check(dtype, "dtype") not in {"f32", "bf16", "f16"}:
        raise ConfigError("dtype", expected="f32, bf16 or f16", found=f"`{dtype}`")
    metadata: Mapping[str, object] | None = None
    inside: WeightSource | None = None
    if where.suffix == ".gguf":
        raw, inside, metadata = open_gguf(where)
    else:
        raw = read_config(where)
    recipe = find_recipe(raw, str(where))
    config = recipe.config_class.from_dict(raw, f"{where}" if metadata else f"{where}/config.json")
    if isinstance(weights, str) and weights == "auto":
        source = inside or _beside(where)
    else:
        source = _given(weights)
    variant = recipe.variant(raw, None if source is None else list(source.names()))
    rules = recipe.rules(config, variant)
    ours = None if source is None else _under_our_names(source, rules, recipe.stacks(config))
    return Checkpoint(
        where,
        recipe.raw_of(raw),
        recipe,
        config,
        variant,
        ours,
        rules.ignore,
        metadata,
        dtype,
        None if profile is None else CompileProfile.checked(profile),
    )


def _given(weights: object) -> WeightSource | None:
    return None if weights is None else open_weights(cast("Mapping[str, object]", weights))


def _beside(where: Path) -> WeightSource:
    try:
        return open_weights(where if where.is_dir() else where.parent)
    except WeightError as error:
        error.within("to go on with the config alone, pass weights=None (--no-weights)")
        raise


def _under_our_names(
    source: WeightSource, rules: NameRules, stacks: Mapping[str, tuple[str, ...]]
) -> WeightSource:
    """Returns the file's tensors under the names of the recipe, stacked where it wants them so."""
    renamed = RenamedSource(source, rules)
    return StackedSource(renamed, stacks) if stacks else renamed
