"""Modules that came from elsewhere, as built models: names from their attributes, else by place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from rlxflow.config.profile import CompileProfile
from rlxflow.errors import FileError, FlowStructureError
from rlxflow.files import read_bytes
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.layer_forms import roll
from rlxflow.flow.params import param_specs, plan_of
from rlxflow.flow.shape import FlowInput, Shape
from rlxflow.ir.module import IrModule, Port
from rlxflow.weights import NameRules, open_weights


def from_mlir(
    source: IrModule | Path | str | bytes,
    *,
    name: str = "",
    weights: object = None,
    rules: NameRules | None = None,
    profile: CompileProfile | None = None,
) -> BuiltModel:
    """Returns a module as a built model; see `BuiltModel.from_mlir`."""
    module, title = _read(source)
    module.name_main()
    ports = module.arguments()
    for port in (*ports, *module.results()):
        if any(size < 0 for size in port.shape):
            raise FlowStructureError(
                f"{title}: {port.kind} `{port.name}`",
                expected="sizes that are known",
                found=f"{port.dtype}{['?' if n < 0 else n for n in port.shape]}",
                cure="specialise the module first; XLA takes static shapes only",
            )
    params = param_specs(ports)
    plan = None
    if weights is not None:
        opened = open_weights(cast("Mapping[str, object]", weights))
        plan = plan_of(ports, opened, rules or NameRules())
    states = {p.name: Shape(p.shape, p.dtype).type for p in ports if p.kind == "state"}
    outputs = {p.name: Shape(p.shape, p.dtype).type for p in module.results()}
    built = BuiltModel(
        name=name or module.name or title,
        module=module,
        inputs=tuple(_input(port) for port in ports if port.kind == "input"),
        params=params,
        states=states,
        plan=plan,
        profile=profile or CompileProfile(),
        outputs={name: type_ for name, type_ in outputs.items() if name not in states},
    )
    return roll(built)


def _input(port: Port) -> FlowInput:
    return FlowInput(port.name, Shape(port.shape, port.dtype), port.below)


def _read(source: IrModule | Path | str | bytes) -> tuple[IrModule, str]:
    """Returns the module and what to call it; a text with a brace in it is MLIR, not a path."""
    if isinstance(source, IrModule):
        return source.clone(), "module"
    if isinstance(source, bytes) or (isinstance(source, str) and "{" in source):
        return IrModule.parse(source), "module"
    path = Path(source)
    if not path.is_file():
        raise FileError(f"{path}", expected="an .mlir, .mlirbc or .vhlo file", found="none")
    return IrModule.parse(read_bytes(str(path)), str(path)), path.stem
