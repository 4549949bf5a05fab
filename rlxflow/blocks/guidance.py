"""Two results of a diffusion model, with and without what is asked for, made into one."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Contract, Emit
from rlxflow.blocks.streams import stream_slot
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class CfgCombine(Block):
    """Drops the current value and goes from one stream through another and beyond it.

    Formula: `y = negative + scale (positive - negative)`.
    Source: Ho and Salimans, arXiv 2207.12598 (classifier-free guidance).

    Attributes:
        positive: Stream of the result for what is asked for.
        negative: Stream of the result for nothing, or for what is not wanted.
        scale: A number; None if an input gives it.
        input: Input with the scale of each row, f32[b]; empty if it is a number.
    Numerics: f32, given back in the dtype of the negative stream.
    Constraints: (C1) the scale is either a number or an input.
    """

    positive: str = "pos"
    negative: str = "neg"
    scale: float | None = None
    input: str = ""

    def __post_init__(self) -> None:
        if (self.scale is None) != bool(self.input):
            raise ConfigError(
                "guidance (C1)",
                expected="a scale, or an input that gives it",
                found="neither" if self.scale is None else f"{self.scale} and `{self.input}`",
            )

    @property
    def contract(self) -> Contract:
        return Contract(
            reads=(stream_slot(self.positive), stream_slot(self.negative)),
            inputs=(self.input,) if self.input else (),
            needs_value=False,
        )

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Any -> [b, ...]."""
        del x
        positive, negative = (
            emit.named(stream_slot(name)) for name in (self.positive, self.negative)
        )
        start = ops.convert(negative, "f32")
        way = ops.convert(positive, "f32") - start
        if self.scale is None:
            way = way * ops.convert(emit.flow_input(self.input), "f32")
        else:
            way = way * self.scale
        return ops.convert(start + way, negative.dtype)
