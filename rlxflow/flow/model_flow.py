"""`ModelFlow`: inputs, an ordered chain of stages, outputs. Immutable, printable, checkable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self, cast

from rlxflow.blocks.chain import Stage
from rlxflow.blocks.head import LmHead
from rlxflow.config.profile import CompileProfile
from rlxflow.errors import ConfigError, FlowStructureError, ShapeError
from rlxflow.flow import families
from rlxflow.flow.check import check_flow
from rlxflow.flow.decode_verbs import DecodeVerbs
from rlxflow.flow.profile_verbs import ProfileVerbs
from rlxflow.flow.recipe import ModelRecipe, assemble
from rlxflow.flow.shape import Dim, FlowInput, Shape
from rlxflow.flow.template import FlowTemplate, checked
from rlxflow.flow.verbs import Verbs
from rlxflow.lazy import load_attribute
from rlxflow.passes.base import Pass
from rlxflow.weights import NameRules, open_weights
from rlxflow.weights.overlay import OverlaySource

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel
    from rlxflow.flow.describe import Description


@dataclass(frozen=True)
class ModelFlow(Verbs, DecodeVerbs, ProfileVerbs):
    """A model as a chain of stages. Every method returns a new flow; this one stays as it is.

    The first input becomes the current value; the others are reached by name. Each stage takes the
    value of the one before. Weights are named here and bound at `build`.

    Example:
        >>> flow = (
        ...     ModelFlow("two_tables")
        ...     .input("input_ids", Shape([1, 4], "i32"), below=10)
        ...     .embed("table.weight", vocab_size=10, hidden_size=3)
        ...     .layer_norm("norm.weight", "norm.bias", eps=1e-5)
        ... )
        >>> print(flow.build().summary())  # doctest: +NORMALIZE_WHITESPACE
    """

    name: str
    inputs: tuple[FlowInput, ...] = ()
    stages: tuple[Stage, ...] = ()
    output_names: tuple[str, ...] = ("output",)
    profile: CompileProfile = field(default_factory=CompileProfile)
    spare_weights: tuple[tuple[str, str], ...] = ()
    extra_outputs: tuple[str, ...] | None = None
    extensions: tuple[Pass, ...] = ()

    @classmethod
    def new(cls, name: str) -> Self:
        """Returns an empty flow."""
        return cls(name)

    @classmethod
    def from_recipe(cls, recipe: ModelRecipe | Callable[[], ModelFlow]) -> ModelFlow:
        """Returns the flow that a recipe, or a function without arguments, assembles."""
        return assemble(recipe)

    def _with_stages(self, stages: tuple[Stage, ...]) -> Self:
        return replace(self, stages=stages)

    def input(self, name: str, shape: Shape, *, below: int | None = None) -> Self:
        """Declares an input; ids of an input with `below` are checked at every call."""
        if any(known.name == name for known in self.inputs):
            raise FlowStructureError(
                f"input `{name}`", expected="names that differ", found="two inputs of that name"
            )
        if not isinstance(shape, Shape):
            raise ShapeError(f"input `{name}`", expected="a Shape", found=type(shape).__name__)
        return replace(self, inputs=(*self.inputs, FlowInput(name, shape, below)))

    def output(self, name: str) -> Self:
        """Names the value that the last stage gives."""
        return replace(self, output_names=(name,))

    def outputs(self, names: Sequence[str]) -> Self:
        """Names the flow's value and then its side outputs, in the order they are published."""
        return replace(self, output_names=tuple(names))

    def with_extra_outputs(self, names: Iterable[str]) -> Self:
        """Chooses the outputs after the flow's value: side outputs or slots, in this order.

        Without it, all side outputs are outputs, in the order in which they are published.
        """
        return replace(self, extra_outputs=tuple(names))

    def hidden_states(self) -> Self:
        """Names the output `hidden`."""
        return self.output("hidden")

    def without_weights(self, names: str, reason: str) -> Self:
        """Says that weights of the file whose names fit a glob are not needed, and why."""
        return replace(self, spare_weights=(*self.spare_weights, (names, reason)))

    def bert_encoder_layer(self, spec: families.BertLayerSpec) -> Self:
        """Appends one BERT layer."""
        return self._append(spec.chain())

    def lm_head(
        self,
        vocab_size: int | None = None,
        hidden_size: int | None = None,
        tie_word_embeddings: bool = False,
        *,
        key: str = "lm_head.weight",
        embed_key: str = "model.embed_tokens.weight",
        bias_key: str = "",
    ) -> Self:
        """Scores every word, with the token table if tied; names the output `logits`.

        The value may have any axes beside `d`. A hidden size that is given has to be that of `d`.
        """
        weight = embed_key if tie_word_embeddings else key
        if not weight:
            raise ConfigError("lm_head", expected="the name of a weight", found="an empty one")
        head = LmHead(
            weight_key=weight,
            bias_key=bias_key,
            vocab_size=vocab_size,
            hidden_size=hidden_size,
        )
        return self._append(head).output("logits")

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The sizes of inputs that are open, each once; see `Shape`."""
        found: dict[str, Dim] = {}
        for dim in (dim for declared in self.inputs for dim in declared.shape.dims):
            known = found.setdefault(dim.name, dim)
            if Dim(dim.name) in (known, dim):  # a bare name says no range
                found[dim.name] = known if dim == Dim(dim.name) else dim
            elif known != dim:
                ranges = f"{known.low} to {known.high}, and {dim.low} to {dim.high}"
                raise FlowStructureError(
                    f"dimension `{dim.name}`", expected="one range", found=ranges
                )
        return tuple(found.values())

    def specialize(self, sizes: Mapping[str, int]) -> Self:
        """Returns the flow with a size for each of its open dimensions: `{"batch": 2}`."""
        bound = checked(self.dims, sizes)
        inputs = [replace(one, shape=one.shape.bind(bound)) for one in self.inputs]
        return replace(self, inputs=tuple(inputs))

    def template(
        self, weights: object = None, *, dtype: str | None = None, rules: NameRules | None = None
    ) -> FlowTemplate:
        """Returns what builds the flow for any sizes; the arguments are those of `build`."""
        source = None if weights is None else open_weights(cast("Mapping[str, object]", weights))

        def build(sizes: Mapping[str, int]) -> BuiltModel:
            return self.specialize(sizes).build(source, dtype=dtype, rules=rules)

        return FlowTemplate(self.dims, build)

    def check(self) -> Self:
        """Raises the first error that can be found without emitting; returns the flow."""
        check_flow([i.name for i in self.inputs], self.stages, self.output_names)
        return self

    def describe(self) -> Description:
        """Returns a printable account: inputs, stages, slots, weights needed. Reads no weights."""
        from rlxflow.flow.describe import describe

        return describe(self)

    def _repr_html_(self) -> str:
        return load_attribute("rlxflow.inspect.notebook:titled")(self.name, str(self.describe()))

    def build(
        self, weights: object = None, *, dtype: str | None = None, rules: NameRules | None = None
    ) -> BuiltModel:
        """Returns the flow as a module plus the plan of its weights.

        Args:
            weights: A weight source, a path, a mapping of names to arrays, or None to build from
                the shapes that the blocks state.
            dtype: Element type of all weights (`f32`, `bf16`, `f16`); as stored if None. The
                activations have the same type, f32 if None; `profile.compute` sets them apart, and
                `profile.storage` stands in for None.
            rules: How names in the file differ from those in the flow, and which are not needed.

        Raises:
            MissingState, FlowStructureError: the chain cannot run.
            ShapeError, DTypeError: a block was given the wrong tensor; the note names the stage.
            WeightError: weights are missing, unused or of the wrong shape.
        """
        from rlxflow.flow.build import build

        return build(self, weights, dtype=dtype, rules=rules or NameRules())

    def build_with(
        self,
        weights: object,
        packed: object = None,
        *,
        dtype: str | None = None,
        rules: NameRules | None = None,
    ) -> BuiltModel:
        """Returns what `build` does, for two sources: what `packed` holds is taken from there.

        `packed` is anything `build` takes, a GGUF file for instance.
        """
        if packed is None:
            return self.build(weights, dtype=dtype, rules=rules)
        upper, lower = (open_weights(cast("Mapping[str, object]", w)) for w in (packed, weights))
        return self.build(OverlaySource(upper, lower), dtype=dtype, rules=rules)
