"""A second opinion on what a module computes: the reference interpreter, or IREE."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow.bisect.deviation import Difference, compare
from rlxflow.errors import CompileError

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule

Witness = Callable[["IrModule", Sequence[np.ndarray]], list[np.ndarray]]
Arrays = Mapping[str, np.ndarray]


RUNNERS = ("xla", "interpreter", "iree")
"""What can run a module."""


def find_runner(name: str, device: str) -> Callable[[IrModule, Arrays], Arrays]:
    """Returns what runs a module of stages for arrays by name; says so if it takes a while."""
    act = (lambda m, a: _xla(m, a, device)) if name == "xla" else _by_witness(find_witness(name))

    def run(module: IrModule, arrays: Arrays) -> Arrays:
        begin = time.monotonic()
        made = act(module, arrays)
        if (seconds := time.monotonic() - begin) > 1:
            print(f"{name}: {len(made)} values in {seconds:.1f} s", file=sys.stderr, flush=True)
        return made

    return run


def _xla(module: IrModule, arrays: Arrays, device: str) -> Arrays:
    from rlxflow.cli.module_file import compile_file

    made = compile_file("module", module, None, device)(**arrays)
    return {name: np.asarray(array) for name, array in made.items()}


def _by_witness(witness: Witness) -> Callable[[IrModule, Arrays], Arrays]:
    from rlxflow.passes.pipelines import to_level

    def act(module: IrModule, arrays: Arrays) -> Arrays:
        lowered = module.clone()
        to_level(lowered, "stablehlo")
        made = witness(lowered, [arrays[port.name] for port in module.arguments()])
        return dict(zip([port.name for port in module.results()], made, strict=True))

    return act


def find_witness(name: str) -> Witness:
    """Returns a witness by name: `interpreter` or `iree`."""
    from rlxflow.ir.interpreter import interpret

    return {"interpreter": interpret, "iree": _iree}[name]


def differences(
    witness: Witness,
    module: IrModule,
    arrays: Sequence[np.ndarray],
    found: Mapping[str, np.ndarray],
) -> list[Difference]:
    """Returns for each output how far it is from what a witness makes of the same arguments."""
    wanted = witness(module, arrays)
    pairs = zip(found.items(), wanted, strict=True)
    return [compare(name, array, other) for (name, array), other in pairs]


def _iree(module: IrModule, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Returns the results of IREE's CPU compiler."""
    try:
        from iree import compiler, runtime  # pyright: ignore
    except ImportError:
        raise CompileError(
            "witness `iree`",
            expected="IREE",
            found="none installed",
            cure="pip install iree-base-compiler iree-base-runtime",
        ) from None
    tools: Any = compiler
    vm: Any = runtime
    options = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu"]
    try:
        binary = tools.compile_str(
            module.text(),
            input_type="stablehlo",
            extra_args=[*options, "--iree-llvmcpu-target-cpu=host"],
        )
    except tools.CompilerToolError as error:
        lines = [line for line in str(error).splitlines() if "error:" in line]
        raise CompileError("witness `iree`", found=(lines or ["a refusal"])[0]) from None
    loaded: Any = vm.load_vm_flatbuffer(binary, driver="local-task")
    made = loaded[module.main.name.value](*arrays)
    results: Any = made if isinstance(made, (list, tuple)) else [made]
    return [np.asarray(result.to_host()) for result in results]
