"""The flow of FLUX transformers: image and text as two streams, then as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.axes_rope import AxesRope
from rlxflow.blocks.base import Block, under
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.conditioning import Conditioning
from rlxflow.blocks.joint_attention import JointAttention
from rlxflow.blocks.linear import InputLinear, Linear
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.modulation import ModulatedBranch, ModulatedNorm, Modulation
from rlxflow.blocks.stream_id import IMG, TXT
from rlxflow.blocks.token_spans import DropTokens, JoinStreams
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest

TOLD = "conditioning"
"""Slot of the vector made of time, guidance and pooled text."""
SHARED = {
    IMG: "double_stream_modulation_img",
    TXT: "double_stream_modulation_txt",
    "": "single_stream_modulation",
}
"""Modulations that all layers share, by stream; empty for the joined one."""


PRODUCTS = ("query_key", "key_key", "value_key", "output_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class FluxSpec:
    """A model as numbers over shared blocks. Weight names of blocks are relative to the layer.

    Attributes:
        family: For names.
        in_channels: Of an image token.
        out_channels: Of a token of the result.
        text_channels: Of a text token.
        pooled_channels: Of the pooled text; 0 for none.
        hidden_size: Of the streams.
        layers: How many with two streams, and with one.
        head_dim: Of attention.
        dims: Elements of a head that each axis of the ids turns.
        theta: Of the rotation.
        eps: Of all norms.
        guidance: Whether guidance is an input.
        time_key: Prefix of what embeds time, guidance and pooled text.
        time_channels: Waves that a number becomes.
        bias: Whether products have biases.
        shared: Whether all layers share their modulations.
        mlp: The feed-forward block of the image, under `ff`.
        text_mlp: That of the text, under `ff_context`.
        single: What a layer of one stream does between norm and gate.
        single_name: Of its stage.
    """

    family: str
    in_channels: int
    out_channels: int
    text_channels: int
    pooled_channels: int = 0
    hidden_size: int
    layers: tuple[int, int]
    head_dim: int
    dims: tuple[int, ...]
    theta: float
    eps: float
    guidance: bool
    time_key: str
    time_channels: int
    bias: bool
    shared: bool
    mlp: Mlp
    text_mlp: Mlp
    single: Block
    single_name: str

    def flow(self, request: FlowRequest) -> ModelFlow:
        """Returns the flow of `denoise`, unbuilt: what to take from the image at this time."""
        if request.text_seq < 1:
            raise ConfigError("text_seq", expected="at least 1", found=str(request.text_seq))
        if request.hidden_states:
            raise ConfigError("hidden states", expected="none of this family", found="a request")
        flow = self._embed(self._inputs(request))
        for i in range(self.layers[0]):
            flow = flow.stage(self._double(f"transformer_blocks.{i}"))
        flow = flow.stage("joined", JoinStreams(streams=(TXT, IMG)))
        for i in range(self.layers[1]):
            flow = flow.stage(self._single(f"single_transformer_blocks.{i}"))
        told = Modulation(
            prefix="norm_out.linear", source=TOLD, slot="norm_out", count=2, bias=self.bias
        )
        norm = ModulatedNorm(slot="norm_out", scale=0, shift=1, eps=self.eps)
        return (
            flow.stage("image", DropTokens(count=request.text_seq))
            .stage("norm_out.linear", told)
            .stage("norm_out", norm)
            .stage("proj_out", self._linear("proj_out", self.out_channels))
            .output("sample")
        )

    def _inputs(self, request: FlowRequest) -> ModelFlow:
        rows, axes = request.batch, len(self.dims)
        image, text = [rows, request.seq], [rows, request.text_seq]
        flow = (
            ModelFlow(self.family)
            .profile_encoder()
            .input("hidden_states", Shape([*image, self.in_channels]))
            .input("encoder_hidden_states", Shape([*text, self.text_channels]))
        )
        if self.pooled_channels:
            shape = Shape([rows, self.pooled_channels], axes="b d")
            flow = flow.input("pooled_projections", shape)
        flow = flow.input("timestep", Shape([rows]))
        flow = flow.input("img_ids", Shape([request.seq, axes], axes="t n"))
        flow = flow.input("txt_ids", Shape([request.text_seq, axes], axes="t n"))
        return flow.when(self.guidance, lambda f: f.input("guidance", Shape([rows])))

    def _embed(self, flow: ModelFlow) -> ModelFlow:
        """Binds both streams and publishes what all layers read."""
        scalars = [("timestep", "timestep_embedder")]
        scalars += [("guidance", "guidance_embedder")] if self.guidance else []
        pooled = (("pooled_projections", "text_embedder"),) if self.pooled_channels else ()
        told = Conditioning(
            prefix=self.time_key,
            scalars=tuple(scalars),
            vectors=pooled,
            channels=self.time_channels,
            scale=1000.0,
            hidden_size=self.hidden_size,
            bias=self.bias,
            slot=TOLD,
        )
        flow = flow.bind_inputs_to_streams([("hidden_states", IMG), ("encoder_hidden_states", TXT)])
        flow = flow.stage(self.time_key, told)
        for slot, inputs in self._tables().items():
            flow = flow.stage(
                slot, AxesRope(inputs=inputs, dims=self.dims, theta=self.theta, slot=slot)
            )
        for stream, name in SHARED.items() if self.shared else ():
            flow = flow.stage(name, self._modulation(f"{name}.linear", name, 6 if stream else 3))
        for stream, name in ((IMG, "x_embedder"), (TXT, "context_embedder")):
            embedder = InputLinear(
                weight_key=f"{name}.weight",
                bias_key=f"{name}.bias" if self.bias else "",
                out_features=self.hidden_size,
            )
            flow = flow.load_stream(stream).stage(name, embedder).store_stream(stream)
        return flow

    def _tables(self) -> dict[str, tuple[str, ...]]:
        """Returns which ids make the rotary tables of each stream, and of both, joined."""
        return {
            f"pos_embed.{IMG}": ("img_ids",),
            f"pos_embed.{TXT}": ("txt_ids",),
            "pos_embed": ("txt_ids", "img_ids"),
        }

    def _double(self, prefix: str) -> Stage:
        """Returns a layer of two streams."""
        slots, stack = dict(SHARED), LayerStack.named(prefix, f"{self.family}_double")
        if not self.shared:
            for stream, name in ((IMG, "norm1"), (TXT, "norm1_context")):
                slots[stream] = f"{prefix}.{name}"
                stack = stack.stage(
                    name, self._modulation(f"{slots[stream]}.linear", slots[stream], 6)
                )
        joint = JointAttention(
            own=under(self._attention(IMG), f"{prefix}.attn"),
            other=under(self._attention(TXT), f"{prefix}.attn"),
            slots=(slots[IMG], slots[TXT]),
            eps=self.eps,
        )
        stack = stack.dual_stream("attn", IMG, TXT, joint)
        for stream, name, mlp in ((IMG, "ff", self.mlp), (TXT, "ff_context", self.text_mlp)):
            branch = ModulatedBranch(
                slot=slots[stream], at=3, eps=self.eps, inner=under(mlp, prefix), name="mlp"
            )
            stack = stack.load_stream(stream).stage(name, branch).store_stream(stream)
        return stack.build()

    def _single(self, prefix: str) -> Stage:
        """Returns a layer of the joined stream."""
        slot, stack = SHARED[""], LayerStack.named(prefix, f"{self.family}_single")
        if not self.shared:
            slot = f"{prefix}.norm"
            stack = stack.stage("norm", self._modulation(f"{slot}.linear", slot, 3))
        inner = under(self.single, prefix)
        branch = ModulatedBranch(slot=slot, eps=self.eps, inner=inner, name=self.single_name)
        return stack.stage("branch", branch).build()

    def _modulation(self, prefix: str, slot: str, count: int) -> Modulation:
        return Modulation(prefix=prefix, source=TOLD, slot=slot, count=count, bias=self.bias)

    def _linear(self, name: str, size: int) -> Linear:
        bias = f"{name}.bias" if self.bias else ""
        return Linear(weight_key=f"{name}.weight", bias_key=bias, out_features=size)

    def _attention(self, stream: str) -> SelfAttention:
        """Returns the projections of a stream, under the names they have in a layer's `attn`."""
        products = (
            ("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")
            if stream == TXT
            else ("to_q", "to_k", "to_v", "to_out.0")
        )
        return stream_attention(
            self.hidden_size,
            self.head_dim,
            self.eps,
            rope=f"pos_embed.{stream}",
            norms="norm_added_" if stream == TXT else "norm_",
            bias=self.bias,
            **dict(zip(PRODUCTS, products, strict=True)),
        )


def stream_attention(
    hidden_size: int, head_dim: int, eps: float, *, rope: str, norms: str, bias: bool, **keys: str
) -> SelfAttention:
    """Returns attention over all tokens whose queries and keys are normalised and turned in pairs.

    Args:
        hidden_size: A multiple of head_dim.
        head_dim: Of attention.
        eps: Of the norms of queries and keys.
        rope: First part of the slots with cosine and sine.
        norms: How the names of the norms of queries and keys begin.
        bias: Whether products have biases.
        **keys: Names of the products.
    """
    heads = hidden_size // head_dim
    numbers: dict[str, Any] = {
        "query_norm_key": f"{norms}q.weight",
        "key_norm_key": f"{norms}k.weight",
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "head_dim": head_dim,
        "padding": False,
        "bias": bias,
        "qk_norm": "head",
        "norm_eps": eps,
        "rope": rope,
        "interleaved": True,
    }
    numbers.update(keys)
    return SelfAttention(**numbers)
