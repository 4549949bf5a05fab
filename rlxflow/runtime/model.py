"""`load` and `Model`: a checkpoint, and the programs made of it so far."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np

from rlxflow.config.cache_folder import cache_folder
from rlxflow.config.profile import CompileProfile
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes.base import FlowRequest
from rlxflow.runtime.call import complete, gather_numbered
from rlxflow.runtime.checkpoint import Checkpoint, open_checkpoint
from rlxflow.runtime.model_weights import ModelWeights

if TYPE_CHECKING:
    from rlxflow.runtime.compiled import CompiledModel
    from rlxflow.runtime.generate_options import GenerateOptions
    from rlxflow.runtime.generator import Generator
    from rlxflow.runtime.prompts import PromptTokenizer
    from rlxflow.runtime.text import TextTokenizer
    from rlxflow.runtime.transcribe import TranscribeOptions, Transcriber, Transcription


def load(
    path: str | Path,
    device: object = None,
    dtype: str | None = None,
    profile: CompileProfile | None = None,
    weights: object = "auto",
    cache: str | Path | bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> Model:
    """Opens a checkpoint. Nothing large is read until the first call.

    Args:
        path: A folder with config.json, weights, and a tokenizer for texts; or a .gguf file.
        device: `cpu`, `gpu`, `cuda`, `tpu` or a `jax.Device`; the CPU if None.
        dtype: Element type of weights and activations: `f32`, `bf16`, `f16`. If None, weights stay
            as stored and activations are f32; `profile.compute` sets activations apart.
        profile: How stages are lowered; the recipe's own if None.
        weights: `auto` for those of the folder, None to go by the config alone (for emitting),
            or anything that `ModelFlow.build` takes.
        cache: The folder where compiled steps of `generate` are kept for the next process; the
            user's own if True, nowhere if False. What stands there is run.
        progress: Called, from a thread of its own, as weights are read at the first call: with the
            bytes that are ready and all that are needed.

    Raises:
        ConfigError: no config.json, an unknown family, or keys that are not understood.
        WeightError: no weights, or damaged ones.
    """
    checkpoint = open_checkpoint(path, weights=weights, dtype=dtype, profile=profile)
    return Model(checkpoint, device, cache, progress)


class Model:
    """A loaded checkpoint. Call it with ids, `embed` texts, `generate` text.

    What these need is compiled at its first use and kept; weights are on the device once.

    Attributes:
        weights: Where they are read, and the device that they go to.
        cache_folder: Where steps of `generate` are kept for the next process; None for nowhere.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: object = None,
        cache: str | Path | bool = True,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.weights = ModelWeights(device, progress)
        self.cache_folder = cache_folder() if cache is True else Path(cache) if cache else None
        self._programs: dict[FlowRequest, CompiledModel] = {}

    def flow(
        self,
        phase: str | None = None,
        batch: int = 1,
        seq: int | None = None,
        *,
        context: int | None = None,
        hidden_states: bool = False,
        position_ids: bool = False,
        **sizes: Any,
    ) -> ModelFlow:
        """Returns the unbuilt flow of a phase; it can be changed and built by itself.

        Args:
            phase: `encode` for encoders; `prefill` (the usual), `decode` or `verify` for causal
                language models; the first that the family has if None.
            batch: Rows.
            seq: Tokens a row; 128 if None, 1 for `decode`.
            context: Positions that the cache holds; for `decode` all that the model has, for
                `prefill` no cache if None.
            hidden_states: Whether every layer's value is an output.
            position_ids: Whether positions are an input of an encoder.
            **sizes: Other fields of `FlowRequest`, such as `image_size`.

        A checkpoint that says how sentences are embedded also gives `sentence_embedding`.
        """
        request = self.checkpoint.phase_request(
            phase,
            batch=batch,
            seq=seq,
            context=context,
            hidden_states=hidden_states,
            position_ids=position_ids,
            **sizes,
        )
        return self.checkpoint.flow(request)

    def build(self, flow: ModelFlow, *, partial: bool = False) -> BuiltModel:
        """Returns a flow built on this checkpoint's weights; see `Checkpoint.build`."""
        return self.checkpoint.build(flow, partial=partial)

    def compiled(self, request: FlowRequest) -> CompiledModel:
        """Returns the program of a request, compiled at its first use; weights are shared."""
        from rlxflow.runtime.compiled import compile_built

        if request not in self._programs:
            flow = self.checkpoint.flow(request)
            built = self.build(flow, partial=request.only_sentence)
            self._programs[request] = compile_built(built, None, self.weights.on_device)
        return self._programs[request]

    def __call__(self, *, output_hidden_states: bool = False, **inputs: object) -> dict[str, Any]:
        """Runs the model; names of inputs and outputs are those of transformers.

        Which phase runs, and its sizes, follow from the inputs. Unless given, masks are all ones,
        `token_type_ids` all zeros, and `position_ids` count from 0 in each row.

        Returns:
            `{name: jax.Array}`; `hidden_states` is a tuple, as are others that there are many of.
        """
        given = {name: value for name, value in inputs.items() if value is not None}
        checkpoint = self.checkpoint
        shapes = {name: tuple(np.shape(cast(Any, value))) for name, value in given.items()}
        request = checkpoint.recipe.request_for(checkpoint.config, checkpoint.variant, shapes)
        request = replace(checkpoint.check(request), hidden_states=output_hidden_states)
        program = self.compiled(request)
        complete(given, program.inputs)
        checkpoint.recipe.check_call(given)
        return gather_numbered(program(**given))

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
        from rlxflow.runtime.embed import embed_texts

        return embed_texts(
            self, texts, max_length=max_length, batch_size=batch_size, progress=progress
        )

    def embed_images(
        self,
        images: Sequence[object],
        *,
        batch_size: int = 32,
        progress: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """Returns f32[n, d]: one vector an image, of length 1.

        It is the `image_embeds` of CLIP and SigLIP, to be compared with those of texts; of other
        models the `pooler_output` or, where there is none, the normed class token.

        Args:
            images: Paths, `PIL.Image.Image`, or arrays u8[height, width, 3]. They are prepared as
                the checkpoint's preprocessor_config.json says.
            batch_size: The largest number of images run at once.
            progress: Called with the number of images done since the last call.
        """
        from rlxflow.runtime.embed_images import embed_images

        return embed_images(self, images, batch_size=batch_size, progress=progress)

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

    def transcribe(
        self, input_features: object, **options: Unpack[TranscribeOptions]
    ) -> Transcription:
        """Writes down what is heard, taking the best token always.

        Args:
            input_features: f32[b, mel bins, frames], log-mel, as long as the model hears at once.
            **options: See `TranscribeOptions`.

        Returns:
            `ids` i32[b, n], the tokens after the prompt, and `text`, one a row, if the checkpoint
            has a tokenizer.json.
        """
        return self.transcriber.transcribe(input_features, options)

    @functools.cached_property
    def transcriber(self) -> Transcriber:
        """What `transcribe` runs on."""
        from rlxflow.runtime.transcribe import Transcriber

        return Transcriber(self)

    @functools.cached_property
    def generator(self) -> Generator:
        """What `generate` runs on; `generator.timing` tells how long the last run took."""
        from rlxflow.runtime.generator import Generator

        return Generator(self)

    @functools.cached_property
    def prompts(self) -> PromptTokenizer:
        """The checkpoint's tokenizer, for generation."""
        from rlxflow.runtime.prompts import PromptTokenizer

        return PromptTokenizer.of_checkpoint(self.checkpoint)

    @functools.cached_property
    def tokenizer(self) -> TextTokenizer:
        """The checkpoint's tokenizer, for embedding."""
        from rlxflow.runtime.text import TextTokenizer

        return TextTokenizer(self.checkpoint.folder)
