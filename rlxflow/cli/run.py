"""`rlxflow run`: any StableHLO module on arrays from files."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow import dtypes
from rlxflow.cli.module_file import compile_file, open_module
from rlxflow.cli.output import check_target, deliver
from rlxflow.errors import FileError, InputError, did_you_mean

if TYPE_CHECKING:
    from rlxflow.ir.module import Port

EPILOG = """Inputs are named as in the module's `rlx.input` attributes, else arg0, arg1, ...
Weights (`rlx.param` arguments) come from --weights; states (`rlx.state`) that are not given begin
empty.

examples:
  rlxflow run add.mlir --input arg0=x.npy --input arg1=y.npy
  rlxflow run model.mlir --inputs batch.npz --weights path/to/checkpoint -o out.npz
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("module", metavar="FILE", help=".mlir, .mlirbc or .vhlo")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--inputs", metavar="FILE.npz", help="several inputs by name")
    parser.add_argument("--weights", metavar="PATH", help="checkpoint folder or .safetensors file")
    parser.add_argument("--device", default="cpu", help="cpu (default), gpu, tpu")
    parser.add_argument("--json", action="store_true", help="what came out, as JSON")
    parser.add_argument("-o", "--output", metavar="FILE.npz", help="write all outputs by name")


def run(arguments: argparse.Namespace) -> None:
    """Compiles, runs, and prints or writes the outputs."""
    check_target(arguments.output)
    module = open_module(arguments.module)
    inputs = _read_inputs(arguments)
    ports = module.arguments()
    _check_names(inputs, [port for port in ports if port.kind != "param"])
    compiled = compile_file(arguments.module, module, arguments.weights, arguments.device)
    fitted = {p.name: _fit(inputs[p.name], p) for p in ports if p.name in inputs}
    made = compiled(**{**compiled.new_states(), **fitted})
    results = {name: np.asarray(array) for name, array in made.items()}
    if arguments.output:
        stream = io.BytesIO()
        plain: Any = {name: _plain(array) for name, array in results.items()}
        np.savez(stream, **plain)
        deliver(stream.getvalue(), arguments.output)
    facts = [_describe(name, array) for name, array in results.items()]
    if arguments.json:
        deliver(json.dumps(facts) + "\n", None)
    elif not arguments.output:
        deliver("".join(_line(fact) for fact in facts), None)


def _read_inputs(arguments: argparse.Namespace) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    if arguments.inputs:
        archive = _load(arguments.inputs)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise InputError("--inputs", expected="a .npz archive", found=arguments.inputs)
        found.update({name: archive[name] for name in archive.files})
    for item in arguments.input:
        name, equals, file = item.partition("=")
        if not equals:
            raise InputError("--input", expected="NAME=FILE.npy", found=f"`{item}`")
        if name in found:
            raise InputError("--input", expected="names that differ", found=f"two of `{name}`")
        array = _load(file)
        if not isinstance(array, np.ndarray):
            raise InputError(f"--input {name}", expected="a .npy file", found=file)
        found[name] = array
    return found


def _load(file: str) -> Any:
    """Returns an array or archive; files that hold Python objects are refused."""
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(file, expected="a .npy or .npz file", found=str(error)) from None


def _check_names(inputs: dict[str, np.ndarray], ports: list[Port]) -> None:
    names = [port.name for port in ports]
    for name in inputs:
        if name not in names:
            known = ", ".join(names) or "none"
            cure = did_you_mean(name, names)
            raise InputError(f"input `{name}`", expected=f"inputs {known}", found=name, cure=cure)
    missing = [str(port) for port in ports if port.kind == "input" and port.name not in inputs]
    if missing:
        raise InputError(
            "run", expected="--input for each argument", found=f"no {'; '.join(missing)}"
        )


def _fit(array: np.ndarray, port: Port) -> np.ndarray:
    """Returns the array in the argument's element type where .npy cannot say it (bf16, f8)."""
    wanted = dtypes.to_numpy(port.dtype)
    if array.dtype.kind == "V" and array.dtype.itemsize == wanted.itemsize:
        return array.view(wanted)
    return array


def _plain(array: np.ndarray) -> np.ndarray:
    """Returns the array as a type that .npz can hold: bf16 and f8 as f32, which is exact."""
    return array if array.dtype.kind in "fiub" else array.astype(np.float32)


def _describe(name: str, array: np.ndarray) -> dict[str, object]:
    wide = _plain(array).astype(np.float64).ravel()
    finite = wide[np.isfinite(wide)]
    facts: dict[str, object] = {
        "name": name,
        "dtype": dtypes.from_numpy(array.dtype),
        "shape": list(array.shape),
        "not_finite": int(wide.size - finite.size),
        "first": [float(v) for v in wide[:6]],
    }
    if finite.size:
        facts |= {"min": finite.min(), "max": finite.max(), "mean": finite.mean()}
    return facts


def _line(fact: dict[str, Any]) -> str:
    first = ", ".join(f"{value:.6g}" for value in fact["first"])
    more = ", ..." if np.prod(fact["shape"]) > len(fact["first"]) else ""
    spread = (
        f" min {fact['min']:.6g} max {fact['max']:.6g} mean {fact['mean']:.6g}"
        if "min" in fact
        else ""
    )
    bad = f" NOT FINITE: {fact['not_finite']}" if fact["not_finite"] else ""
    return f"{fact['name']}: {fact['dtype']}{fact['shape']}{spread}{bad} [{first}{more}]\n"
