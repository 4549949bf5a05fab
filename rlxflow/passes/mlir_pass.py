"""Passes of jaxlib's own MLIR (`cse`, `canonicalize`, `stablehlo-...`) behind our interface."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rlxflow.errors import PassError
from rlxflow.ir.bindings import func, ir, new_context, passmanager
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.passes.base import Pass, option

KNOWN = {
    "canonicalize": "bring operations to their simplest form",
    "control-flow-sink": "move what only one branch needs into that branch",
    "cse": "compute equal things once",
    "inline": "replace calls by the bodies of their functions; needs a module without stages",
    "loop-invariant-code-motion": "move out of loops what does not change in them",
    "print-op-stats": "print on standard error how often each operation is there",
    "remove-dead-values": "drop arguments, results and operations that nobody needs",
    "sccp": "follow constants through branches and calls",
    "snapshot-op-locations": "make lines of the printed module the locations",
    "strip-debuginfo": "forget locations",
    "symbol-dce": "drop private functions that nobody uses",
    "symbol-privatize": "make functions private",
    "topological-sort": "put operations after what they use",
    "view-op-graph": "print operations as a graph for Graphviz",
    "chlo-legalize-to-stablehlo": "lower CHLO, such as `chlo.erf`, to StableHLO",
    "shape-legalize-to-stablehlo": "lower computations of shapes to StableHLO",
    "stablehlo-canonicalize-dynamism": "replace dynamic operations whose shapes are known",
    "stablehlo-check-shape-assertions": "check the assertions about shapes that exporters leave",
    "stablehlo-compatibility-expander": "replace operations that an older version lacks; target=",
    "stablehlo-complex-math-expander": "replace functions of complex numbers",
    "stablehlo-convert-to-signless": "make signed and unsigned integers signless",
    "stablehlo-legalize-composite-to-call": "replace composites by calls of their bodies",
    "stablehlo-legalize-deprecated-ops": "replace operations that StableHLO gives up",
    "stablehlo-legalize-qdq-to-quantized-op": "join quantize and dequantize with what is between",
    "stablehlo-legalize-quant-to-math": "replace quantised operations by integer arithmetic",
    "stablehlo-legalize-quantized-op-to-qdq": "split quantised operations",
    "stablehlo-legalize-to-linalg": "lower StableHLO to linalg on tensors",
    "stablehlo-legalize-to-vhlo": "lower StableHLO to VHLO",
    "stablehlo-refine-arguments": "give arguments of `main` static types; types=",
    "stablehlo-refine-shapes": "carry static shapes through the module",
    "stablehlo-wrap-in-composite": "put single operations into composites; op=",
    "vhlo-legalize-to-stablehlo": "raise VHLO to StableHLO",
    "vhlo-to-version": "change VHLO to another version; target=",
}
"""The passes worth a mention, with what they do; every other pass that jaxlib has works too."""


_CRASHES_ON_STAGES = re.compile(
    r"(?<![\w-])(?:inline|remove-dead-values|stablehlo-legalize-to-linalg"
    r"|sdy-resolve-permutation-factors|sdy-[\w-]*-propagate|sdy-propagation-pipeline)(?![\w-])"
)
"""Those that end the process on operations that they do not know and that hold regions."""

_CRASHES_WITHOUT_MAIN = re.compile(r"(?<![\w-])sdy-[\w-]+")


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
        """Runs it; refused where MLIR would end the process."""
        self._check(module)
        with module.context:
            try:
                self._manager().run(module.operation)
            except ir.MLIRError as error:
                first = next((d.message for d in error.error_diagnostics), str(error))
                raise PassError(f"pass `{self}`", found=f"a failure: {first}") from None

    def _check(self, module: IrModule) -> None:
        """Raises PassError for a module that the pass is known to end the process on."""
        found = _CRASHES_ON_STAGES.search(self.pipeline)
        if found and (left := stages(module)):
            raise PassError(
                f"pass `{found[0]}`",
                expected="a module without stages",
                found=f"stage `{left[0].path}`",
                cure="run rlx-inline-stages or rlx-lower-stage-modes first",
            )
        found = _CRASHES_WITHOUT_MAIN.search(self.pipeline)
        functions = [op for op in module.module.body.operations if isinstance(op, func.FuncOp)]
        if found and not any(function.name.value == "main" for function in functions):
            raise PassError(f"pass `{found[0]}`", expected="a function `main`", found="none")

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
