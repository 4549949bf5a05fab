"""The forms in which `rlxflow-opt` writes a module: `--emit=KIND`."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.errors import InputError
from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import summary

KINDS = {
    "mlir": "MLIR text (the default)",
    "generic": "MLIR text in the generic form, which rlx-opt and other tools read",
    "mlirbc": "MLIR bytecode for this jaxlib",
    "vhlo": "a portable artifact; --target-version says for which StableHLO",
    "hlo": "HLO text as XLA would get it; nothing is compiled",
    "summary": "one line a stage: path, block, types, weights, operations",
    "dot": "the stages and the values between them, for Graphviz",
}
BINARY = {"mlirbc", "vhlo"}
_ENDINGS = {".mlirbc": "mlirbc", ".vhlo": "vhlo", ".hlo": "hlo", ".dot": "dot"}


def kind_for(target: str) -> str:
    """Returns the kind that the name of an output file asks for."""
    return next((kind for end, kind in _ENDINGS.items() if target.endswith(end)), "mlir")


@dataclass(frozen=True, slots=True)
class Form:
    """A form and what goes with it.

    Attributes:
        kind: One of `KINDS`.
        debug_info: Whether MLIR text has locations; the other forms have them if they can.
        target_version: Of StableHLO, for a portable artifact.
    """

    kind: str = "mlir"
    debug_info: bool = False
    target_version: str | None = None

    def __post_init__(self) -> None:
        if self.target_version and self.kind != "vhlo":
            expected = "--emit=vhlo with --target-version"
            raise InputError("arguments", expected=expected, found=f"--emit={self.kind}")

    def render(self, module: IrModule) -> str | bytes:
        """Returns the module in this form; raises FlowError if the form cannot hold it."""
        match self.kind:
            case "mlirbc":
                return module.bytecode()
            case "vhlo":
                return module.portable(self.target_version)
            case "hlo":
                from rlxflow.ir.hlo import to_hlo

                return to_hlo(module)
            case "summary":
                return summary(module)
            case "dot":
                from rlxflow.inspect.stage_dot import stage_dot

                return stage_dot(module)
            case _:
                return module.text(debug_info=self.debug_info, generic=self.kind == "generic")
