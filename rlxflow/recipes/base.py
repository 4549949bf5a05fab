"""What a recipe offers: a config class, name rules, and flows for its phases."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rlxflow.blocks.chain import Chain
from rlxflow.blocks.pool import Normalize, Pool
from rlxflow.config.model_config import ModelConfig
from rlxflow.config.sentence import SentenceConfig
from rlxflow.errors import ConfigError, InputError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.verbs import LayerStack
from rlxflow.weights import NameRules


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRequest:
    """Which flow of a model is wanted.

    Attributes:
        phase: One of the recipe's phases.
        batch: Rows; >= 1.
        seq: Tokens a row; >= 1.
        position_ids: Whether positions are an input; else they count from 0.
        hidden_states: Whether the value after the embeddings and after each layer is an output.
        sentence: How sentence vectors are made, if they are wanted.
        only_sentence: Whether the sentence vector is the only output.
        context: Positions that the cache holds; 0 for no cache.
        cache_dtype: Element type of the cache.
        compute_dtype: Element type of activations that are inputs.
        last_token: Whether only the last token of each row is scored.
        hidden_only: Whether the flow ends at the final norm, as output `hidden`.
        export_kv: Whether each layer's keys and values are outputs `present.N.key`, `.value`.
        past: Tokens before those of this call whose keys and values are inputs `past_k_N`,
            `past_v_N` (the cache that grows by concatenation); -1 for none.
        images: Images, where their number is not that of the rows; 0 if it is.
        image_size: Height and width in pixels; (0, 0) where there are no images.
        patches: Patches an image, where images come cut into patches; 0 where they do not.
        text_seq: Text tokens a row beside `seq` others; 0 where there are none.
    """

    phase: str
    batch: int = 1
    seq: int = 1
    position_ids: bool = False
    hidden_states: bool = False
    sentence: SentenceConfig | None = None
    only_sentence: bool = False
    context: int = 0
    cache_dtype: str = "f32"
    compute_dtype: str = "f32"
    last_token: bool = False
    hidden_only: bool = False
    export_kv: bool = False
    past: int = -1
    images: int = 0
    image_size: tuple[int, int] = (0, 0)
    patches: int = 0
    text_seq: int = 0

    def __post_init__(self) -> None:
        for name, size in (("batch", self.batch), ("seq", self.seq)):
            if size < 1:
                raise ConfigError(f"{name} of the flow", expected="at least 1", found=str(size))


class Recipe:
    """Base of the families: what most of them answer alike."""

    config_class: ClassVar[type[ModelConfig]]
    phases: ClassVar[tuple[str, ...]]
    text_phase: ClassVar[str] = "encode"
    """The phase that makes one vector of a text; empty where texts are not taken."""
    image_phase: ClassVar[str] = ""
    """The phase that makes one vector of an image; empty where images are not taken."""
    prompt_inputs: ClassVar[tuple[str, ...]] = ()
    """Inputs of `prefill` beside ids and lengths; where there are any, text alone is no prompt."""
    pads_are_tokens: ClassVar[bool] = False
    """Whether texts are filled up to the longest length, with pads that count as tokens."""

    def raw_of(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the config as it is read beside the recipe, for ids of special tokens."""
        return dict(raw)

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        """Returns which heads there are, from the config and the names in the file, if known."""
        raise NotImplementedError(type(self).__name__)

    def rules(self, config: Any, variant: str) -> NameRules:
        """Returns how the file's names become the recipe's, and which are not needed."""
        raise NotImplementedError(type(self).__name__)

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        """Returns the flow, unbuilt."""
        raise NotImplementedError(type(self).__name__)

    def request_for(
        self, config: Any, variant: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> FlowRequest:
        """Returns the request that a call with inputs of these shapes means.

        Raises InputError if an input that tells the sizes is missing or of another rank.
        """
        batch, seq = sizes_of(shapes, "input_ids", "b t")
        return FlowRequest(
            phase=self.phases[0], batch=batch, seq=seq, position_ids="position_ids" in shapes
        )

    def check_call(self, inputs: Mapping[str, object]) -> None:
        """Raises InputError for values of a call that do not fit together."""

    def usual_sizes(self, config: Any, variant: str, phase: str) -> dict[str, Any]:
        """Returns the fields of a request that are filled so if nothing else is asked for."""
        return {"seq": min(128, self.max_positions(config) or 128)}

    def pad_id(self, config: Any, usual: int) -> int:
        """Returns the id that fills rows up, where pads are tokens."""
        return usual

    def vector_size(self, config: Any, variant: str) -> int:
        """Returns how many numbers the vector of a text or an image has."""
        return config.hidden_size

    def max_positions(self, config: Any) -> int | None:
        """Returns how many tokens a row may have; None if there is no limit."""
        return None

    def stacks(self, config: Any) -> Mapping[str, tuple[str, ...]]:
        """Returns which tensors of the file are taken together as one, by the name of the whole."""
        return {}

    def slides(self, config: Any) -> bool:
        """Returns whether every layer forgets what is outside its window."""
        return False

    def restart_at(self, config: Any) -> int:
        """Returns the length beyond which the rotation of all positions is another; 0 for none."""
        return 0


def architecture(raw: Mapping[str, Any]) -> str:
    """Returns the first class that a config names, empty if it names none."""
    named: Any = raw.get("architectures") or [""]
    if not isinstance(named, list) or not isinstance(named[0], str):
        raise ConfigError("config: architectures", expected="a list of names", found=f"{named!r}")
    return named[0]


def sizes_of(shapes: Mapping[str, tuple[int, ...]], name: str, axes: str) -> tuple[int, ...]:
    """Returns the shape of an input with the axes that are named; raises InputError otherwise."""
    if name not in shapes:
        raise InputError("call", expected=name, found=", ".join(shapes) or "nothing")
    shape, names = shapes[name], axes.split()
    if len(shape) != len(names) or 0 in shape:
        expected = f"[{', '.join(names)}], each at least 1"
        raise InputError(f"input `{name}`", expected=expected, found=str([*shape]))
    return shape


def sentence_chain(request: FlowRequest) -> Chain:
    """Returns the stages that turn token vectors into one vector a row, as the checkpoint says."""
    wanted = request.sentence or SentenceConfig()
    stack = LayerStack().stage("pool", Pool(pooling=wanted.pooling))
    if wanted.normalize:
        stack = stack.stage("normalize", Normalize())
    return Chain(stages=stack.stages, label="sentence")
