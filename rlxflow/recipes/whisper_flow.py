"""The flows of Whisper's phases."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.conv1d import Conv1d
from rlxflow.blocks.cross_attention import CrossAttention
from rlxflow.blocks.embedding import Embed, GatherFromInput, LearnedPositions, PositionRows
from rlxflow.blocks.head import LmHead
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.streams import stream_slot
from rlxflow.blocks.tokens import GatherLastToken, Lengths, Positions
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.decoder_phases import STEP

EPS = 1e-5  # of all norms; no key of a config sets it
TOKENS = "decoder.embed_tokens.weight"
STATES = "encoder"  # the stream of the encoder's states


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperSpec:
    """A model as numbers over shared blocks; of a pair, the encoder's comes first.

    Attributes:
        vocab_size: Words.
        mels: Frequency bins of the input.
        hidden_size: Of both halves.
        layers: How many.
        heads: Of attention.
        widths: Of the feed-forward blocks.
        positions: The encoder's are half the frames of the input; the decoder's are tokens.
        activation: Of convolutions and feed-forward blocks.
        tied: Whether the token table is the head as well.
    """

    vocab_size: int
    mels: int
    hidden_size: int
    layers: tuple[int, int]
    heads: tuple[int, int]
    widths: tuple[int, int]
    positions: tuple[int, int]
    activation: str
    tied: bool

    def flow(self, request: FlowRequest) -> ModelFlow:
        """Returns the flow of a phase, unbuilt.

        `forward`: features and tokens to scores of all tokens. `encode`: features to states.
        `prefill`: states and right-padded prompts (`lengths`) to scores of the last token; fills
        the caches of both attentions. `decode`: one token of each row at `positions`.
        """
        if request.phase == "encode":
            return self._encode(request)
        if request.phase == "forward":
            return self._forward(request)
        if not request.context:
            expected = f"a context of 1 to {self.positions[1]} positions"
            raise ConfigError(f"phase `{request.phase}`", expected=expected, found="none")
        return self._prefill(request) if request.phase == "prefill" else self._decode(request)

    def _features(self, request: FlowRequest) -> ModelFlow:
        shape = Shape([request.batch, self.mels, 2 * self.positions[0]], axes="b d t")
        return ModelFlow("whisper").profile_encoder().input("input_features", shape)

    def _tokens(self, request: FlowRequest) -> Shape:
        if request.seq > self.positions[1]:
            most = f"at most {self.positions[1]} tokens"
            raise ConfigError("seq", expected=most, found=str(request.seq))
        return Shape([request.batch, request.seq], "i32")

    def _encode(self, request: FlowRequest) -> ModelFlow:
        if request.seq != 1:
            raise ConfigError(
                "seq", expected="none: `encode` takes no tokens", found=f"{request.seq}"
            )
        flow = self._encoder(self._features(request), request, "hidden_states")
        flow = flow.without_weights("decoder.*", "only the encoder is run")
        return flow.without_weights("proj_out.*", "only the encoder is run").output(
            "last_hidden_state"
        )

    def _forward(self, request: FlowRequest) -> ModelFlow:
        ids = self._tokens(request)
        flow = self._features(request).input("decoder_input_ids", ids, below=self.vocab_size)
        flow = self._encoder(flow, request, "encoder_hidden_states")
        flow = flow.tap("encoder_last_hidden_state").store_stream(STATES)
        words = GatherFromInput(
            input="decoder_input_ids",
            key=TOKENS,
            rows=self.vocab_size,
            hidden_size=self.hidden_size,
        )
        return self._decoder(flow.stage("decoder.embed_tokens", words), request)

    def _prefill(self, request: FlowRequest) -> ModelFlow:
        shape = Shape([request.batch, self.positions[0], self.hidden_size])
        flow = (
            ModelFlow("whisper")
            .profile_prefill()
            .input("decoder_input_ids", self._tokens(request), below=self.vocab_size)
            .input("lengths", Shape([request.batch], "i32"), below=request.seq + 1)
            .input("encoder_hidden_states", shape)
            .without_weights("encoder.*", "the encoder has run before")
            .bind_inputs_to_streams([("encoder_hidden_states", STATES)])
            .stage("lengths", Lengths())
            .stage("decoder.embed_tokens", self._embed())
        )
        return self._decoder(flow, request)

    def _decode(self, request: FlowRequest) -> ModelFlow:
        why = "keys and values of the encoder's states are in the cache"
        flow = (
            ModelFlow("whisper")
            .with_profile(STEP)
            .input("decoder_input_ids", self._tokens(request), below=self.vocab_size)
            .input("positions", Shape([request.batch], "i32"), below=self.positions[1])
            .without_weights("encoder.*", "the encoder has run before")
            .without_weights("decoder.layers.*.encoder_attn.k_proj.*", why)
            .without_weights("decoder.layers.*.encoder_attn.v_proj.*", why)
            .stage("positions", Positions(input="positions"))
            .stage("decoder.embed_tokens", self._embed())
        )
        return self._decoder(flow, request)

    def _embed(self) -> Embed:
        return Embed(key=TOKENS, vocab_size=self.vocab_size, hidden_size=self.hidden_size)

    def _encoder(self, flow: ModelFlow, request: FlowRequest, states: str) -> ModelFlow:
        """Adds the stages from features to states."""
        for name, stride in (("encoder.conv1", 1), ("encoder.conv2", 2)):
            conv = Conv1d(
                prefix=name,
                out_channels=self.hidden_size,
                kernel_size=3,
                stride=stride,
                padding=1,
                activation=self.activation,
            )
            flow = flow.stage(name, conv)
        table = "encoder.embed_positions"
        rows = LearnedPositions(key=f"{table}.weight", positions=self.positions[0])
        return self._layers(flow.stage(table, rows), request, 0, states)

    def _decoder(self, flow: ModelFlow, request: FlowRequest) -> ModelFlow:
        """Adds the stages from embedded tokens to scores."""
        name, rows = "decoder.embed_positions", self.positions[1]
        table: Block = LearnedPositions(key=f"{name}.weight", positions=rows)
        if request.phase == "decode":
            table = PositionRows(key=f"{name}.weight", rows=rows)
        flow = self._layers(flow.stage(name, table), request, 1, "decoder_hidden_states")
        head = LmHead(
            weight_key=TOKENS if self.tied else "proj_out.weight", vocab_size=self.vocab_size
        )
        return flow.stage("proj_out", head).output("logits")

    def _layers(self, flow: ModelFlow, request: FlowRequest, half: int, states: str) -> ModelFlow:
        """Adds the layers and the last norm; with hidden states, each value is an output."""
        name, count, shown = ("encoder", "decoder")[half], self.layers[half], request.hidden_states
        for i in range(count):
            flow = flow.when(shown, lambda f, i=i: f.tap(f"{states}.{i}"))
            flow = flow.stage(self._layer(f"{name}.layers.{i}", half, request))
        if half and request.last_token:
            flow = flow.stage("last_token", GatherLastToken(input="lengths", minus=1))
        flow = flow.stage(f"{name}.layer_norm", _norm(f"{name}.layer_norm"))
        return flow.when(shown, lambda f: f.tap(f"{states}.{count}"))

    def _layer(self, prefix: str, half: int, request: FlowRequest) -> Stage:
        """Returns a pre-norm layer; the decoder's also attends to the encoder's states."""
        branches: list[tuple[str, Block]] = [("self_attn", self._attention(prefix, half, request))]
        if half:
            branches.append(("encoder_attn", self._cross(prefix, request)))
        mlp = Mlp(
            up_key=f"{prefix}.fc1",
            down_key=f"{prefix}.fc2",
            intermediate_size=self.widths[half],
            activation=self.activation,
        )
        branches.append(("mlp", mlp))
        stack = LayerStack.named(prefix, "whisper_layer")
        for name, block in branches:
            norm = "final_layer_norm" if name == "mlp" else f"{name}_layer_norm"
            stack = stack.residual_save().stage(norm, _norm(f"{prefix}.{norm}"))
            stack = stack.stage(name, block).residual_add()
        return stack.build()

    def _attention(self, prefix: str, half: int, request: FlowRequest) -> SelfAttention:
        heads = self.heads[half]
        plain = SelfAttention(
            query_key=f"{prefix}.self_attn.q_proj",
            key_key=f"{prefix}.self_attn.k_proj",
            value_key=f"{prefix}.self_attn.v_proj",
            output_key=f"{prefix}.self_attn.out_proj",
            num_attention_heads=heads,
            num_key_value_heads=heads,
            head_dim=self.hidden_size // heads,
            key_bias=False,
            causal=bool(half),
            padding=False,
        )
        if not half or request.phase == "forward":
            return plain
        return replace(
            plain,
            phase=request.phase,
            cache_key=prefix.removeprefix("decoder."),
            cache_slots=min(request.context, self.positions[1]),
            cache_dtype=request.cache_dtype,
        )

    def _cross(self, prefix: str, request: FlowRequest) -> CrossAttention:
        plain = CrossAttention(
            query_key=f"{prefix}.encoder_attn.q_proj",
            key_key=f"{prefix}.encoder_attn.k_proj",
            value_key=f"{prefix}.encoder_attn.v_proj",
            output_key=f"{prefix}.encoder_attn.out_proj",
            states_slot=stream_slot(STATES),
            num_attention_heads=self.heads[1],
            head_dim=self.hidden_size // self.heads[1],
            key_bias=False,
        )
        if request.phase == "forward":
            return plain
        return replace(
            plain,
            phase=request.phase,
            cache_key=prefix.removeprefix("decoder.") + ".cross",
            cache_slots=self.positions[0],
            cache_dtype=request.cache_dtype,
        )


def _norm(prefix: str) -> LayerNorm:
    return LayerNorm(weight_key=f"{prefix}.weight", bias_key=f"{prefix}.bias", eps=EPS)
