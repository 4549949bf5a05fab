"""The dialect `rlx` for MLIR's Python bindings: operation classes and the enum `Mode`.

The bindings load this module by themselves when they meet an operation of the dialect, once
`append_dialect_search_prefix("rlxflow.dialects")` has been called on their globals.
"""

from rlxflow.dialects._rlx_enum_gen import Mode
from rlxflow.dialects._rlx_ops_gen import StageOp, YieldOp, stage, yield_

__all__ = ["Mode", "StageOp", "YieldOp", "stage", "yield_"]
