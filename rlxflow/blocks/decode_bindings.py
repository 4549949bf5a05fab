"""What a decode step takes from outside: earlier keys and values, a mask, rows of the rotation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from rlxflow.blocks.base import ATTN_MASK, Block, Contract, Emit
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

DECODE = "decode"
"""First part of the slots that decode layers read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindDecodeInputs(Block):
    """Publishes what decode layers read, from flow inputs and from the rotation's slots.

    Slots: `decode.{i}.key` and `.value` [b, p, k e] of the inputs `past_k_{i}`, `past_v_{i}`;
    `decode.{rope}.cos` and `.sin`; `attn_mask` [b, s] of the input `mask`, 0 at hidden keys.

    Attributes:
        num_layers: Layers whose earlier keys and values are inputs.
        custom_mask: Whether there is an input `mask` [b, p + t].
        bind_past: Whether there are earlier keys and values.
        ropes: First parts of the slots with cosine and sine of this step's tokens.
        rope_inputs: Whether these come from the inputs `rope_cos`, `rope_sin` [1 or b, r] instead.
    Constraints: (C1) num_layers is at least 1.
    """

    num_layers: int
    custom_mask: bool = False
    bind_past: bool = True
    ropes: tuple[str, ...] = ("rope",)
    rope_inputs: bool = False

    def __post_init__(self) -> None:
        if self.num_layers < 1:
            raise ConfigError(
                "bind_decode_inputs (C1)", expected="at least 1 layer", found=str(self.num_layers)
            )

    @property
    def _past(self) -> tuple[tuple[str, str], ...]:
        """Input and slot of each earlier key and value."""
        layers = range(self.num_layers if self.bind_past else 0)
        names = (("k", "key"), ("v", "value"))
        return tuple((f"past_{s}_{i}", f"{DECODE}.{i}.{name}") for i in layers for s, name in names)

    @property
    def contract(self) -> Contract:
        slots = [f"{rope}.{name}" for rope in self.ropes for name in ("cos", "sin")]
        inputs = ["rope_cos", "rope_sin"] if self.rope_inputs else []
        inputs += ["mask"] if self.custom_mask else []
        writes = [f"{DECODE}.{slot}" for slot in slots] + [slot for _, slot in self._past]
        return Contract(
            reads=() if self.rope_inputs else tuple(slots),
            inputs=(*inputs, *(name for name, _ in self._past)),
            writes=(*writes, *([ATTN_MASK] if self.custom_mask else [])),
            needs_value=False,
            gives_value=False,
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        for rope in self.ropes:
            for name in ("cos", "sin"):
                given = self._rope_row(emit, name) if self.rope_inputs else None
                table = emit.named(f"{rope}.{name}") if given is None else given
                emit.set_named(f"{DECODE}.{rope}.{name}", table)
        for name, slot in self._past:
            emit.set_named(slot, _with_axes(emit.flow_input(name), name, "b t d"))
        if self.custom_mask:
            mask = _with_axes(emit.flow_input("mask"), "mask", "b s")
            keep = mask if mask.dtype == "i1" else ops.compare(mask, "NE", 0)
            emit.set_named(ATTN_MASK, keep)
        return x

    def _rope_row(self, emit: Emit, name: str) -> Value:
        """Returns [b, r] of one row a batch row, or [r] of one for all."""
        row = _with_axes(emit.flow_input(f"rope_{name}"), f"rope_{name}", "b r")
        row = ops.convert(row, "f32")
        return ops.pick(row, "b", 0) if row.size("b") == 1 else row


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeRopeParams(Block):
    """Publishes the cosine and sine of one position as constants: `{slot}.cos`, `{slot}.sin`.

    Make it by `DecodeRopeParams.new(cos, sin, half)`.

    Attributes:
        half: How many angles a head has.
        slot: First part of the slots' names.
        cos: Of each angle.
        sin: Of each angle.
    Constraints: (C1) there are `half` of each.
    """

    half: int
    slot: str = "rope"
    cos: tuple[float, ...] = field(repr=False)
    sin: tuple[float, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not len(self.cos) == len(self.sin) == self.half > 0:
            raise ConfigError(
                "decode rope (C1)",
                expected=f"{self.half} cosines and sines",
                found=f"{len(self.cos)} and {len(self.sin)}",
            )

    @classmethod
    def new(cls, cos: object, sin: object, half: int) -> Self:
        """Returns the block for one row [half] or [1, half] of each table."""
        return cls.named("rope", cos, sin, half)

    @classmethod
    def named(cls, slot: str, cos: object, sin: object, half: int) -> Self:
        """Returns the same under other slots."""
        rows = [tuple(float(n) for n in np.ravel(np.asarray(row))) for row in (cos, sin)]
        return cls(slot=slot, cos=rows[0], sin=rows[1], half=half)

    @property
    def contract(self) -> Contract:
        writes = (f"{self.slot}.cos", f"{self.slot}.sin")
        return Contract(writes=writes, needs_value=False, gives_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        for name, row in (("cos", self.cos), ("sin", self.sin)):
            emit.set_named(
                f"{self.slot}.{name}", emit.constant_array(np.array(row, np.float32), "r")
            )
        return x


def _with_axes(value: Value, name: str, axes: str) -> Value:
    """Returns an input with the axes that its places mean."""
    names = axes.split()
    if value.type.rank != len(names):
        expected = f"[{', '.join(names)}]"
        raise ShapeError(f"input `{name}`", expected=expected, found=str(value.type))
    return ops.rename(value, **dict(zip(value.axes, names, strict=True)))
