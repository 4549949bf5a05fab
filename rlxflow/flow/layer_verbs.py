"""The fluent methods that append one layer, or one part of it, of a causal model's family.

A family is imported by the method that needs it: most programs need one family or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage

if TYPE_CHECKING:
    from rlxflow.blocks.decode_bindings import DecodeRopeParams
    from rlxflow.blocks.gdn_scan import GdnScan
    from rlxflow.flow import gemma_layers, llama, qwen
    from rlxflow.flow.attention_specs import SelfAttnPrefillSpec
    from rlxflow.flow.side_outputs import SideOutputs


class LayerVerbs:
    """Part of `Verbs`; every method returns a new object."""

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        raise NotImplementedError(type(self).__name__)

    def _layer(self, stage: Stage) -> Self:
        return self._append(stage.block, stage.name, stage.mode)

    def self_attn_prefill(self, spec: SelfAttnPrefillSpec) -> Self:
        """Attends among the tokens of the call; the product after it is not part of the stage."""
        return self._append(spec.block())

    def decode_rope(self, params: DecodeRopeParams) -> Self:
        """Publishes the cosine and sine of one position."""
        return self._append(params, params.slot)

    def gdn_scan(self, stage: GdnScan) -> Self:
        """Runs the gated delta rule on the slots `gdn.q`, `gdn.k`, `gdn.v`, `gdn.g`, `gdn.beta`."""
        return self._append(stage)

    def llama_prefill_layer(self, index: int, spec: llama.LlamaDecoderSpec) -> Self:
        """Appends `layers.{index}` with weights `model.layers.{index}`, attention as one stage."""
        from rlxflow.flow import llama

        return self._layer(llama.llama_prefill_layer_fused(index, spec))

    def llama_decoder_layer(self, index: int, spec: llama.LlamaDecoderSpec) -> Self:
        """The same as `llama_prefill_layer`."""
        return self.llama_prefill_layer(index, spec)

    def llama_prefill_layer_composed(self, index: int, spec: llama.LlamaDecoderSpec) -> Self:
        """Appends the same layer of smaller stages."""
        from rlxflow.flow import llama

        return self._layer(llama.llama_prefill_layer_composed(index, spec))

    def llama_decode_layer(
        self, index: int, spec: llama.LlamaDecodeLayerSpec, kv_out: SideOutputs | None = None
    ) -> Self:
        """Appends the layer for a decode step; see `bind_decode_inputs`."""
        from rlxflow.flow import llama

        return self._layer(llama.llama_decode_layer_fused(index, spec, kv_out))

    def llama_kv_tap(
        self,
        index: int,
        head_dim: int,
        eps: float,
        sink: SideOutputs,
        *,
        num_kv_heads: int | None = None,
        rope_table: str = "rope",
    ) -> Self:
        """Makes keys and values of the layer that comes next outputs, computed once more."""
        from rlxflow.flow import llama

        tap = llama.llama_kv_tap(
            index, head_dim, eps, sink, num_kv_heads=num_kv_heads, rope_table=rope_table
        )
        return self._append(tap, f"kv_tap.{index}")

    def qwen3_prefill_layer(
        self, index: int, spec: qwen.Qwen3DecoderSpec, sink: SideOutputs | None = None
    ) -> Self:
        """Appends a Qwen2 or Qwen3 layer; with a sink its keys and values are outputs."""
        from rlxflow.flow import qwen

        if sink is None:
            return self._layer(qwen.qwen3_prefill_layer_fused(index, spec))
        return self._layer(qwen.qwen3_prefill_layer_fused_kv(index, spec, sink))

    def qwen3_decode_layer(
        self, index: int, spec: qwen.Qwen3DecodeLayerSpec, kv_out: SideOutputs | None = None
    ) -> Self:
        """Appends the layer for a decode step; see `bind_decode_inputs`."""
        from rlxflow.flow import qwen

        return self._layer(qwen.qwen3_decode_layer_fused(index, spec, kv_out))

    def gemma_prefill_layer(
        self,
        index: int,
        style: str | gemma_layers.GemmaLayerStyle,
        attn_spec: SelfAttnPrefillSpec,
        eps: float,
        kv_sink: SideOutputs | None = None,
        *,
        intermediate_size: int | None = None,
        mlp: Block | None = None,
    ) -> Self:
        """Appends a Gemma layer, attention as one stage; `mlp` replaces its feed-forward."""
        from rlxflow.flow import gemma_layers

        stage = gemma_layers.gemma_prefill_layer_fused(
            index, style, attn_spec, eps, kv_sink, intermediate_size=intermediate_size, mlp=mlp
        )
        return self._layer(stage)

    def gemma_prefill_layer_composed(
        self,
        index: int,
        style: str | gemma_layers.GemmaLayerStyle,
        attn_spec: SelfAttnPrefillSpec,
        eps: float,
        kv_sink: SideOutputs | None = None,
        *,
        intermediate_size: int | None = None,
        mlp: Block | None = None,
    ) -> Self:
        """Appends the same layer of smaller stages."""
        from rlxflow.flow import gemma_layers

        stage = gemma_layers.gemma_prefill_layer_composed(
            index, style, attn_spec, eps, kv_sink, intermediate_size=intermediate_size, mlp=mlp
        )
        return self._layer(stage)

    def gemma_decode_layer(
        self,
        index: int,
        spec: gemma_layers.GemmaDecodeLayerSpec,
        kv_out: SideOutputs | None = None,
        *,
        mlp: Block | None = None,
    ) -> Self:
        """Appends the layer for a decode step; see `bind_decode_inputs`."""
        from rlxflow.flow import gemma_layers

        return self._layer(gemma_layers.gemma_decode_layer_fused(index, spec, kv_out, mlp=mlp))

    def gemma_kv_tap(
        self,
        index: int,
        head_dim: int,
        eps: float,
        sink: SideOutputs,
        *,
        num_kv_heads: int | None = None,
        rope_table: str = "rope",
    ) -> Self:
        """Makes keys and values of the layer that comes next outputs; without query/key norms."""
        from rlxflow.flow import llama

        tap = llama.llama_kv_tap(
            index,
            head_dim,
            eps,
            sink,
            num_kv_heads=num_kv_heads,
            rope_table=rope_table,
            norm_offset=1.0,
        )
        return self._append(tap, f"kv_tap.{index}")
