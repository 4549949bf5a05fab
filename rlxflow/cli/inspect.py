"""`rlxflow inspect`: what each stage of a compiled module costs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rlxflow.cli.model_arguments import add_model_arguments, build_model, size
from rlxflow.cli.module_file import SUFFIXES, compile_file, open_module
from rlxflow.cli.output import check_target, deliver
from rlxflow.cli.profile_argument import read_profile
from rlxflow.errors import InputError
from rlxflow.files import read_bytes

if TYPE_CHECKING:
    from rlxflow.inspect.compare import Snapshot
    from rlxflow.inspect.ledger import Ledger
    from rlxflow.runtime.compiled import CompiledModel

SORTS = ("schedule", "time", "bytes", "flops", "temporaries", "weights")
HLO_SUFFIXES = (".hlo", ".txt")

EPILOG = """Takes a checkpoint; a module that `rlxflow emit` or another compiler wrote; or optimised
HLO as text, of which no totals of XLA's own are known.

columns:
  kernels, fusions  instructions that run, and those of them that XLA fused
  FLOP              additions and multiplications
  read, written     bytes at the borders of kernels
  FLOP/B            operations a byte
  weights, states   bytes of the arguments that the stage uses
  temporaries       bytes of values that it makes for others
  predicted         time by the roofline of this machine, whose rates are measured once
  measured          with --measure: share of the time that the profiler saw

examples:
  rlxflow inspect path/to/checkpoint --no-weights --seq 128 --depth 1
  rlxflow inspect path/to/model --phase decode --context 512 --measure --sort time
  rlxflow inspect model.mlir --json -o before.json
  rlxflow inspect model.mlir --against before.json --limit bytes=5% --limit peak=0%
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("source", metavar="DIR|FILE", help="a checkpoint, a module, or HLO text")
    add_model_arguments(parser)
    parser.add_argument("--weights", metavar="PATH", help="of a module's parameters, to measure it")
    parser.add_argument("--device", default="cpu", help="cpu (default), gpu, tpu")
    parser.add_argument("--depth", type=size, help="names of a path to tell apart; all stages")
    parser.add_argument("--sort", choices=SORTS, default="schedule", help="the dearest first")
    parser.add_argument("--measure", action="store_true", help="run it under the profiler")
    parser.add_argument("--probe", action="store_true", help="measure the machine again")
    parser.add_argument(
        "--against", metavar="B", help="show what changed since B: as SOURCE, or a ledger's JSON"
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NUMBER=PERCENT",
        help="with --against: fail if bytes, flops, peak, ... of any stage grow by more",
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("-o", "--output", metavar="FILE", help="standard output if not given")


def run(arguments: argparse.Namespace) -> None:
    """Prints the ledger, or what changed."""
    check_target(arguments.output)
    if arguments.limit and not arguments.against:
        raise InputError("--limit", expected="--against as well", found="none")
    if arguments.against:
        _compare(arguments)
        return
    ledger = _ledger(arguments, arguments.source)
    if arguments.json:
        text = ledger.to_json(arguments.depth, arguments.sort) + "\n"
    else:
        from rlxflow.inspect.ledger_text import ledger_text

        text = ledger_text(ledger, arguments.depth, arguments.sort)
    deliver(text, arguments.output)


def _compare(arguments: argparse.Namespace) -> None:
    from rlxflow.inspect.compare import Comparison, parse_limits

    limits = parse_limits(arguments.limit)
    before = _snapshot(arguments, arguments.against)
    comparison = Comparison(before, _snapshot(arguments, arguments.source))
    text = comparison.to_json() + "\n" if arguments.json else comparison.markdown()
    deliver(text, arguments.output)
    comparison.check(limits)


def _snapshot(arguments: argparse.Namespace, name: str) -> Snapshot:
    from rlxflow.inspect.compare import Snapshot

    if Path(name).suffix == ".json":
        return Snapshot.from_path(name, read_bytes(name), arguments.depth)
    return Snapshot.of(_ledger(arguments, name), arguments.depth)


def _ledger(arguments: argparse.Namespace, name: str) -> Ledger:
    source = Path(name)
    if source.suffix in HLO_SUFFIXES:
        from rlxflow.inspect.build import make_ledger

        text = read_bytes(source).decode(errors="replace")
        return make_ledger(text, str(source))
    compiled = _compiled(arguments, source)
    if arguments.probe:
        from rlxflow.runtime.machine import this_machine

        this_machine(compiled.weights.device, again=True)
    return compiled.ledger(measure=arguments.measure)


def _compiled(arguments: argparse.Namespace, source: Path) -> CompiledModel:
    if source.suffix in SUFFIXES:
        module = open_module(str(source))
        return compile_file(
            str(source),
            module,
            arguments.weights,
            arguments.device,
            read_profile(arguments.profile),
        )
    return build_model(arguments, str(source)).compile(arguments.device)
