"""Passes of jaxlib's own MLIR (`cse`, `canonicalize`, `stablehlo-...`) behind our interface."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rlxflow.errors import PassError
from rlxflow.ir.bindings import ir, new_context, passmanager
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.passes.base import Pass, option

KNOWN = (
    *("canonicalize", "cse", "inline", "sccp", "strip-debuginfo", "symbol-dce"),
    *("symbol-privatize", "loop-invariant-code-motion", "remove-dead-values", "topological-sort"),
    *("chlo-legalize-to-stablehlo", "stablehlo-canonicalize-dynamism"),
    *("stablehlo-compatibility-expander", "stablehlo-complex-math-expander"),
    *("stablehlo-convert-to-signless", "stablehlo-legalize-composite-to-call"),
    *("stablehlo-legalize-deprecated-ops", "stablehlo-legalize-qdq-to-quantized-op"),
    *("stablehlo-legalize-quant-to-math", "stablehlo-legalize-to-vhlo"),
    *("stablehlo-refine-arguments", "stablehlo-refine-shapes", "stablehlo-wrap-in-composite"),
    *("vhlo-legalize-to-stablehlo", "vhlo-to-version"),
)
"""The passes worth a mention; every other pass that jaxlib has works too."""


@dataclass(frozen=True)
class MlirPass(Pass):
    """A pipeline of jaxlib as one pass. A pass that runs on functions only is nested by itself."""

    name: ClassVar[str] = "mlir"
    pipeline: str = option("", "one element of an MLIR pipeline: `cse`, `func.func(canonicalize)`")

    def __post_init__(self) -> None:
        with new_context():
            self._manager()

    @property
    def title(self) -> str:
        return re.sub(r"\{.*?\}", "", self.pipeline)

    def __str__(self) -> str:
        return self.pipeline

    def run(self, module: IrModule) -> None:
        """Runs it; refused where MLIR would end the process.

        Its inliner does so on operations that it does not know and that hold regions.
        """
        left = stages(module) if re.search(r"\binline\b", self.pipeline) else []
        if left:
            raise PassError(
                f"pass `{self}`",
                expected="a module without stages",
                found=f"stage `{left[0].path}`",
                cure="run rlx-inline-stages or rlx-lower-stage-modes first",
            )
        with module.context:
            try:
                self._manager().run(module.operation)
            except ir.MLIRError as error:
                first = next((d.message for d in error.error_diagnostics), str(error))
                raise PassError(f"pass `{self}`", found=f"a failure: {first}") from None

    def _manager(self) -> passmanager.PassManager:
        complaint = ""
        for nested in (self.pipeline, f"func.func({self.pipeline})"):
            try:
                return passmanager.PassManager.parse(f"builtin.module({nested})")
            except ValueError as error:
                complaint = complaint or str(error)
            if "restricted to 'func.func'" not in complaint:
                break
        lines = [line for line in complaint.splitlines() if line.strip(" ^")]
        reason = re.sub(r"^.*?error: ", "", lines[0]) if lines else "an unknown error"
        raise PassError(f"pipeline `{self.pipeline}`", found=reason)
