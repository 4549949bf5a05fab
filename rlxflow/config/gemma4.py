"""The keys of a Gemma 4 text config.json."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from rlxflow.config.decoder import FULL, SLIDING, DecoderConfig, rope_numbers
from rlxflow.errors import ConfigError

EVERY = 6  # of the layers, the last of each so many is full
OWN_KEYS = {"head_dim", "num_key_value_heads"}


class Gemma4Config(DecoderConfig):
    """Five layers slide, the sixth does not, and never the last; full ones have other heads.

    Sizes of the heads of full layers stand in `global_head_dim` and `num_global_key_value_heads`,
    or in `per_layer_config`, by the number of the layer.
    """

    model_type: ClassVar[str] = "gemma4_text"

    head_dim: int | None = Field(default=256, gt=0)
    hidden_activation: Literal["gelu_pytorch_tanh", "gelu"] = "gelu_pytorch_tanh"
    tie_word_embeddings: bool = True
    sliding_window: int = Field(default=512, gt=0)
    final_logit_softcapping: float | None = Field(default=None, gt=0)
    use_bidirectional_attention: Literal["vision"] | None = None  # text is causal in both
    global_head_dim: int = Field(default=512, gt=0)
    num_global_key_value_heads: int | None = Field(default=None, gt=0)
    per_layer_config: dict[str, dict[str, int]] | None = None
    attention_k_eq_v: bool = False
    num_kv_shared_layers: int = Field(default=0, ge=0)
    use_double_wide_mlp: bool = False
    hidden_size_per_layer_input: int | None = Field(default=256, ge=0)
    vocab_size_per_layer_input: int = Field(default=262_144, gt=0)
    enable_moe_block: bool = False
    num_experts: int | None = Field(default=None, gt=0)
    top_k_experts: int | None = Field(default=None, gt=0)
    moe_intermediate_size: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        sizes = (self.num_experts, self.top_k_experts, self.moe_intermediate_size)
        if self.enable_moe_block and None in sizes:
            raise ValueError("num_experts, top_k_experts, moe_intermediate_size: all three needed")
        for layer, own in (self.per_layer_config or {}).items():
            if not layer.isdigit() or int(layer) >= self.num_hidden_layers:
                raise ValueError(f"per_layer_config names layer {layer[:20]!r}, which is not there")
            if not OWN_KEYS.issuperset(own) or min(own.values(), default=1) < 1:
                raise ValueError(f"per_layer_config of a layer gives {', '.join(sorted(OWN_KEYS))}")
        for i in range(self.num_hidden_layers):
            if self.num_attention_heads % self.heads_of(i)[0]:
                raise ValueError(f"num_attention_heads must be a multiple of those of layer {i}")
        sizes_of_kinds = {(kind, self.heads_of(i)[1]) for i, kind in enumerate(self.types())}
        if len(sizes_of_kinds) > len(set(self.types())):
            raise ValueError("per_layer_config gives layers of one kind heads of different sizes")
        owners = set(self.types()[: self.first_shared])
        if self.num_kv_shared_layers and not owners.issuperset(self.types()):
            raise ValueError("num_kv_shared_layers leaves a kind of layer without keys and values")
        return self

    def known_types(self) -> set[str]:
        return {FULL, SLIDING}

    def types(self) -> list[str]:
        count = self.num_hidden_layers
        usual = [SLIDING if (i + 1) % EVERY else FULL for i in range(count)]
        kinds = list(self.layer_types or usual)
        return [*kinds[:-1], FULL] if kinds else []

    @property
    def first_shared(self) -> int:
        """The first layer that takes keys and values from another; the rest do, too."""
        return max(self.num_hidden_layers - self.num_kv_shared_layers, 0)

    def heads_of(self, layer: int) -> tuple[int, int]:
        """Returns the key/value heads of a layer, and the size of a head."""
        usual = {"num_key_value_heads": self.groups, "head_dim": self.head_size}
        if self.per_layer_config is not None:
            own = self.per_layer_config.get(str(layer), {})
        elif self.types()[layer] == FULL:
            own = {"head_dim": self.global_head_dim}
            if self.attention_k_eq_v and self.num_global_key_value_heads:
                own["num_key_value_heads"] = self.num_global_key_value_heads
        else:
            own = {}
        found = usual | own
        return found["num_key_value_heads"], found["head_dim"]

    def rope_of(self, kind: str, head_dim: int) -> dict[str, Any]:
        """Returns the numbers of the rope of one kind of layer, as `RopeTables` takes them."""
        usual: dict[str, dict[str, Any]] = {
            SLIDING: {"rope_theta": 10_000.0},
            FULL: {
                "rope_type": "proportional",
                "rope_theta": 1_000_000.0,
                "partial_rotary_factor": 0.25,
            },
        }
        given: object = (self.rope_parameters or usual).get(kind) or usual[kind]
        if not isinstance(given, dict):
            where = f"rope_parameters: {kind}"
            raise ConfigError(where, expected="an object of keys", found=f"{given!r}")
        raw = dict(cast("dict[str, Any]", given))
        partial = raw.pop("partial_rotary_factor", None)
        return rope_numbers(
            raw,
            head_dim=head_dim,
            max_pos=self.max_position_embeddings,
            partial=partial if raw.get("rope_type") == "proportional" else None,
            default_theta=usual[kind]["rope_theta"],
        )
