"""rlxflow: transformer checkpoints as StableHLO, every stage an explicit fusion region.

Names are imported when they are first used, so that `import rlxflow` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlxflow.lazy import load_attribute

if TYPE_CHECKING:
    from rlxflow.config.profile import CompileProfile as CompileProfile
    from rlxflow.flow.families import BertLayerSpec as BertLayerSpec
    from rlxflow.flow.model_flow import ModelFlow as ModelFlow
    from rlxflow.flow.shape import Shape as Shape
    from rlxflow.flow.verbs import LayerStack as LayerStack
    from rlxflow.ir import ops as ops
    from rlxflow.ir.value import Value as Value
    from rlxflow.recipes.decoder_flow import DecoderFlow as DecoderFlow
    from rlxflow.runtime.compiled import CompiledModel as CompiledModel
    from rlxflow.runtime.model import Model as Model
    from rlxflow.runtime.model import load as load

__version__ = "0.1.0"

_PUBLIC = {
    "BertLayerSpec": "rlxflow.flow.families:BertLayerSpec",
    "BindDecodeInputs": "rlxflow.blocks.decode_bindings:BindDecodeInputs",
    "Block": "rlxflow.blocks.base:Block",
    "BuiltModel": "rlxflow.flow.built:BuiltModel",
    "Chain": "rlxflow.blocks.chain:Chain",
    "CompileProfile": "rlxflow.config.profile:CompileProfile",
    "CompiledModel": "rlxflow.runtime.compiled:CompiledModel",
    "Contract": "rlxflow.blocks.base:Contract",
    "Custom": "rlxflow.blocks.chain:Custom",
    "DecodeRopeParams": "rlxflow.blocks.decode_bindings:DecodeRopeParams",
    "DecoderFlow": "rlxflow.recipes.decoder_flow:DecoderFlow",
    "Emit": "rlxflow.blocks.base:Emit",
    "FlowError": "rlxflow.errors:FlowError",
    "GdnScan": "rlxflow.blocks.gdn_scan:GdnScan",
    "GeluFfn": "rlxflow.flow.vision_verbs:GeluFfn",
    "GemmaDecodeLayerSpec": "rlxflow.flow.gemma_layers:GemmaDecodeLayerSpec",
    "GemmaLayerStyle": "rlxflow.flow.gemma_layers:GemmaLayerStyle",
    "GridRope": "rlxflow.blocks.grid_rope:GridRope",
    "IrModule": "rlxflow.ir.module:IrModule",
    "LayerStack": "rlxflow.flow.verbs:LayerStack",
    "LlamaDecodeLayerSpec": "rlxflow.flow.llama:LlamaDecodeLayerSpec",
    "LlamaDecoderSpec": "rlxflow.flow.llama:LlamaDecoderSpec",
    "MapWeights": "rlxflow.weights.map_weights:MapWeights",
    "MaskKind": "rlxflow.flow.attention_specs:MaskKind",
    "Model": "rlxflow.runtime.model:Model",
    "ModelFlow": "rlxflow.flow.model_flow:ModelFlow",
    "ModelRecipe": "rlxflow.flow.recipe:ModelRecipe",
    "NameRules": "rlxflow.weights.names:NameRules",
    "Qwen3DecodeLayerSpec": "rlxflow.flow.qwen:Qwen3DecodeLayerSpec",
    "Qwen3DecoderSpec": "rlxflow.flow.qwen:Qwen3DecoderSpec",
    "RopeTables": "rlxflow.blocks.rope:RopeTables",
    "SelfAttnPrefillSpec": "rlxflow.flow.attention_specs:SelfAttnPrefillSpec",
    "Shape": "rlxflow.flow.shape:Shape",
    "SideOutputs": "rlxflow.flow.side_outputs:SideOutputs",
    "Stage": "rlxflow.blocks.chain:Stage",
    "TwoStream": "rlxflow.blocks.streams:TwoStream",
    "Value": "rlxflow.ir.value:Value",
    "VitSelfAttn": "rlxflow.flow.pre_norm:VitSelfAttn",
    "WeightSource": "rlxflow.weights.source:WeightSource",
    "gemma2_layer_mask": "rlxflow.flow.gemma_layers:gemma2_layer_mask",
    "gemma_attn_spec": "rlxflow.flow.gemma_layers:gemma_attn_spec",
    "gemma_decode_layer_fused": "rlxflow.flow.gemma_layers:gemma_decode_layer_fused",
    "gemma_moe_decode_layer_composed": "rlxflow.flow.gemma_moe:gemma_moe_decode_layer_composed",
    "gemma_moe_ffn": "rlxflow.flow.gemma_moe:gemma_moe_ffn",
    "gemma_moe_prefill_layer_composed": "rlxflow.flow.gemma_moe:gemma_moe_prefill_layer_composed",
    "gemma_prefill_layer_composed": "rlxflow.flow.gemma_layers:gemma_prefill_layer_composed",
    "gemma_prefill_layer_fused": "rlxflow.flow.gemma_layers:gemma_prefill_layer_fused",
    "gemma_strided_layer_mask": "rlxflow.flow.gemma_layers:gemma_strided_layer_mask",
    "llama_decode_layer_fused": "rlxflow.flow.llama:llama_decode_layer_fused",
    "llama_kv_tap": "rlxflow.flow.llama:llama_kv_tap",
    "llama_prefill_layer_composed": "rlxflow.flow.llama:llama_prefill_layer_composed",
    "llama_prefill_layer_fused": "rlxflow.flow.llama:llama_prefill_layer_fused",
    "load": "rlxflow.runtime.model:load",
    "open_weights": "rlxflow.weights.open:open_weights",
    "qwen3_decode_layer_fused": "rlxflow.flow.qwen:qwen3_decode_layer_fused",
    "qwen3_prefill_layer_fused": "rlxflow.flow.qwen:qwen3_prefill_layer_fused",
    "qwen3_prefill_layer_fused_kv": "rlxflow.flow.qwen:qwen3_prefill_layer_fused_kv",
    "stream_id": "rlxflow.blocks.streams:stream_id",
}


def __getattr__(name: str) -> Any:
    if name == "ops":
        from rlxflow.ir import ops

        return ops
    if name in _PUBLIC:
        return load_attribute(_PUBLIC[name])
    raise AttributeError(f"module 'rlxflow' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, "ops", "__version__"])
