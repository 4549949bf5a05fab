"""What the recipes of image encoders share: inputs, outputs, and sizes that follow from a call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.pool import ClsTokenPool, Normalize
from rlxflow.config.vision import PixelConfig
from rlxflow.errors import InputError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest, Recipe, sizes_of
from rlxflow.recipes.tower import TowerSpec

PIXELS = "pixel_values"


def pixels_shape(config: PixelConfig, request: FlowRequest) -> Shape:
    """Returns the shape of the pixels that a request is about."""
    rows = request.images or request.batch
    height, width = request.image_size
    return Shape([rows, config.num_channels, height, width], "f32", axes="b c y x")


def grid_of(config: PixelConfig, request: FlowRequest) -> tuple[int, int]:
    """Returns rows and columns of patches of a request's images; raises InputError for none."""
    grid = config.grid(request.image_size)
    if 0 in grid:
        raise InputError(
            "image size",
            expected=f"at least one patch of {' x '.join(map(str, config.patch_size))}",
            found=" x ".join(map(str, request.image_size)),
        )
    return grid


def sizes_of_pixels(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, tuple[int, int]]:
    """Returns how many images a call has, and their height and width."""
    images, _, height, width = sizes_of(shapes, PIXELS, "b c y x")
    return images, (height, width)


class ImageRecipe(Recipe):
    """Base of the families that take images alone: a family gives its config class and `tower`.

    Variants: `encoder`; with `+pooler`, `+classifier` what stands on it; with `meta` in front,
    weights under Meta's own names.
    """

    config_class: ClassVar[type[PixelConfig]]  # pyright: ignore[reportIncompatibleVariableOverride]
    phases = ("encode",)
    image_phase = "encode"
    text_phase = ""

    def tower(self, config: Any, variant: str, grid: tuple[int, int]) -> TowerSpec:
        """Returns the encoder as numbers, for images of `grid` patches."""
        raise NotImplementedError(type(self).__name__)

    def pooler(self, config: Any, variant: str) -> Block | None:
        """Returns what makes `pooler_output` of `last_hidden_state`; None for nothing."""
        return ClsTokenPool()

    def features(self, config: Any) -> Block:
        """Returns what a classifier looks at."""
        return ClsTokenPool()

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        has_classifier = "classifier.weight" in (names or ())
        return "encoder+classifier" if has_classifier else "encoder"

    def request_for(
        self, config: Any, variant: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> FlowRequest:
        images, size = sizes_of_pixels(shapes)
        return FlowRequest(phase="encode", batch=images, image_size=size)

    def usual_sizes(self, config: PixelConfig, variant: str, phase: str) -> dict[str, Any]:
        return {"image_size": config.image_size}

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        tower = self.tower(config, variant, self.grid(config, request))
        flow = ModelFlow(config.model_type).profile_encoder()
        flow = self.inputs(flow, config, request)
        flow = flow.raw_stages(tower.stages("hidden_states" if request.hidden_states else ""))
        pooler = self.pooler(config, variant)
        if request.only_sentence:
            chain = LayerStack().stage("pooler", pooler or ClsTokenPool())
            stages = chain.stage("normalize", Normalize()).stages
            return flow.stage("image", Chain(stages=stages, label="image")).output(
                "image_embedding"
            )
        if "classifier" in variant:
            flow = flow.branch("logits", self._classifier(config))
        if pooler:
            flow = flow.branch("pooler_output", Stage("pooler", pooler))
        return self.more(flow, config, variant).output("last_hidden_state")

    def inputs(self, flow: ModelFlow, config: Any, request: FlowRequest) -> ModelFlow:
        """Declares the inputs."""
        return flow.input(PIXELS, pixels_shape(config, request))

    def grid(self, config: Any, request: FlowRequest) -> tuple[int, int]:
        """Returns rows and columns of patches of the request's images."""
        return grid_of(config, request)

    def more(self, flow: ModelFlow, config: Any, variant: str) -> ModelFlow:
        """Adds what else the variant gives."""
        del config, variant
        return flow

    def _classifier(self, config: Any) -> Stage:
        head = Linear(weight_key="classifier.weight", bias_key="classifier.bias")
        stages = LayerStack().stage("features", self.features(config)).stage("scores", head).stages
        return Stage("classifier", Chain(stages=stages, label="classifier"))
