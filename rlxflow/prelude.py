"""The names that a file of flows usually needs: `from rlxflow.prelude import *`."""

# pyright: reportUnsupportedDunderAll=false

from __future__ import annotations

from typing import Any

from rlxflow.lazy import load_attribute

__all__ = [  # noqa: F822 - found by `__getattr__`
    "Block",
    "BuiltModel",
    "CompileProfile",
    "DecodeRopeParams",
    "Emit",
    "FlowError",
    "GdnScan",
    "GemmaDecodeLayerSpec",
    "LayerStack",
    "LlamaDecodeLayerSpec",
    "LlamaDecoderSpec",
    "MapWeights",
    "MaskKind",
    "ModelFlow",
    "ModelRecipe",
    "Qwen3DecodeLayerSpec",
    "Qwen3DecoderSpec",
    "RopeTables",
    "SelfAttnPrefillSpec",
    "Shape",
    "SideOutputs",
    "Stage",
    "TwoStream",
    "Value",
    "WeightSource",
    "ops",
    "stream_id",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'rlxflow.prelude' has no attribute {name!r}")
    return load_attribute(f"rlxflow:{name}")
