"""What is fuzzed: good files, and what one damaged file is given to.

A target may raise FlowError for a damaged file, and nothing else; it must end soon.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import NamedTuple

from lib import corpus

from rlxflow.errors import FlowError
from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import summary
from rlxflow.ir.verifier import violations
from rlxflow.passes.parse import parse_pipeline
from rlxflow.testing.programs import find_rlx_opt

PASSES = (
    "rlx-outline-stages",
    "rlx-lower-stage-modes{layers=call}",
    "rlx-roll-layers",
    "rlx-strip",
)
NATIVE_PASSES = ("outline-stages", "inline-stages", "lower-stage-modes", "strip")


class Target(NamedTuple):
    """Good files, and the reader."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes], object]


def read_module(data: bytes) -> None:
    """Reads a module as every program does, looks at it from all sides, and runs our passes."""
    module = IrModule.parse(data, "case")
    if violations(module):
        return
    for look in (module.arguments, module.results, lambda: summary(module)):
        _allow_flow_errors(look)
    module.text(debug_info=True)
    module.bytecode()
    for name in PASSES:
        copy = module.clone()
        _allow_flow_errors(lambda name=name, copy=copy: parse_pipeline(name).run(copy))


def _allow_flow_errors(action: Callable[[], object]) -> None:
    try:
        action()
    except FlowError:
        return


def read_natively(data: bytes) -> None:
    """Gives a module to rlx-opt, with each of its passes and with all canonicalisations."""
    for one in (*(f"--rlx-{name}" for name in NATIVE_PASSES), "--canonicalize"):
        command = [str(find_rlx_opt()), "--allow-unregistered-dialect", one, "-"]
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=10)
        if done.returncode not in (0, 1) or b"MLIR ended the process" in done.stderr:
            raise ProgramError(done.returncode, one, done.stderr)
        if done.returncode == 1:
            return


class ProgramError(Exception):
    """A program crashed; its class name and message are what tells findings apart."""

    def __init__(self, code: int, option: str, log: bytes) -> None:
        text = log.decode(errors="replace")
        named = [line for line in text.splitlines() if "SUMMARY" in line or "Assertion" in line]
        super().__init__(f"rlx-opt {option} ended with {code}: {named[:1] or text[-300:]}")


def read_hlo(data: bytes) -> None:
    """Makes the ledger of optimised HLO as text."""
    from rlxflow.inspect.build import ledger_of_text

    ledger_of_text(data.decode(errors="replace"), "case").to_json()


TARGETS = {
    "text": Target(corpus.texts, read_module),
    "bytecode": Target(corpus.bytecodes, read_module),
    "artifact": Target(corpus.artifacts, read_module),
    "hlo": Target(corpus.hlo_texts, read_hlo),
    "native": Target(corpus.generic_texts, read_natively),
    "native-bytecode": Target(corpus.bytecodes, read_natively),
}
