"""`rlxflow bisect`: the first stage that two witnesses compute differently."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow.cli.module_file import open_module
from rlxflow.cli.output import check_target, deliver
from rlxflow.cli.run_inputs import add_input_arguments, read_archive, read_arguments
from rlxflow.cli.witness import RUNNERS, find_runner
from rlxflow.errors import InputError

if TYPE_CHECKING:
    from rlxflow.bisect.level import Level
    from rlxflow.bisect.search import Culprit
    from rlxflow.bisect.side import Arrays
    from rlxflow.ir.module import IrModule, Port

EPILOG = """One module is run by two witnesses (XLA and StableHLO's interpreter unless told
otherwise), or two modules with the same stages by one, or one module is compared with values that
were stored. Composites and calls count as stages; a module without any is searched by operation.

columns:
  max error, relative  of all that was computed so far
  alone                of the stage itself, on the inputs that the first witness computed
  introduces           differs on equal inputs; `inherits`: only because its inputs do

An error passes up to ATOL + RTOL * the largest value. Unless given, both are 1e-5 for f32, 2e-2 for
bf16, 2e-3 for f16, 1e-10 for f64, 0 for integers.

Exit codes: 0 nothing differs, 1 something does, 2 trouble.

examples:
  rlxflow bisect model.mlir --fill random:7 -o cut.mlir
  rlxflow-run cut.mlir --inputs cut.npz --witness interpreter
  rlxflow bisect good.mlir bad.mlir --inputs batch.npz --weights path/to/checkpoint
  rlxflow bisect model.mlir --inputs batch.npz --weights path/to/checkpoint --reference acts.npz
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("module", metavar="FILE", help=".mlir, .mlirbc or .vhlo")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="a second one, to compare with")
    parser.add_argument(
        "--witness", choices=RUNNERS, default="xla", help="what runs the module (default xla)"
    )
    parser.add_argument(
        "--against",
        choices=RUNNERS,
        help="what it is compared with (default interpreter; of two modules the same witness)",
    )
    parser.add_argument(
        "--reference", metavar="FILE", help="stored values by path of stage: .npz, .safetensors"
    )
    add_input_arguments(parser)
    parser.add_argument("--atol", type=_tolerance, metavar="X", help="absolute error that passes")
    parser.add_argument("--rtol", type=_tolerance, metavar="X", help="relative error that passes")
    parser.add_argument(
        "--max-bytes",
        type=float,
        default=2e9,
        metavar="N",
        help="what the values of one run may take; with less there are more runs (default 2e9)",
    )
    parser.add_argument("--device", default="cpu", help="cpu (default), gpu, tpu")
    parser.add_argument("--json", action="store_true", help="what was found, as JSON")
    parser.add_argument(
        "-o", "--output", metavar="CUT.mlir", help="write the culprit, and CUT.npz with its inputs"
    )


def run(arguments: argparse.Namespace) -> int:
    """Searches, writes what it found; returns 1 if something differs, else 0."""
    from rlxflow.bisect.deviation import Tolerance
    from rlxflow.bisect.report import text, to_dict
    from rlxflow.bisect.search import Search

    check_target(arguments.output)
    search = Search(Tolerance(arguments.atol, arguments.rtol), int(arguments.max_bytes))
    finding = search.run(_level(arguments))
    deliver(
        json.dumps(to_dict(finding)) + "\n" if arguments.json else text(finding),
        None,
    )
    if finding.culprit and arguments.output:
        _write(arguments, finding.culprit)
    return 1 if finding.culprit or finding.hidden else 0


def _tolerance(text: str) -> float:
    value = float(text)
    if not value >= 0:
        raise ValueError(text)
    return value


def _level(arguments: argparse.Namespace) -> Level:
    """Returns where the search begins: the whole of `main`."""
    from rlxflow.bisect.pair import PairLevel
    from rlxflow.bisect.side import Side
    from rlxflow.bisect.stored import StoredLevel

    _check(arguments)
    files = [arguments.module, *([arguments.other] if arguments.other else [])]
    modules = [_open(file) for file in files]
    arrays = read_arguments(arguments, _ports(modules, files))
    names = [arguments.witness, arguments.against or arguments.witness]
    if not arguments.other and not arguments.against:
        names[1] = "interpreter"
    runners = [find_runner(name, arguments.device) for name in names]
    first = Side(arguments.module, modules[0], runners[0])
    if arguments.reference:
        return StoredLevel(first, "", arrays, _stored(arguments.reference, modules[0]))
    return PairLevel((first, Side(files[-1], modules[-1], runners[1])), "", arrays)


def _check(arguments: argparse.Namespace) -> None:
    if arguments.reference and (arguments.other or arguments.against):
        found = arguments.other or f"--against {arguments.against}"
        raise InputError("--reference", expected="nothing else to compare with", found=found)
    if not arguments.other and not arguments.reference and arguments.against == arguments.witness:
        where, found = "--against", f"`{arguments.against}` for both"
        raise InputError(where, expected="two witnesses that differ, or two modules", found=found)


def _open(file: str) -> IrModule:
    from rlxflow.bisect.calls import calls_as_stages
    from rlxflow.ir.verifier import verify_rlx

    module = open_module(file)
    verify_rlx(module)
    return calls_as_stages(module)


def _ports(modules: list[IrModule], files: list[str]) -> list[Port]:
    """Returns the arguments of all modules by name; raises InputError if two have other shapes."""
    found: dict[str, Port] = {}
    for module, file in zip(modules, files, strict=True):
        for port in module.arguments():
            known = found.setdefault(port.name, port)
            if known.shape != port.shape:
                where = f"{file}: {port.kind} `{port.name}`"
                wanted = f"shape {list(known.shape)} as in {files[0]}"
                raise InputError(where, expected=wanted, found=f"{list(port.shape)}")
    return [*found.values()]


def _stored(file: str, module: IrModule) -> Arrays:
    from rlxflow.bisect.stored import unknown_names

    stored = read_archive(file, "--reference")
    for name in unknown_names(module, stored):
        print(f"{file}: `{name}` is no stage and no result; left out", file=sys.stderr)
    return stored


def _write(arguments: argparse.Namespace, culprit: Culprit) -> None:
    """Writes the modules and the inputs of a culprit beside each other."""
    target = Path(arguments.output)
    deliver(culprit.cut.modules[0].text(debug_info=True), str(target))
    deliver(_archive(culprit.cut.inputs), str(target.with_suffix(".npz")))
    if arguments.other:
        other = target.with_suffix(".other.mlir")
        deliver(culprit.cut.modules[1].text(debug_info=True), str(other))
    if arguments.reference:
        deliver(_archive(culprit.expected), str(target.with_suffix(".expected.npz")))


def _archive(arrays: Arrays) -> bytes:
    stream = io.BytesIO()
    plain: Any = dict(arrays)
    np.savez(stream, **plain)
    return stream.getvalue()
