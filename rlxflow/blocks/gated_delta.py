"""The linear attention of hybrid models: Gated DeltaNet with its projections and its states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlxflow.blocks.activation import silu
from rlxflow.blocks.base import Block, Contract, Emit, PortSpec, required
from rlxflow.blocks.gated_delta_project import Heads, Projected, gates, packed, separate, unit
from rlxflow.blocks.gated_delta_scan import DeltaInputs, chunked, recurrent
from rlxflow.blocks.linear import linear
from rlxflow.blocks.short_conv import Span, causal_conv, window_after, window_of
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedDeltaNet(Block):
    """Mixes tokens through one matrix per head that is corrected by each token.

    Formula: `c = silu(conv(x Wqkv.T))`, split into q, k, v; `q, k = x / sqrt(sum x^2 + 1e-6)`,
    `q = q / sqrt i`; `beta = sigmoid(x Wb.T)`, `decay = -e^A softplus(x Wa.T + dt)`; the gated
    delta rule of `gated_delta_scan.py`; `y = (rms(o) * norm * silu(x Wz.T)) Wout.T`. Value head
    h = k g uses key head `h // (h/k)`.
    Source: Yang et al., arXiv 2412.06464, as in Qwen3-Next and Qwen3.5: no biases, norm first,
        gate after, no other activation.
    Weights: below `prefix`: `conv1d.weight` [c, 1, j], `dt_bias` [h], `A_log` [h],
        `norm.weight` [o], `out_proj.weight` [d, h o], and the projections of
        `gated_delta_project.py`; c = 2 k i + h o.
    States: with `state_key`, `{state_key}.conv_state` [b, c, j - 1] in the dtype of `x`: the last
        inputs of the convolution; `{state_key}.recurrent_state` f32[b, h, i, o].

    Attributes:
        num_key_heads: k.
        num_value_heads: h, a multiple of k.
        key_head_dim: i.
        value_head_dim: o.
        conv_kernel_dim: j, at least 2.
        eps: Of the norm over o.
        packed: Whether q, k, v, z (and b, a) come from one weight grouped by key head.
        phase: `prefill` scans in chunks; `decode` takes one step per token, unrolled.
        chunk_size: Tokens in a chunk.
        state_key: Prefix of the states; without it every row starts from zeros.
        token_mask_slot: Slot of i1[b, t], False at pads, on either side of the tokens of a row.
            Pads change no state, and what came before a row's pads counts as right before it.
    Numerics: all but the projections in f32; the answer is given back in the dtype of `x`. What
        stands at pads in the answer means nothing.
    Constraints: (C1) sizes are positive, h is a multiple of k, j >= 2.
    """

    prefix: str
    num_key_heads: int
    num_value_heads: int
    key_head_dim: int
    value_head_dim: int
    conv_kernel_dim: int = 4
    eps: float
    packed: bool
    phase: Literal["prefill", "decode"] = "prefill"
    chunk_size: int = 64
    state_key: str = ""
    token_mask_slot: str = ""

    def __post_init__(self) -> None:
        heads, groups = self.num_value_heads, self.num_key_heads
        sizes = (heads, groups, self.key_head_dim, self.value_head_dim, self.chunk_size)
        if min(sizes) < 1 or heads % groups or self.conv_kernel_dim < 2:
            raise ConfigError(
                "gated delta net (C1)",
                expected="num_value_heads a positive multiple of num_key_heads, 2 taps or more",
                found=f"{heads} and {groups}, {self.conv_kernel_dim} taps, sizes {sizes[2:]}",
            )

    @property
    def contract(self) -> Contract:
        heads, states = self.heads, ()
        if self.state_key:
            window = (("b", None), ("c", heads.channels), ("t", self.conv_kernel_dim - 1))
            matrix = (("b", None), ("h", heads.k * heads.g), ("i", heads.i), ("o", heads.o))
            states = (
                PortSpec(f"{self.state_key}.conv_state", window),
                PortSpec(f"{self.state_key}.recurrent_state", matrix, "f32"),
            )
        reads = (self.token_mask_slot,) if self.token_mask_slot else ()
        return Contract(reads=reads, states=states)

    @property
    def heads(self) -> Heads:
        per_key = self.num_value_heads // self.num_key_heads
        return Heads(self.num_key_heads, per_key, self.key_head_dim, self.value_head_dim)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        mask = emit.named(self.token_mask_slot) if self.token_mask_slot else None
        x = x if mask is None else ops.select(mask, x, 0.0)
        parts = (packed if self.packed else separate)(emit, x, self.prefix, self.heads)
        with emit.label("conv"):
            mixed = self._convolve(emit, parts.qkv, mask)
        with emit.label("scan"):
            answers = self._scan(emit, self._inputs(emit, mixed, parts, mask))
        with emit.label("norm"):
            normed = self._norm(emit, answers, ops.convert(parts.z, "f32"))
            joined = ops.merge(ops.convert(normed, x.dtype), "k g o", "o")
        out = ("d", x.size("d"))
        return linear(emit, joined, f"{self.prefix}.out_proj.weight", out=out, over="o")

    def _convolve(self, emit: Emit, x: Value, mask: Value | None) -> Value:
        """[b, t, c] -> f32[b, t, c]; replaces the state."""
        taps, channels = self.conv_kernel_dim, self.heads.channels
        shape = {"c": channels, "one": 1, "j": taps}
        stored = emit.param(f"{self.prefix}.conv1d.weight", shape)
        weight = ops.convert(ops.pick(stored, "one", 0), "f32")
        if not self.state_key:
            return silu(causal_conv(ops.convert(window_of(x, None, taps, None), "f32"), weight))
        name, span = f"{self.state_key}.conv_state", None if mask is None else Span.of(mask)
        before = emit.state(name, {"b": x.size("b"), "c": channels, "t": taps - 1}, x.dtype)
        window = window_of(x, ops.transpose(before, "b t c"), taps, span)
        emit.set_state(name, ops.transpose(window_after(window, taps, span), "b c t"))
        return silu(causal_conv(ops.convert(window, "f32"), weight))

    def _inputs(self, emit: Emit, x: Value, parts: Projected, mask: Value | None) -> DeltaInputs:
        """Cuts the channels into q, k and v, and makes decay and beta."""
        heads, keys = self.heads, self.heads.k * self.heads.i
        q = ops.split(ops.slice(x, "c", 0, keys), "c", k=heads.k, i=heads.i)
        k = ops.split(ops.slice(x, "c", keys, 2 * keys), "c", k=heads.k, i=heads.i)
        v = ops.slice(x, "c", 2 * keys, heads.channels)
        decay, beta = gates(emit, parts, self.prefix, heads)
        if mask is not None:
            decay, beta = ops.select(mask, decay, 0.0), ops.select(mask, beta, 0.0)
        return DeltaInputs(
            q=unit(q, "i") * heads.i**-0.5,
            k=unit(k, "i"),
            v=ops.split(v, "c", k=heads.k, g=heads.g, o=heads.o),
            decay=decay,
            beta=beta,
        )

    def _scan(self, emit: Emit, inputs: DeltaInputs) -> Value:
        """Returns f32[b, t, k, g, o]; replaces the state."""
        name, heads = f"{self.state_key}.recurrent_state", self.heads
        axes = {"b": inputs.q.size("b"), "h": heads.k * heads.g, "i": heads.i, "o": heads.o}
        held = bool(self.state_key)
        start = emit.state(name, axes, "f32") if held else emit.constant(0.0, axes, "f32")
        state = ops.split(start, "h", k=heads.k, g=heads.g)
        if self.phase == "decode":
            answers, state = recurrent(inputs, state)
        else:
            answers, state = chunked(inputs, state, self.chunk_size)
        if held:
            emit.set_state(name, ops.merge(state, "k g", "h"))
        return answers

    def _norm(self, emit: Emit, x: Value, gate: Value) -> Value:
        weight = emit.param(f"{self.prefix}.norm.weight", {"o": self.value_head_dim})
        scale = ops.rsqrt(ops.mean(x * x, over="o") + self.eps)
        return x * scale * ops.convert(weight, "f32") * silu(gate)
