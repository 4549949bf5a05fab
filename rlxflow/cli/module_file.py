"""Modules from files, as several commands take them: read, or compiled with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rlxflow.cli.supervise import doing, reading
from rlxflow.errors import FlowError, ParseError
from rlxflow.files import read_bytes

if TYPE_CHECKING:
    from rlxflow.config.profile import CompileProfile
    from rlxflow.ir.module import IrModule
    from rlxflow.runtime.compiled import CompiledModel

SUFFIXES = (".mlir", ".mlirbc", ".vhlo")


def open_module(path: str) -> IrModule:
    """Returns the module of a file, which has a main function; its errors name the file."""
    module = open_functions(path)
    try:
        module.arguments()
    except FlowError as error:
        error.within(f"in {path}")
        raise
    return module


def open_functions(path: str) -> IrModule:
    """Returns the module of a file, whatever functions it has; its errors name the file."""
    from rlxflow.ir.position import position
    from rlxflow.ir.reading import read_module
    from rlxflow.ir.unknown import unregistered

    data = read_bytes(path)
    with reading(path, len(data)):
        module = read_module(data, path)
    for location, message in unregistered(module.operation, allowed=False):
        place = position(location).removeprefix("-:")
        raise ParseError(f"{path}:{place}: {message.partition(';')[0]}")
    return module


def compile_file(
    path: str,
    module: IrModule,
    weights: str | Mapping[str, object] | None,
    device: str,
    profile: CompileProfile | None = None,
) -> CompiledModel:
    """Returns the module of a file compiled.

    Weights are those of a checkpoint, of a .safetensors file, or arrays by name.
    """
    from rlxflow.flow.adopt import from_mlir
    from rlxflow.flow.params import plan_of
    from rlxflow.weights import open_weights

    doing(f"{path}: compiling it")
    built = from_mlir(module, name=Path(path).stem, profile=profile)
    if weights and built.params:
        ports = built.module.arguments()
        plan = plan_of(ports, open_weights(weights), allow_unused=True)
        built = replace(built, plan=plan)
    return built.compile(device)
