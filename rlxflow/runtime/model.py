"""`load` and `Model`: a checkpoint, its recipe, and the programs made of it so far."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np

from rlxflow import dtypes
from rlxflow.config.model_config import ModelConfig, read_config, stored_dtype
from rlxflow.config.profile import CompileProfile
from rlxflow.config.sentence import SentenceConfig, read_sentence_config
from rlxflow.errors import ConfigError, InputError, WeightError
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest, Recipe
from rlxflow.weights import NameRules, RenamedSource, WeightSource, open_weights

if TYPE_CHECKING:
    from rlxflow.runtime.compiled import CompiledModel, DeviceWeights
    from rlxflow.runtime.generate_options import GenerateOptions
    from rlxflow.runtime.generator import Generator
    from rlxflow.runtime.prompts import PromptTokenizer
    from rlxflow.runtime.text import TextTokenizer


def load(
    path: str | Path,
    device: object = None,
    dtype: str | None = None,
    profile: CompileProfile | None = None,
    weights: object = "auto",
) -> Model:
    """Opens a checkpoint folder. Nothing large is read until the first call.

    Args:
        path: A folder with config.json, weights, and a tokenizer for texts.
        device: `cpu`, `gpu`, `cuda`, `tpu` or a `jax.Device`; the CPU if None.
        dtype: Element type of weights and activations: `f32`, `bf16`, `f16`; as stored if None.
        profile: How stages are lowered; the recipe's own if None.
        weights: `auto` for those of the folder, None to go by the config alone (for emitting),
            or anything that `ModelFlow.build` takes.

    Raises:
        ConfigError: no config.json, an unknown family, or keys that are not understood.
        WeightError: no weights, or damaged ones.
    """
    folder = Path(path)
    raw = read_config(folder)
    if dtype is not None and dtypes.check(dtype, "dtype") not in {"f32", "bf16", "f16"}:
        raise ConfigError("dtype", expected="f32, bf16 or f16", found=f"`{dtype}`")
    recipe = find_recipe(raw, str(folder))
    config = recipe.config_class.from_dict(raw, f"{folder}/config.json")
    source = _open_weights(folder, weights)
    return Model(folder, raw, recipe, config, source, device=device, dtype=dtype, profile=profile)


def _open_weights(folder: Path, weights: object) -> WeightSource | None:
    if not isinstance(weights, str) or weights != "auto":
        return None if weights is None else open_weights(cast("Mapping[str, object]", weights))
    try:
        return open_weights(folder if folder.is_dir() else folder.parent)
    except WeightError as error:
        error.within("to go on with the config alone, pass weights=None (--no-weights)")
        raise


class Model:
    """A loaded checkpoint. Call it with ids, or `embed` texts; both compile what they need once."""

    def __init__(
        self,
        folder: Path,
        raw: Mapping[str, Any],
        recipe: Recipe,
        config: ModelConfig,
        source: WeightSource | None,
        *,
        device: object,
        dtype: str | None,
        profile: CompileProfile | None,
    ) -> None:
        self.folder, self.raw, self.config = folder, raw, config
        self.recipe = recipe
        self._device, self._dtype, self._profile = device, dtype, profile
        names = None if source is None else list(source.names())
        self.variant = recipe.variant(raw, names)
        rules = recipe.rules(config, self.variant)
        self.ignore = rules.ignore
        self.source = (
            None if source is None else _under_our_names(source, rules, recipe.stacks(config))
        )
        self._programs: dict[FlowRequest, CompiledModel] = {}
        self._tokenizer: TextTokenizer | None = None

    @property
    def sentence(self) -> SentenceConfig:
        """How the checkpoint wants sentences embedded."""
        return read_sentence_config(self.folder, self.recipe.max_positions(self.config))

    def request(self, phase: str, batch: int, seq: int, **options: Any) -> FlowRequest:
        """Returns a checked request; raises ConfigError for a phase or length the model lacks."""
        if phase not in self.recipe.phases:
            raise ConfigError(
                "phase", expected=f"one of {', '.join(self.recipe.phases)}", found=f"`{phase}`"
            )
        limit = self.recipe.max_positions(self.config)
        if seq > limit:
            raise ConfigError("seq", expected=f"at most {limit} tokens", found=str(seq))
        return FlowRequest(phase=phase, batch=batch, seq=seq, **options)

    def flow(
        self,
        phase: str | None = None,
        batch: int = 1,
        seq: int | None = None,
        *,
        context: int | None = None,
        hidden_states: bool = False,
        position_ids: bool = False,
    ) -> ModelFlow:
        """Returns the unbuilt flow of a phase; it can be changed and built by itself.

        Args:
            phase: `encode` for encoders; `prefill` (the usual), `decode` or `verify` for causal
                language models.
            batch: Rows.
            seq: Tokens a row; 128 if None, 1 for `decode`.
            context: Positions that the cache holds; for `decode` all that the model has, for
                `prefill` no cache if None.
            hidden_states: Whether every layer's value is an output.
            position_ids: Whether positions are an input of an encoder.

        A checkpoint that says how sentences are embedded also gives `sentence_embedding`.
        """
        phase = phase or self.recipe.phases[0]
        steps = phase in {"decode", "verify"}
        says = (self.folder / "modules.json").is_file()
        return self._flow(
            self.request(
                phase,
                batch,
                seq or (1 if phase == "decode" else 128),
                context=context or (self.recipe.max_positions(self.config) if steps else 0),
                cache_dtype=self.cache_dtype,
                last_token=phase == "prefill" and bool(context),
                hidden_states=hidden_states,
                position_ids=position_ids,
                sentence=self.sentence if says else None,
            )
        )

    @property
    def cache_dtype(self) -> str:
        """The element type of caches: that of the weights."""
        return self._dtype or stored_dtype(self.raw) or "f32"

    def _flow(self, request: FlowRequest) -> ModelFlow:
        flow = self.recipe.flow(self.config, self.variant, request)
        return flow if self._profile is None else flow.with_profile(self._profile)

    def build(self, flow: ModelFlow, *, partial: bool = False) -> BuiltModel:
        """Returns a flow built on this checkpoint's weights.

        Args:
            flow: From `self.flow(...)`, patched or not.
            partial: Whether the flow may leave weights of the file unused.
        """
        rest = (("*", "not part of this flow"),) if partial else ()
        rules = NameRules(ignore=(*self.ignore, *rest))
        return flow.build(self.source, dtype=self._dtype, rules=rules)

    def compiled(self, request: FlowRequest) -> CompiledModel:
        """Returns the program of a request, compiled at its first use; weights are shared."""
        from rlxflow.runtime.compiled import compile_built

        if request not in self._programs:
            built = self.build(self._flow(request), partial=request.only_sentence)
            self._programs[request] = compile_built(built, None, self.device_weights)
        return self._programs[request]

    def __call__(self, *, output_hidden_states: bool = False, **inputs: object) -> dict[str, Any]:
        """Runs the model on ids `[b, t]`; names of inputs and outputs are those of transformers.

        Unless given, `attention_mask` is all ones, `token_type_ids` all zeros, and `position_ids`
        count from 0 in each row.

        Returns:
            `{name: jax.Array}`; `hidden_states` is a tuple.
        """
        if "input_ids" not in inputs:
            raise InputError("call", expected="input_ids", found=", ".join(inputs) or "nothing")
        ids = np.asarray(inputs["input_ids"])
        if ids.ndim != 2 or 0 in ids.shape:
            raise InputError(
                "input `input_ids`", expected="[b, t], at least 1 by 1", found=str([*ids.shape])
            )
        request = self.request(
            self.recipe.phases[0],
            *ids.shape,
            hidden_states=output_hidden_states,
            position_ids="position_ids" in inputs,
        )
        program = self.compiled(request)
        defaults = {
            "attention_mask": lambda: np.ones(ids.shape, np.int32),
            "token_type_ids": lambda: np.zeros(ids.shape, np.int32),
            "position_ids": lambda: np.broadcast_to(
                np.arange(ids.shape[1], dtype=np.int32), ids.shape
            ),
        }
        for port in program.inputs:
            if port.name in defaults and inputs.get(port.name) is None:
                inputs[port.name] = defaults[port.name]()
        _refuse_empty_rows(inputs["attention_mask"])
        return _gather_hidden_states(program(**inputs))

    def embed(
        self,
        texts: Sequence[str],
        *,
        max_length: int | None = None,
        batch_size: int = 32,
        progress: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """Returns f32[n, d]: one vector a text, pooled and normalised as the checkpoint says.

        Args:
            texts: At least one token each.
            max_length: Tokens a text is cut at; the checkpoint's own limit if None.
            batch_size: The largest number of rows run at once.
            progress: Called with the number of texts done since the last call.
        """
        from rlxflow.runtime.embed import embed_tokens

        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InputError("texts", expected="a list of strings", found=type(texts).__name__)
        sentence = self.sentence
        limit = max_length or sentence.max_seq_length
        if not 3 <= limit <= self.recipe.max_positions(self.config):
            most = self.recipe.max_positions(self.config)
            raise InputError("max_length", expected=f"3 to {most} tokens", found=str(limit))
        if not texts:
            return np.zeros((0, self.raw["hidden_size"]), np.float32)
        lowered = [text.lower() for text in texts] if sentence.do_lower_case else texts
        return embed_tokens(
            self.tokenizer.encode(lowered, limit),
            lambda batch, seq: self.compiled(
                self.request("encode", batch, seq, sentence=sentence, only_sentence=True)
            ),
            batch_size=batch_size,
            limit=limit,
            pad_id=self.pad_id,
            progress=progress,
        )

    def generate(self, prompt: object, **options: Unpack[GenerateOptions]) -> Any:
        """Continues prompts, token by token; the options are those of `GenerateOptions`.

        Args:
            prompt: A text, a list of texts, or ids [b, t].
            **options: See `GenerateOptions`; by default the best token is taken, 32 times.

        Returns:
            For a text: the prompt and what follows it (with a chat template, the answer alone);
            for a list, a list; for ids, i32[b, t+new]; with `stream`, an iterator over the pieces
            of text that follow.
        """
        return self.generator.generate(prompt, options)

    @functools.cached_property
    def generator(self) -> Generator:
        """What `generate` runs on; `generator.timing` tells how long the last run took."""
        from rlxflow.runtime.generator import Generator

        return Generator(self, self.device_weights)

    @functools.cached_property
    def device_weights(self) -> DeviceWeights:
        """The weights on the device, shared by all programs of this model."""
        from rlxflow.runtime.compiled import DeviceWeights
        from rlxflow.runtime.devices import find_device

        return DeviceWeights(find_device(self._device))

    @property
    def end_ids(self) -> frozenset[int]:
        """The ids that end an answer."""
        from rlxflow.runtime.generator import end_ids

        return end_ids(self.folder, dict(self.raw))

    @property
    def pad_id(self) -> int:
        """The id that fills rows up."""
        return int(self.raw.get("pad_token_id") or 0)

    @functools.cached_property
    def prompts(self) -> PromptTokenizer:
        """The checkpoint's tokenizer, for generation."""
        from rlxflow.runtime.prompts import PromptTokenizer

        return PromptTokenizer.from_folder(self.folder)

    @property
    def tokenizer(self) -> TextTokenizer:
        """The checkpoint's tokenizer."""
        from rlxflow.runtime.text import TextTokenizer

        if self._tokenizer is None:
            self._tokenizer = TextTokenizer(self.folder)
        return self._tokenizer


def _under_our_names(
    source: WeightSource, rules: NameRules, stacks: Mapping[str, tuple[str, ...]]
) -> WeightSource:
    """Returns the file's tensors under the names of the recipe, stacked where it wants them so."""
    renamed = RenamedSource(source, rules)
    if not stacks:
        return renamed
    from rlxflow.weights.stacked import StackedSource

    return StackedSource(renamed, stacks)


def _refuse_empty_rows(mask: object) -> None:
    empty = np.flatnonzero(~np.asarray(mask).astype(bool).any(axis=-1))
    if empty.size:
        raise InputError(
            f"input `attention_mask`[{empty[0]}]", expected="at least one token", found="none"
        )


def _gather_hidden_states(outputs: dict[str, Any]) -> dict[str, Any]:
    taps = [name for name in outputs if name.startswith("hidden_states.")]
    named = {name: value for name, value in outputs.items() if name not in taps}
    if taps:
        named["hidden_states"] = tuple(outputs[f"hidden_states.{i}"] for i in range(len(taps)))
    return named
