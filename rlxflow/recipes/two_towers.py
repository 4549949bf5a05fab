"""Models of texts and images: one encoder for each, and how well their vectors match."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.embedding import Embed, LearnedPositions
from rlxflow.blocks.mask import AttnMaskFromInput
from rlxflow.blocks.match import MatchScores
from rlxflow.blocks.pool import Normalize
from rlxflow.errors import InputError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.pre_norm import clip_like_layer
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest, Recipe, sizes_of
from rlxflow.recipes.image import PIXELS, grid_of, pixels_shape, sizes_of_pixels
from rlxflow.recipes.tower import TowerSpec
from rlxflow.recipes.two_tower_configs import TextConfig
from rlxflow.weights import NameRules

IDS, MASK = "input_ids", "attention_mask"
TEXT, IMAGE = "text_model", "vision_model"


class TwoTowerRecipe(Recipe):
    """Base of the families: phases `match` (both), `image`, `text`. One variant: `pair`.

    A family gives its config class, both encoders, and what turns their last value into a vector.
    """

    phases = ("match", "image", "text")
    text_phase = "text"
    image_phase = "image"
    projections: ClassVar[tuple[str, str]] = ("", "")
    """Names of weights, beside those of the encoders, that only texts or images need."""

    def image_tower(self, config: Any, grid: tuple[int, int]) -> TowerSpec:
        """Returns the encoder of images as numbers, for images of `grid` patches."""
        raise NotImplementedError(type(self).__name__)

    def text_tower(self, config: Any, *, padding: bool) -> TowerSpec:
        """Returns the encoder of texts as numbers."""
        raise NotImplementedError(type(self).__name__)

    def image_head(self, config: Any) -> tuple[Stage, ...]:
        """Returns the stages from the encoder's last value to one vector an image."""
        raise NotImplementedError(type(self).__name__)

    def text_head(self, config: Any) -> tuple[Stage, ...]:
        """Returns the stages from the encoder's last value to one vector a text."""
        raise NotImplementedError(type(self).__name__)

    def scores(self) -> MatchScores:
        """Returns the block that compares texts with images."""
        raise NotImplementedError(type(self).__name__)

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        return "pair"

    def rules(self, config: Any, variant: str) -> NameRules:
        return NameRules(ignore=(("*.embeddings.position_ids", "counts 0, 1, 2, ..."),))

    def max_positions(self, config: Any) -> int:
        return config.text_config.max_position_embeddings

    def usual_sizes(self, config: Any, variant: str, phase: str) -> dict[str, Any]:
        sizes: dict[str, Any] = {}
        if phase != "image":
            sizes["seq"] = self.max_positions(config)
        if phase != "text":
            sizes["image_size"] = config.vision_config.image_size
        return sizes

    def request_for(
        self, config: Any, variant: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> FlowRequest:
        if IDS not in shapes and PIXELS not in shapes:
            found = ", ".join(shapes) or "nothing"
            raise InputError("call", expected=f"{IDS}, {PIXELS} or both", found=found)
        if PIXELS not in shapes:
            batch, seq = sizes_of(shapes, IDS, "b t")
            return FlowRequest(phase="text", batch=batch, seq=seq)
        images, sizes = self.image_sizes(shapes)
        if IDS not in shapes:
            return FlowRequest(phase="image", batch=images, **sizes)
        batch, seq = sizes_of(shapes, IDS, "b t")
        return FlowRequest(phase="match", batch=batch, seq=seq, images=images, **sizes)

    def image_sizes(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, dict[str, Any]]:
        """Returns how many images a call has, and the fields of a request that tell their size."""
        images, size = sizes_of_pixels(shapes)
        return images, {"image_size": size}

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        flow = ModelFlow(config.model_type).profile_encoder()
        if request.phase != "image":
            flow = self._with_texts(flow, config, request)
        if request.phase != "text":
            flow = self._with_images(flow, config, request)
        if request.phase == "match":
            return flow.stage("scores", self.scores()).output("logits_per_image")
        flow = self._without_the_other(flow, request.phase)
        if request.only_sentence:
            names = {"text": "sentence_embedding", "image": "image_embedding"}
            return flow.output(names[request.phase])
        return flow.output(f"{request.phase}_embeds")

    def _without_the_other(self, flow: ModelFlow, phase: str) -> ModelFlow:
        other, at = (IMAGE, 1) if phase == "text" else (TEXT, 0)
        for names in (f"{other}.*", self.projections[at], "logit_scale", "logit_bias"):
            flow = flow.without_weights(names, "of another phase") if names else flow
        return flow

    def _with_texts(self, flow: ModelFlow, config: Any, request: FlowRequest) -> ModelFlow:
        shape = Shape([request.batch, request.seq], "i32")
        masked = not (self.pads_are_tokens and request.only_sentence)
        flow = flow.input(IDS, shape, below=config.text_config.vocab_size)
        flow = flow.input(MASK, shape, below=2) if masked else flow
        mask = AttnMaskFromInput(input=MASK)
        stack = LayerStack().stage("mask", mask) if masked else LayerStack()
        tower = self.text_tower(config, padding=masked)
        stack = stack.raw_stages(tower.stages(_states("text", request)))
        stages = _vectors(stack, "text", self.text_head(config), request)
        return flow.stage(TEXT, Chain(stages=stages, label="text_encoder"))

    def _with_images(self, flow: ModelFlow, config: Any, request: FlowRequest) -> ModelFlow:
        flow = self.image_inputs(flow, config, request)
        tower = self.image_tower(config, self.grid(config, request))
        stack = LayerStack().raw_stages(tower.stages(_states("vision", request)))
        stages = _vectors(stack, "image", self.image_head(config), request)
        return flow.stage(IMAGE, Chain(stages=stages, label="image_encoder"))

    def image_inputs(self, flow: ModelFlow, config: Any, request: FlowRequest) -> ModelFlow:
        """Declares the inputs of the encoder of images."""
        return flow.input(PIXELS, pixels_shape(config.vision_config, request))

    def grid(self, config: Any, request: FlowRequest) -> tuple[int, int]:
        """Returns rows and columns of patches of the request's images."""
        return grid_of(config.vision_config, request)


def _states(name: str, request: FlowRequest) -> str:
    if not request.hidden_states:
        return ""
    return f"{name}_hidden_states" if request.phase == "match" else "hidden_states"


def _vectors(
    stack: LayerStack, name: str, head: tuple[Stage, ...], request: FlowRequest
) -> tuple[Stage, ...]:
    """Adds the head and brings the vectors to length 1; all steps are outputs unless told not."""
    outputs = not request.only_sentence
    last = "text_last_hidden_state" if name == "text" else "vision_last_hidden_state"
    stack = stack.tap(last) if outputs else stack
    stack = stack.raw_stages(head)
    stack = stack.tap(f"{name}_pooled") if outputs else stack
    stack = stack.stage("normalize", Normalize())
    if request.phase == "match":
        stack = stack.tap(f"{name}_embeds").store_stream(name)
    return stack.stages


def text_tower(config: TextConfig, prefix: str, *, padding: bool, causal: bool) -> TowerSpec:
    """Returns the encoder of texts that CLIP and SigLIP share."""
    words = "embeddings.token_embedding.weight"
    places = "embeddings.position_embedding.weight"
    rows = config.max_position_embeddings
    start = f"{prefix}." if prefix else ""
    return TowerSpec(
        prefix=prefix,
        embeddings=(
            (
                "words",
                Embed(
                    key=start + words,
                    vocab_size=config.vocab_size,
                    hidden_size=config.hidden_size,
                ),
            ),
            ("positions", LearnedPositions(key=start + places, positions=rows)),
        ),
        layer=clip_like_layer(
            config.hidden_size,
            config.num_attention_heads,
            eps=config.layer_norm_eps,
            activation=config.hidden_act,
            intermediate_size=config.intermediate_size,
            padding=padding,
            causal=causal,
        ),
        layers=config.num_hidden_layers,
        layer_key="encoder.layers",
        norm_key="final_layer_norm",
    )
