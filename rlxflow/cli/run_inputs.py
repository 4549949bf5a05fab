"""What `rlxflow run` hands to a module: arrays from files, or made by a rule."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import FileError, InputError, WeightError, did_you_mean

if TYPE_CHECKING:
    from rlxflow.ir.module import Port

FILLS = ("random", "iota", "ones", "zeros")
Arrays = dict[str, np.ndarray]


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what a module is run on."""
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--inputs", metavar="FILE", help="inputs by name: .npz or .safetensors")
    parser.add_argument("--weights", metavar="PATH", help="checkpoint folder or .safetensors file")
    parser.add_argument(
        "--fill",
        type=parse_fill,
        metavar="RULE",
        help="make what is not given: random, random:SEED, iota, ones, zeros",
    )


def read_arguments(arguments: argparse.Namespace, ports: Sequence[Port]) -> dict[str, np.ndarray]:
    """Returns all arguments of the module by name, weights included."""
    from rlxflow.flow.params import param_specs, plan_of
    from rlxflow.weights import open_weights

    params = param_specs(ports)
    given = _given(arguments)
    if not params or (arguments.fill and not arguments.weights):
        return complete(given, ports, arguments.fill)
    rest = complete(given, [port for port in ports if port.kind != "param"], arguments.fill)
    if not arguments.weights:
        raise WeightError(
            f"weight `{params[0].name}`",
            expected="weights",
            found="none",
            cure="give --weights, or --fill random",
        )
    plan = plan_of(ports, open_weights(arguments.weights), allow_unused=True)
    return rest | {param.name: plan.read(param.name) for param in params}


def _given(arguments: argparse.Namespace) -> Arrays:
    """Returns the arrays of `--inputs` and `--input`, by name."""
    found: Arrays = dict(read_archive(arguments.inputs)) if arguments.inputs else {}
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


def read_archive(file: str, where: str = "--inputs") -> Mapping[str, np.ndarray]:
    if Path(file).suffix == ".safetensors":
        from rlxflow.weights import open_weights

        source = open_weights(file)
        return {name: source.read(name) for name in source.names()}
    archive = _load(file)
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise InputError(where, expected="a .npz archive or .safetensors file", found=file)
    return {name: archive[name] for name in archive.files}


def _load(file: str) -> Any:
    """Returns an array or archive; files that hold Python objects are refused."""
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(file, expected="a .npy or .npz file", found=str(error)) from None


def complete(inputs: Arrays, ports: Sequence[Port], fill: str | None) -> Arrays:
    """Returns an array for each port, as its element type; those not given are made by `fill`.

    Raises InputError for a name that is no port, and for an input that nothing gives.
    """
    names = [port.name for port in ports]
    for name in inputs:
        if name not in names:
            known, cure = ", ".join(names) or "none", did_you_mean(name, names)
            raise InputError(f"input `{name}`", expected=f"inputs {known}", found=name, cure=cure)
    missing = [port for port in ports if port.name not in inputs]
    if missing and fill is None and any(port.kind == "input" for port in missing):
        none = "; ".join(str(port) for port in missing if port.kind == "input")
        raise InputError("run", expected="--input for each argument, or --fill", found=f"no {none}")
    made = {port.name: _affordable(port, fill) for port in missing}
    return {
        name: _fit(inputs[name], p) for name, p in zip(names, ports, strict=True) if name in inputs
    } | made


def _fit(array: np.ndarray, port: Port) -> np.ndarray:
    """Returns the array in the argument's element type where .npy cannot say it (bf16, f8)."""
    wanted = dtypes.to_numpy(port.dtype)
    if array.dtype.kind == "V" and array.dtype.itemsize == wanted.itemsize:
        return array.view(wanted)
    return array


def parse_fill(text: str) -> str:
    """Returns the rule of `--fill` if it is one; raises ArgumentTypeError otherwise."""
    rule, colon, seed = text.partition(":")
    if rule not in FILLS or (colon and (rule != "random" or not seed.isdecimal())):
        raise argparse.ArgumentTypeError(
            f"expected {', '.join(FILLS)} or random:SEED, found {text}"
        )
    return text


def _affordable(port: Port, fill: str | None) -> np.ndarray:
    """Returns what `_made` does; raises InputError if the memory does not hold it."""
    try:
        return _made(port, fill)
    except (MemoryError, ValueError, OverflowError):
        expected = "an array that the memory holds"
        raise InputError(f"input `{port.name}`", expected=expected, found=str(port)) from None


def _made(port: Port, fill: str | None) -> np.ndarray:
    """Returns an array for a port that was not given; states that have no rule begin empty.

    `random`: floats from a normal distribution, weights a tenth of that, integers from 0 to the
    port's limit (or 1); each array depends on the seed and the port's name alone. `iota`: 0, 1, 2,
    ... in row order, floats divided by the number of elements, integers modulo the limit.
    """
    dtype, count = dtypes.to_numpy(port.dtype), int(np.prod(port.shape, dtype=np.int64))
    rule, _, seed = (fill or "zeros").partition(":")
    whole = port.dtype not in dtypes.FLOATS
    limit = port.below or 2
    if rule == "random":
        draw = np.random.default_rng([int(seed or 0), *port.name.encode()])
        scale = 0.1 if port.kind == "param" else 1.0
        flat = draw.integers(0, limit, count) if whole else draw.normal(0, scale, count)
    elif rule == "iota":
        steps = np.arange(count)
        flat = steps % limit if whole else steps / max(count, 1)
    else:
        flat = np.full(count, float(rule == "ones"))
    return flat.astype(dtype).reshape(port.shape)
