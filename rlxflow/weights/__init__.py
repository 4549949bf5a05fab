"""Weight sources, name rules and weight plans: everything between a checkpoint and arguments.

Formats: safetensors (one file or several), GGUF, arrays in memory, shapes alone. Pickles are never
read.
"""

from rlxflow.weights.aligned import ALIGNMENT, aligned_empty, is_aligned
from rlxflow.weights.compare import make_plan
from rlxflow.weights.dict_source import DictSource
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_names import HfView
from rlxflow.weights.names import NameRules, RenamedSource
from rlxflow.weights.open import open_weights
from rlxflow.weights.packed import (
    GgufPackedLinear,
    resolve_linear,
    take_packed,
    take_packed_bank,
)
from rlxflow.weights.plan import ParamSpec, PlanEntry, WeightPlan
from rlxflow.weights.safetensors import SafetensorsFile
from rlxflow.weights.safetensors_index import ShardedSafetensors
from rlxflow.weights.safetensors_writer import write_safetensors
from rlxflow.weights.source import ShapeSource, TensorInfo, WeightSource

__all__ = [
    "ALIGNMENT",
    "DictSource",
    "GgufFile",
    "GgufPackedLinear",
    "HfView",
    "NameRules",
    "ParamSpec",
    "PlanEntry",
    "RenamedSource",
    "SafetensorsFile",
    "ShapeSource",
    "ShardedSafetensors",
    "TensorInfo",
    "WeightPlan",
    "WeightSource",
    "aligned_empty",
    "is_aligned",
    "make_plan",
    "open_weights",
    "resolve_linear",
    "take_packed",
    "take_packed_bank",
    "write_safetensors",
]
