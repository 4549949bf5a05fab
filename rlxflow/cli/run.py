"""`rlxflow run`: any StableHLO module on arrays from files."""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow import dtypes
from rlxflow.cli.exit_code import program
from rlxflow.cli.module_file import compile_file, open_module
from rlxflow.cli.output import check_target, deliver
from rlxflow.cli.profile_argument import add_profile_argument, read_profile
from rlxflow.cli.run_inputs import add_input_arguments, read_arguments
from rlxflow.cli.witness import Difference, differences, find_witness
from rlxflow.errors import InputError

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule

EPILOG = """Inputs are named as in the module's `rlx.input` attributes, else arg0, arg1, ...
Weights (`rlx.param` arguments) come from --weights; states (`rlx.state`) that are not given begin
empty, unless --fill makes them.

examples:
  rlxflow run add.mlir --input arg0=x.npy --input arg1=y.npy
  rlxflow run model.mlir --inputs batch.npz --weights path/to/checkpoint -o out.npz
  rlxflow run model.mlir --fill random:7 --witness interpreter
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("module", metavar="FILE", help=".mlir, .mlirbc, .vhlo or HLO text")
    add_input_arguments(parser)
    parser.add_argument(
        "--witness",
        choices=("none", "interpreter", "iree"),
        default="none",
        help="compare with StableHLO's reference interpreter or with IREE (default none)",
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=1e-4,
        metavar="X",
        help="the largest error that passes, relative to the largest value above 1 (default 1e-4)",
    )
    add_profile_argument(parser)
    parser.add_argument("--device", default="cpu", help="cpu (default), gpu, tpu")
    parser.add_argument("--json", action="store_true", help="what came out, as JSON")
    parser.add_argument("-o", "--output", metavar="FILE.npz", help="write all outputs by name")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command by itself, as `rlxflow-run`; returns the exit code."""
    from rlxflow.cli.main import Parser

    parser = Parser(prog="rlxflow-run", formatter_class=argparse.RawDescriptionHelpFormatter)
    configure(parser)
    parser.epilog = EPILOG.replace("rlxflow run", "rlxflow-run")

    def act() -> int:
        run(parser.parse_args(arguments))
        return 0

    return program(act, arguments)


def run(arguments: argparse.Namespace) -> None:
    """Compiles, runs, compares, and prints or writes the outputs."""
    check_target(arguments.output)
    module = open_module(arguments.module)
    ports = module.arguments()
    arrays = read_arguments(arguments, ports)
    weights = {port.name: arrays[port.name] for port in ports if port.kind == "param"}
    compiled = compile_file(
        arguments.module, module, weights, arguments.device, read_profile(arguments)
    )
    made = compiled(**{name: array for name, array in arrays.items() if name not in weights})
    results = {name: np.asarray(array) for name, array in made.items()}
    if arguments.output:
        stream = io.BytesIO()
        plain: Any = {name: _plain(array) for name, array in results.items()}
        np.savez(stream, **plain)
        deliver(stream.getvalue(), arguments.output)
    facts = [_describe(name, array) for name, array in results.items()]
    found = _compare(arguments, module, [arrays[port.name] for port in ports], results)
    if arguments.json:
        errors = [dataclasses.asdict(one) for one in found]
        pairs = zip(facts, errors, strict=True) if errors else ()
        facts = [fact | {"error": error} for fact, error in pairs] or facts
        deliver(json.dumps(facts) + "\n", None)
    elif found:
        deliver("".join(f"{one}\n" for one in found), None)
    elif not arguments.output:
        deliver("".join(_line(fact) for fact in facts), None)
    far = [one for one in found if not one.within(arguments.tolerance)]
    if far:
        witness = f"witness `{arguments.witness}`"
        expected = f"errors within {arguments.tolerance:g}"
        raise InputError(witness, expected=expected, found=str(max(far, key=_size)))


def _size(one: Difference) -> tuple[int, float]:
    return one.not_finite, one.relative


def _compare(
    arguments: argparse.Namespace,
    module: IrModule,
    arrays: Sequence[np.ndarray],
    results: Mapping[str, np.ndarray],
) -> list[Difference]:
    from rlxflow.passes.pipelines import to_level

    if arguments.witness == "none":
        return []
    lowered = module.clone()
    to_level(lowered, "stablehlo")
    return differences(find_witness(arguments.witness), lowered, arrays, results)


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


if __name__ == "__main__":
    sys.exit(main())
