"""Modules from files, as several commands take them: read, or compiled with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rlxflow.errors import FlowError
from rlxflow.files import read_bytes

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule
    from rlxflow.runtime.compiled import CompiledModel

SUFFIXES = (".mlir", ".mlirbc", ".vhlo")


def open_module(path: str) -> IrModule:
    """Returns the module of a file; its errors name the file."""
    from rlxflow.ir.module import IrModule

    module = IrModule.parse(read_bytes(path), path)
    try:
        module.arguments()
    except FlowError as error:
        error.within(f"in {path}")
        raise
    return module


def compile_file(
    path: str, module: IrModule, weights: str | Mapping[str, object] | None, device: str
) -> CompiledModel:
    """Returns the module of a file compiled.

    Weights are those of a checkpoint, of a .safetensors file, or arrays by name.
    """
    from rlxflow.inspect.stage_table import stage_table
    from rlxflow.passes.composite_to_call import CompositeToCall
    from rlxflow.passes.pipelines import to_level
    from rlxflow.runtime.compiled import DeviceWeights, compile_module
    from rlxflow.runtime.devices import find_device
    from rlxflow.weights import ParamSpec, make_plan, open_weights

    params = [ParamSpec(p.name, p.shape, p.dtype) for p in module.arguments() if p.kind == "param"]
    plan = None
    if weights and params:
        plan = make_plan(params, open_weights(weights), allow_unused=True)
    table = stage_table(module)
    lowered = module.clone()
    to_level(lowered, "stablehlo")
    CompositeToCall().run(lowered)
    placed = DeviceWeights(find_device(device))
    return compile_module(Path(path).stem, lowered, placed, plan, stages=lambda: table)
