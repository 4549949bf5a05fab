"""Mixture of experts: a router sends each token to a few of many feed-forward networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlxflow.blocks.activation import check_activation
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.moe_forms import Experts, RoutedExperts, Routing, dense, gathered
from rlxflow.blocks.moe_grouped import grouped
from rlxflow.blocks.norm import rms_norm
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

FORMS = {"dense": dense, "grouped": grouped, "gathered": gathered}


@dataclass(frozen=True, slots=True, kw_only=True)
class MoeMlp(Block):
    """Sends each token through the k experts that its router likes best, and sums their answers.

    Formula: `p[t,:] = softmax_x(x[t] router.T)` over all experts, then the k largest,
    `p = p / sum p` if norm_topk_prob, and
    `y[t] = sum_x p[t,x] down_x(act(x[t] gate_x.T) * (x[t] up_x.T))`. With a shared expert
    `y[t] += sigmoid(x[t] shared_gate.T) * shared(x[t])`.
    Source: Fedus et al., arXiv 2101.03961; Jiang et al., arXiv 2401.04088 (Mixtral); Yang et al.,
        arXiv 2505.09388 (Qwen3). No expert has a capacity, so no token is dropped.
    Weights: `router_key` [x, d], `gate_key` and `up_key` [x, f, d], or `gate_up_key` [x, 2f, d] for
        both in one; `down_key` [x, d, f]; `router_scale_key` [d]: with it the router sees
        `rms(x) * scale * d^-0.5`, that norm without a weight; `expert_scale_key` [x]: factors of
        the experts' weights, after the sum to 1; `input_norm_key` [d]: an RMS norm of what the
        experts see; `shared_key`, if given, is the prefix of `.gate_proj.weight` and
        `.up_proj.weight` [f, d] and `.down_proj.weight` [d, f]; `shared_gate_key` [1, d], 1 in its
        place if empty.

    Attributes:
        num_experts: x.
        num_experts_per_tok: k. Of equally liked experts the one of lower index comes first.
        norm_topk_prob: Whether the weights of a token's experts are made to sum to 1.
        moe_intermediate_size: f of the experts.
        shared_intermediate_size: f of the shared expert; 0 without one.
        activation: A name of the table in `activation.py`.
        hidden_size: d, if it is to be checked.
        norm_eps: Of the norms before router and experts.
        form: `dense` runs every expert on every token. `grouped` runs each expert on its own
            tokens, for many tokens. `gathered` reads only the experts that were chosen, for few
            tokens. All three give the same numbers.
    Stages: `experts`, what follows the routing.
    Numerics: router logits, softmax and the sum over experts in f32; the weights of a token's
        experts are rounded to the dtype of `x` before they are used.
    Constraints: (C1) 1 <= k <= x. (C2) `shared_key` and `shared_intermediate_size` come together.
        (C3) either `gate_key` and `up_key`, or `gate_up_key`.
    """

    router_key: str
    gate_key: str = ""
    up_key: str = ""
    gate_up_key: str = ""
    down_key: str
    router_scale_key: str = ""
    expert_scale_key: str = ""
    input_norm_key: str = ""
    num_experts: int
    num_experts_per_tok: int
    norm_topk_prob: bool
    moe_intermediate_size: int
    activation: str = "silu"
    hidden_size: int | None = None
    norm_eps: float = 1e-6
    shared_key: str = ""
    shared_gate_key: str = ""
    shared_intermediate_size: int = 0
    form: Literal["dense", "grouped", "gathered"] = "dense"

    def __post_init__(self) -> None:
        check_activation(self.activation, "mixture of experts")
        if not 1 <= self.num_experts_per_tok <= self.num_experts:
            raise ConfigError(
                "mixture of experts (C1)",
                expected=f"num_experts_per_tok of 1 to {self.num_experts}",
                found=str(self.num_experts_per_tok),
            )
        if bool(self.shared_key) != (self.shared_intermediate_size > 0):
            raise ConfigError(
                "mixture of experts (C2)",
                expected="shared_key and shared_intermediate_size, or neither",
                found=f"`{self.shared_key}` and {self.shared_intermediate_size}",
            )
        named = (bool(self.gate_key), bool(self.up_key), bool(self.gate_up_key))
        if named not in {(True, True, False), (False, False, True)}:
            raise ConfigError(
                "mixture of experts (C3)",
                expected="gate_key and up_key, or gate_up_key",
                found=f"gate `{self.gate_key}`, up `{self.up_key}`, both `{self.gate_up_key}`",
            )
        if self.form not in FORMS:
            expected = f"one of {', '.join(FORMS)}"
            raise ConfigError("mixture of experts", expected=expected, found=f"`{self.form}`")

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        if self.hidden_size not in {None, x.size("d")}:
            expected = f"d={self.hidden_size}"
            raise ShapeError("mixture of experts", expected=expected, found=str(x.type))
        batch, length = x.size("b"), x.size("t")
        tokens = ops.merge(x, "b t", "t")
        with emit.label("router"):
            routing = self._route(emit, tokens)
        if self.input_norm_key:
            with emit.label("input_norm"):
                tokens = rms_norm(emit, tokens, self.input_norm_key, self.norm_eps)
        mixed = required(emit.run("experts", self._routed(routing), tokens), self)
        y = ops.split(ops.convert(mixed, x.dtype), "t", b=batch, t=length)
        return y + self._shared(emit, x) if self.shared_key else y

    def _route(self, emit: Emit, x: Value) -> Routing:
        router = emit.param(self.router_key, {"x": self.num_experts, "d": x.size("d")})
        if self.router_scale_key:
            scale = emit.param(self.router_scale_key, {"d": x.size("d")})
            x = rms_norm(emit, x, "", self.norm_eps) * ops.convert(scale, x.dtype)
            x = x * x.size("d") ** -0.5
        logits = ops.dot(x, ops.convert(router, x.dtype), over="d", dtype="f32")
        shares, ids = ops.top_k(
            ops.softmax(logits, over="x"), "x", self.num_experts_per_tok, into="choice"
        )
        if self.norm_topk_prob:
            shares = shares / ops.sum(shares, over="choice")
        if self.expert_scale_key:
            factors = emit.param(self.expert_scale_key, {"x": self.num_experts})
            shares = shares * ops.take(ops.convert(factors, "f32"), ids, "x")
        rounded = ops.convert(ops.convert(shares, x.dtype), "f32")
        return Routing(ids, rounded, self.num_experts)

    def _routed(self, routing: Routing) -> RoutedExperts:
        def run(emit: Emit, tokens: Value) -> Value:
            return FORMS[self.form](self._experts(emit, tokens.size("d")), tokens, routing)

        return RoutedExperts(fn=run, form=self.form, activation=self.activation)

    def _experts(self, emit: Emit, hidden: int) -> Experts:
        count, inner = self.num_experts, self.moe_intermediate_size
        wide = {"x": count, "f": inner, "d": hidden}
        both = {"x": count, "f": 2 * inner, "d": hidden}
        fused = ((self.gate_up_key, both),)
        apart = ((self.gate_key, wide), (self.up_key, wide))
        return Experts(
            wide=tuple(emit.param(*named) for named in (fused if self.gate_up_key else apart)),
            down=emit.param(self.down_key, {"x": count, "d": hidden, "f": inner}),
            activation=self.activation,
        )

    def _shared(self, emit: Emit, x: Value) -> Value:
        mlp = Mlp(
            gate_key=f"{self.shared_key}.gate_proj",
            up_key=f"{self.shared_key}.up_proj",
            down_key=f"{self.shared_key}.down_proj",
            intermediate_size=self.shared_intermediate_size,
            activation=self.activation,
            bias=False,
        )
        with emit.label("shared"):
            y = mlp.emit(emit, x)
            if not self.shared_gate_key:
                return y
            row = emit.param(self.shared_gate_key, {"one": 1, "d": x.size("d")})
            weight = ops.convert(ops.pick(row, "one", 0), x.dtype)
            gate = ops.logistic(ops.dot(x, weight, over="d", dtype="f32"))
            return y * ops.convert(gate, x.dtype)
