"""The gated delta rule alone, on what closures publish: the scan without its projections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from rlxflow.blocks.base import Block, Contract, Emit, PortSpec, required
from rlxflow.blocks.gated_delta_scan import DeltaInputs, chunked, recurrent
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

_SLOTS = {"q": "b t h i", "k": "b t h i", "v": "b t h o", "g": "b t h", "beta": "b t h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GdnScan(Block):
    """Runs the gated delta rule over the tokens; the current value is replaced by its answers.

    Formula: per head, with `S[i,o]`: `S = e^g S`, `w = beta (v - S.T k)`, `S = S + k w.T`,
    `y = S.T q / sqrt(i)`.
    Source: see `gated_delta_scan.py`.
    Slots: `gdn.q`, `gdn.k` [b, t, h, i], of length 1 along i; `gdn.v` [b, t, h, o]; `gdn.g`,
        `gdn.beta` [b, t, h]. Axes go by place.
    States, with `state_key`: that name, f32[b, h, i, o].

    Attributes:
        state_size: i = o.
        out_shape: Sizes that the answers must have once h and o are one axis, or the four of
            [b, t, h, o]; none to get the latter.
        state_key: Name of the state that goes from call to call; without it S begins as zeros.
        chunk_size: Tokens in a chunk; a call of 8 tokens or fewer takes one step for each.
    Numerics: f32, given back in the dtype of the current value.
    """

    state_size: int
    out_shape: tuple[int, ...] = ()
    state_key: str = ""
    chunk_size: int = 64

    def __post_init__(self) -> None:
        if min(self.state_size, self.chunk_size) < 1 or len(self.out_shape) not in {0, 3, 4}:
            raise ConfigError(
                "gdn scan",
                expected="positive sizes, and [b, t, h o] or [b, t, h, o] as out_shape",
                found=f"{self.state_size}, {self.chunk_size}, {[*self.out_shape]}",
            )

    @classmethod
    def prefill(cls, state_size: int, out_shape: tuple[int, ...] = ()) -> Self:
        """Returns the scan over a prompt that starts from zeros."""
        return cls(state_size=state_size, out_shape=tuple(out_shape))

    def with_carry(self, state_key: str) -> Self:
        """Returns the same with a state that the caller hands in and gets back."""
        if not state_key:
            raise ConfigError("gdn scan", expected="a name for the state", found="none")
        return replace(self, state_key=state_key)

    @property
    def contract(self) -> Contract:
        size = self.state_size
        axes = (("b", None), ("h", None), ("i", size), ("o", size))
        states = (PortSpec(self.state_key, axes, "f32"),) if self.state_key else ()
        return Contract(reads=tuple(f"gdn.{name}" for name in _SLOTS), states=states)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Any -> [b, t, h, o], or [b, t, d = h o]."""
        x = required(x, self)
        parts = {name: self._part(emit, name, axes) for name, axes in _SLOTS.items()}
        batch, heads = parts["v"].size("b"), parts["v"].size("h")
        axes = {"b": batch, "h": heads, "i": self.state_size, "o": self.state_size}
        held = bool(self.state_key)
        start = emit.state(self.state_key, axes, "f32") if held else emit.constant(0.0, axes, "f32")
        inputs = DeltaInputs(
            q=ops.rename(parts["q"], h="k") * self.state_size**-0.5,
            k=ops.rename(parts["k"], h="k"),
            v=ops.split(parts["v"], "h", k=heads, g=1),
            decay=ops.split(parts["g"], "h", k=heads, g=1),
            beta=ops.split(parts["beta"], "h", k=heads, g=1),
        )
        state = ops.split(start, "h", k=heads, g=1)
        if inputs.q.size("t") <= 8:
            answers, state = recurrent(inputs, state)
        else:
            answers, state = chunked(inputs, state, self.chunk_size)
        if held:
            emit.set_state(self.state_key, ops.merge(state, "k g", "h"))
        return self._shaped(ops.convert(ops.merge(answers, "k g", "h"), x.dtype))

    def _part(self, emit: Emit, name: str, axes: str) -> Value:
        """Returns a slot in f32 with the axes that its places mean."""
        value, names = emit.named(f"gdn.{name}"), axes.split()
        last = {"i": self.state_size, "o": self.state_size}.get(names[-1])
        if value.type.rank != len(names) or last not in {None, value.shape[-1]}:
            expected = f"[{', '.join(names)}], state_size {self.state_size}"
            raise ShapeError(f"slot `gdn.{name}`", expected=expected, found=str(value.type))
        named = ops.rename(value, **dict(zip(value.axes, names, strict=True)))
        return ops.convert(named, "f32")

    def _shaped(self, answers: Value) -> Value:
        shaped = ops.merge(answers, "h o", "d") if len(self.out_shape) == 3 else answers
        if self.out_shape and shaped.shape != self.out_shape:
            expected = f"sizes {[*self.out_shape]}"
            raise ShapeError("gdn scan", expected=expected, found=str(shaped.type))
        return shaped
