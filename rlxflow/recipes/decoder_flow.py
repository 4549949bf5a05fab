"""`DecoderFlow`: a causal model's flow, option by option, with hooks into its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.config.profile import CompileProfile
from rlxflow.config.profile_near import profile_beside, profile_or_default
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.causal import CausalRecipe
from rlxflow.recipes.decoder import DecoderSpec
from rlxflow.recipes.hooks import NO_HOOKS, Hooks, LayerContext


@dataclass(frozen=True)
class DecoderFlow:
    """A recipe under construction. Every method returns a new one; `assemble` gives the flow.

    Example:
        >>> flow = DecoderFlow.from_config(config).prefill().batch(2).seq(64).last_token_logits()
        >>> flow.assemble().describe()  # doctest: +SKIP
    """

    spec: DecoderSpec
    request: FlowRequest
    hooks: Hooks = NO_HOOKS
    own_profile: CompileProfile | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DecoderFlow:
        """Returns a prefill flow of 1 row and 128 tokens for a config.json's object."""
        recipe = find_recipe(dict(config), "config")
        if not isinstance(recipe, CausalRecipe):
            family = config.get("model_type")
            raise ConfigError("config", expected="a causal language model", found=f"`{family}`")
        spec = recipe.spec(recipe.config_class.from_dict(config))
        return cls(spec, FlowRequest(phase="prefill", batch=1, seq=128))

    def _with(self, **changes: Any) -> Self:
        return replace(self, request=replace(self.request, **changes))

    def _change(self, **changes: Any) -> Self:
        return replace(self, hooks=replace(self.hooks, **changes))

    @classmethod
    def for_prefill(cls, config: Mapping[str, Any], batch: int, seq: int) -> DecoderFlow:
        """Returns a prefill flow of these sizes, with the head."""
        return cls.from_config(config).batch(batch).seq(seq).lm_head()

    @classmethod
    def for_decode(cls, config: Mapping[str, Any], batch: int, past: int) -> DecoderFlow:
        """Returns a step after `past` tokens whose keys and values are inputs, with the head."""
        return cls.from_config(config).batch(batch).seq(1).past(past).export_kv().lm_head()

    def prefill(self) -> Self:
        """Takes whole prompts."""
        return self._with(phase="prefill")

    def decode(self) -> Self:
        """Takes one token a row, with a cache of all positions that the model has."""
        context = self.request.context or self.spec.max_positions
        return self._with(phase="decode", seq=1, context=context)

    def batch(self, rows: int) -> Self:
        """Sets the number of rows."""
        return self._with(batch=rows)

    def seq(self, tokens: int) -> Self:
        """Sets the number of tokens a row."""
        return self._with(seq=tokens)

    def context(self, positions: int) -> Self:
        """Sets how many positions the caches hold; 0 for no caches."""
        return self._with(context=positions)

    def past(self, tokens: int) -> Self:
        """Takes keys and values of earlier tokens as inputs and gives them back longer."""
        return self._with(past=tokens, context=0, phase="decode")

    def last_token_logits(self) -> Self:
        """Scores only the last token of each row."""
        return self._with(last_token=True, hidden_only=False)

    def hidden_only(self) -> Self:
        """Ends at the final norm, for all tokens."""
        return self._with(hidden_only=True, last_token=False)

    def lm_head(self) -> Self:
        """Ends with the scores of all tokens, which is also what a new flow does."""
        return self._with(hidden_only=False, last_token=False)

    def export_kv(self) -> Self:
        """Makes each layer's keys and values outputs."""
        return self._with(export_kv=True)

    def custom_mask(self) -> Self:
        """Lets a step hide slots of the cache: input `cache_mask` [b, s]."""
        return self._change(cache_mask=True)

    def inputs_embeds(self) -> Self:
        """Takes `inputs_embeds` [b, t, d] instead of ids, as what the first layer sees."""
        return self._change(inputs_embeds=True)

    def export_qk(self) -> Self:
        """Makes each layer's queries, keys and values outputs, as they are rotated."""
        return self._change(export_queries=True).export_kv()

    def tap_layers(self, layers: Iterable[int]) -> Self:
        """Makes what enters these layers outputs `layer_input.N`, in the order of the layers."""
        return self._change(taps=tuple(sorted(layers)))

    def looped(self, times: int, *, skip_final_norm: bool = False) -> Self:
        """Runs all layers several times with the same weights, the final norm between the loops."""
        if times < 1:
            raise ConfigError("loops", expected="at least 1", found=str(times))
        return replace(self, spec=replace(self.spec, loops=times, loop_norm=not skip_final_norm))

    def layer(self, make: Callable[[LayerContext], Stage]) -> Self:
        """Lets a function choose the stage of each layer."""
        return self._change(layer=make)

    def before_layers(self, stages: Iterable[Stage | Block]) -> Self:
        """Puts stages between the embeddings and the first layer."""
        made = LayerStack().raw_stages(stages).stages
        return self._change(before_layers=made)

    def after_layers(self, stages: Iterable[Stage | Block]) -> Self:
        """Puts stages between the last layer and the final norm."""
        made = LayerStack().raw_stages(stages).stages
        return self._change(after_layers=made)

    def patch_flow(self, change: Callable[[ModelFlow], ModelFlow]) -> Self:
        """Changes the flow after the final norm, before the head, in every phase."""
        return self._change(patch_flow=change)

    def profile(self, profile: CompileProfile) -> Self:
        """Sets how stages are lowered."""
        return replace(self, own_profile=profile)

    def profile_prefill(self) -> Self:
        """Takes the profile of a prefill phase."""
        return self.profile(CompileProfile.preset("llama32_prefill"))

    def profile_decode(self) -> Self:
        """Takes the profile of a decode phase."""
        return self.profile(CompileProfile.preset("llama32_decode"))

    def profile_near(self, weights: str | Path) -> Self:
        """Takes `<family>.rlx.toml` from the folder of the weights.

        If there is no such file, the profile stays as it is, with a warning. Raises ConfigError if
        the file holds anything that is not understood.
        """
        path = profile_beside(weights, self.spec.family)
        made = profile_or_default(path, lambda: self.own_profile)
        return self if made is None else self.profile(made)

    def assemble(self) -> ModelFlow:
        """Returns the flow, unbuilt."""
        flow = self.spec.flow(self.request, self.hooks)
        return flow if self.own_profile is None else flow.with_profile(self.own_profile)
