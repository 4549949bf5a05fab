"""How layers are put together, as data: one, many alike, or one composition after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlxflow.blocks.chain import Chain, Stage, unique_name
from rlxflow.config.content_key import content_key
from rlxflow.errors import FlowStructureError

BuildLayer = Callable[[str, int], Stage]
"""`build(name, index)` -> the stage of a layer."""


@dataclass(frozen=True, slots=True)
class LayerComposition:
    """A tree of layers; make one with `single`, `homogeneous` or `pair`.

    Attributes:
        name: Of the layer, or of all of them; empty for a pair.
        count: How many layers there are; None for a single one, or a pair.
        parts: Head and tail of a pair.
    """

    name: str = ""
    count: int | None = None
    parts: tuple[LayerComposition, ...] = ()

    @classmethod
    def single(cls, name: str) -> LayerComposition:
        """Returns one layer."""
        return cls(name)

    @classmethod
    def homogeneous(cls, layer_name: str, count: int) -> LayerComposition:
        """Returns `count` layers `{layer_name}0`, `{layer_name}1`, ... of one kind."""
        if count < 1:
            raise FlowStructureError(
                f"layers `{layer_name}`", expected="1 or more", found=str(count)
            )
        return cls(layer_name, count)

    @classmethod
    def pair(cls, head: LayerComposition, tail: LayerComposition) -> LayerComposition:
        """Returns one composition after another."""
        return cls(parts=(head, tail))

    def content(self) -> object:
        """Returns the tree as plain lists."""
        if self.parts:
            return ["pair", *(part.content() for part in self.parts)]
        return ["single", self.name] if self.count is None else ["layers", self.name, self.count]

    def cache_key(self) -> str:
        """Returns sha256 of the tree: two that differ in anything have different keys."""
        return content_key(self.content())

    def depth_hint(self) -> int:
        """Returns how many layers there are."""
        return sum(part.depth_hint() for part in self.parts) if self.parts else self.count or 1

    def to_flow_stage(self, build_layer: BuildLayer) -> Stage:
        """Returns the layers as one stage.

        A single one is what `build_layer(name, 0)` returns; several alike are a sequence of
        `build_layer(name, i)` under the names `{name}{i}`; a pair is a sequence of its two parts.
        """
        if self.parts:
            head, tail = (part.to_flow_stage(build_layer) for part in self.parts)
            last = Stage(unique_name(tail.name, (head,)), tail.block, tail.mode)
            return Stage("pair", Chain(stages=(head, last)))
        if self.count is None:
            return build_layer(self.name, 0)
        made = [(f"{self.name}{i}", build_layer(self.name, i)) for i in range(self.count)]
        stages = tuple(Stage(name, stage.block, stage.mode) for name, stage in made)
        return Stage(self.name, Chain(stages=stages))
