"""Checks a module and changes nothing: MLIR's own verifier, then the constraints of `rlx`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.module import IrModule
from rlxflow.ir.verifier import verify_rlx
from rlxflow.passes.base import Pass


@dataclass(frozen=True)
class Verify(Pass):
    """Checks the module; raises VerifyError for the first violation."""

    name: ClassVar[str] = "rlx-verify"

    def run(self, module: IrModule) -> None:
        module.verify()
        verify_rlx(module)
