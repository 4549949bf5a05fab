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
    "Block": "rlxflow.blocks.base:Block",
    "BuiltModel": "rlxflow.flow.built:BuiltModel",
    "Chain": "rlxflow.blocks.chain:Chain",
    "CompileProfile": "rlxflow.config.profile:CompileProfile",
    "CompiledModel": "rlxflow.runtime.compiled:CompiledModel",
    "Contract": "rlxflow.blocks.base:Contract",
    "DecoderFlow": "rlxflow.recipes.decoder_flow:DecoderFlow",
    "Emit": "rlxflow.blocks.base:Emit",
    "FlowError": "rlxflow.errors:FlowError",
    "GeluFfn": "rlxflow.flow.vision_verbs:GeluFfn",
    "GridRope": "rlxflow.blocks.grid_rope:GridRope",
    "IrModule": "rlxflow.ir.module:IrModule",
    "LayerStack": "rlxflow.flow.verbs:LayerStack",
    "LlamaDecoderSpec": "rlxflow.flow.llama:LlamaDecoderSpec",
    "Model": "rlxflow.runtime.model:Model",
    "ModelFlow": "rlxflow.flow.model_flow:ModelFlow",
    "NameRules": "rlxflow.weights.names:NameRules",
    "RopeTables": "rlxflow.blocks.rope:RopeTables",
    "Shape": "rlxflow.flow.shape:Shape",
    "Stage": "rlxflow.blocks.chain:Stage",
    "TwoStream": "rlxflow.blocks.streams:TwoStream",
    "Value": "rlxflow.ir.value:Value",
    "VitSelfAttn": "rlxflow.flow.pre_norm:VitSelfAttn",
    "llama_prefill_layer_fused": "rlxflow.flow.llama:llama_prefill_layer_fused",
    "load": "rlxflow.runtime.model:load",
    "open_weights": "rlxflow.weights.open:open_weights",
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
