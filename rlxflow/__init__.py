"""rlxflow: transformer checkpoints as StableHLO, every stage an explicit fusion region.

Names are imported when they are first used, so that `import rlxflow` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlxflow.lazy import load_attribute

if TYPE_CHECKING:
    from rlxflow.config.execution import ExecutionPreset as ExecutionPreset
    from rlxflow.config.execution import ModelExecutionConfig as ModelExecutionConfig
    from rlxflow.config.execution import ModelVariant as ModelVariant
    from rlxflow.config.profile import CompileProfile as CompileProfile
    from rlxflow.flow.composition import LayerComposition as LayerComposition
    from rlxflow.flow.extensions import FlowExtensionPlan as FlowExtensionPlan
    from rlxflow.flow.extensions import register_extension as register_extension
    from rlxflow.flow.families import BertLayerSpec as BertLayerSpec
    from rlxflow.flow.manifest import Manifest as Manifest
    from rlxflow.flow.model_flow import ModelFlow as ModelFlow
    from rlxflow.flow.shape import Dim as Dim
    from rlxflow.flow.shape import Shape as Shape
    from rlxflow.flow.template import FlowTemplate as FlowTemplate
    from rlxflow.flow.verbs import LayerStack as LayerStack
    from rlxflow.ir import ops as ops
    from rlxflow.ir.value import Value as Value
    from rlxflow.recipes.decoder_flow import DecoderFlow as DecoderFlow
    from rlxflow.runtime.buckets import BucketedCompileCache as BucketedCompileCache
    from rlxflow.runtime.buckets import power_of_two_ladder as power_of_two_ladder
    from rlxflow.runtime.compile_cache import CompileCache as CompileCache
    from rlxflow.runtime.compiled import CompiledModel as CompiledModel
    from rlxflow.runtime.kv_layers import LayerKvCache as LayerKvCache
    from rlxflow.runtime.kv_layers import bucket_decode_mask as bucket_decode_mask
    from rlxflow.runtime.model import Model as Model
    from rlxflow.runtime.model import load as load
    from rlxflow.runtime.program_key import program_key as program_key

__version__ = "0.1.0"

_PUBLIC = {
    "AttentionPool": "rlxflow.blocks.attention_pool:AttentionPool",
    "BertLayerSpec": "rlxflow.flow.families:BertLayerSpec",
    "BertLayerStyle": "rlxflow.flow.families:BertLayerStyle",
    "BindDecodeInputs": "rlxflow.blocks.decode_bindings:BindDecodeInputs",
    "Block": "rlxflow.blocks.base:Block",
    "BucketedCompileCache": "rlxflow.runtime.buckets:BucketedCompileCache",
    "BuiltModel": "rlxflow.flow.built:BuiltModel",
    "Chain": "rlxflow.blocks.chain:Chain",
    "CompileCache": "rlxflow.runtime.compile_cache:CompileCache",
    "CompileProfile": "rlxflow.config.profile:CompileProfile",
    "CompiledModel": "rlxflow.runtime.compiled:CompiledModel",
    "Contract": "rlxflow.blocks.base:Contract",
    "Custom": "rlxflow.blocks.chain:Custom",
    "DecodeRopeParams": "rlxflow.blocks.decode_bindings:DecodeRopeParams",
    "DecoderFlow": "rlxflow.recipes.decoder_flow:DecoderFlow",
    "Dim": "rlxflow.flow.shape:Dim",
    "Emit": "rlxflow.blocks.base:Emit",
    "ExecutionPreset": "rlxflow.config.execution:ExecutionPreset",
    "FfnActivation": "rlxflow.flow.families:FfnActivation",
    "FlowError": "rlxflow.errors:FlowError",
    "FlowExtensionPlan": "rlxflow.flow.extensions:FlowExtensionPlan",
    "FlowTemplate": "rlxflow.flow.template:FlowTemplate",
    "GdnScan": "rlxflow.blocks.gdn_scan:GdnScan",
    "GeluFfn": "rlxflow.flow.vision_verbs:GeluFfn",
    "GemmaDecodeLayerSpec": "rlxflow.flow.gemma_layers:GemmaDecodeLayerSpec",
    "GemmaLayerStyle": "rlxflow.flow.gemma_layers:GemmaLayerStyle",
    "GridRope": "rlxflow.blocks.grid_rope:GridRope",
    "IrModule": "rlxflow.ir.module:IrModule",
    "LayerComposition": "rlxflow.flow.composition:LayerComposition",
    "LayerKvCache": "rlxflow.runtime.kv_layers:LayerKvCache",
    "LayerStack": "rlxflow.flow.verbs:LayerStack",
    "LlamaDecodeLayerSpec": "rlxflow.flow.llama:LlamaDecodeLayerSpec",
    "LlamaDecoderSpec": "rlxflow.flow.llama:LlamaDecoderSpec",
    "Manifest": "rlxflow.flow.manifest:Manifest",
    "MapWeights": "rlxflow.weights.map_weights:MapWeights",
    "MaskKind": "rlxflow.flow.attention_specs:MaskKind",
    "MoeFfnStage": "rlxflow.flow.moe_ffn:MoeFfnStage",
    "Model": "rlxflow.runtime.model:Model",
    "ModelExecutionConfig": "rlxflow.config.execution:ModelExecutionConfig",
    "ModelFlow": "rlxflow.flow.model_flow:ModelFlow",
    "ModelRecipe": "rlxflow.flow.recipe:ModelRecipe",
    "ModelVariant": "rlxflow.config.execution:ModelVariant",
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
    "bucket_decode_mask": "rlxflow.runtime.kv_layers:bucket_decode_mask",
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
    "power_of_two_ladder": "rlxflow.runtime.buckets:power_of_two_ladder",
    "program_key": "rlxflow.runtime.program_key:program_key",
    "qwen3_decode_layer_fused": "rlxflow.flow.qwen:qwen3_decode_layer_fused",
    "qwen3_prefill_layer_fused": "rlxflow.flow.qwen:qwen3_prefill_layer_fused",
    "qwen3_prefill_layer_fused_kv": "rlxflow.flow.qwen:qwen3_prefill_layer_fused_kv",
    "register_extension": "rlxflow.flow.extensions:register_extension",
    "stream_id": "rlxflow.blocks.streams:stream_id",
    "transformer_encoder_layer": "rlxflow.flow.families:transformer_encoder_layer",
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
