"""Compiled models in files: the module, the machine code, and what both are; no weights.

A file is an archive of `manifest.json`, `module.vhlo` (a portable StableHLO artifact) and
`executable.bin` (XLA's own form of the machine code). The code is used where device and versions
are those it was made for; elsewhere the module is compiled again.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import jax
from jaxlib import xla_client

from rlxflow.config.cache_folder import FORMAT, MANIFEST, read_manifest
from rlxflow.errors import ParseError
from rlxflow.files import write_atomically
from rlxflow.flow.manifest import manifest
from rlxflow.flow.params import plan_of
from rlxflow.inspect.source import Source
from rlxflow.ir.module import IrModule
from rlxflow.kernels.ffi import register_kernels
from rlxflow.passes.kernel_calls import kernels_of
from rlxflow.passes.mlir_pass import MlirPass
from rlxflow.passes.pipeline import Pipeline
from rlxflow.runtime.compiled import CompiledModel, DeviceWeights, compile_module
from rlxflow.runtime.devices import Device, find_device
from rlxflow.runtime.loaded import LoadedProgram
from rlxflow.runtime.primitive import BoundModule
from rlxflow.runtime.program_key import fingerprint
from rlxflow.weights import NameRules, WeightPlan, open_weights

LOG = logging.getLogger("rlxflow.cache")
MODULE, CODE = "module.vhlo", "executable.bin"


def save_program(model: CompiledModel, path: str | Path, key: str = "") -> Path:
    """Writes a compiled model; see `CompiledModel.save`."""
    device = model.weights.device
    module = IrModule.parse(model.bound.text, model.name)
    facts = {
        "format": FORMAT,
        "name": model.name,
        "key": key,
        "fingerprint": fingerprint(device),
        "options": dict(model.options),
        "module": asdict(manifest(model.name, module)),
    }
    Pipeline([MlirPass("func.func(chlo-legalize-to-stablehlo)")]).run(module)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(MANIFEST, json.dumps(facts, indent=2))
        archive.writestr(MODULE, module.portable())
        archive.writestr(CODE, _machine_code(model))
    return write_atomically(path, stream.getvalue())


def _machine_code(model: CompiledModel) -> bytes:
    program = model.program
    if isinstance(program, LoadedProgram):
        return program.serialize()
    executable: Any = program.runtime_executable()
    return executable.serialize()


def load_program(
    path: str | Path,
    weights: object = None,
    device: object = None,
    rules: NameRules | None = None,
) -> CompiledModel:
    """Reads a compiled model; see `CompiledModel.load`."""
    where = Path(path)
    facts = read_manifest(where)
    try:
        with zipfile.ZipFile(where) as archive:
            source, code = archive.read(MODULE), archive.read(CODE)
        module = IrModule.parse(source, f"{where}")
        name, made, options = facts["name"], facts["fingerprint"], facts["options"]
        platform = made["platform"]
    except (KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ParseError(f"{where}", expected="a whole program", found=str(error)) from None
    placed = DeviceWeights(find_device(platform if device is None else device))
    plan = _plan(module, weights, rules)
    register_kernels(kernels_of(module), f"{where}")
    if made == fingerprint(placed.device):
        program = _revive(code, placed.device, f"{where}")
        if program is not None:
            bound = BoundModule(name, module)
            made_from = Source.of_module(module)
            return CompiledModel(name, bound, None, program, placed, plan, made_from, options)
    LOG.info("%s: made for another device or version; compiled again", where)
    return compile_module(name, module, placed, plan, options)


def _revive(code: bytes, device: Device, where: str) -> LoadedProgram | None:
    """Returns the program of machine code, or None if this runtime does not take it."""
    devices = xla_client.DeviceList((device,))
    try:
        made = device.client.deserialize_executable(code, devices, xla_client.CompileOptions())
    except jax.errors.JaxRuntimeError as error:
        LOG.info("%s: %s; compiled again", where, str(error).splitlines()[0])
        return None
    return LoadedProgram(made, device)


def _plan(module: IrModule, weights: object, rules: NameRules | None) -> WeightPlan | None:
    if weights is None:
        return None
    source = open_weights(cast("Mapping[str, object]", weights))
    return plan_of(module.arguments(), source, rules or NameRules(), allow_unused=True)
