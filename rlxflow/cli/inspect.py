"""`rlxflow inspect`: what each stage of a compiled module costs."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rlxflow.cli.model_arguments import add_model_arguments, build_model, size
from rlxflow.cli.module_file import SUFFIXES, compile_file, open_module
from rlxflow.cli.output import check_target, deliver
from rlxflow.cli.profile_argument import read_profile
from rlxflow.cli.weights_bar import weights_bar
from rlxflow.errors import InputError
from rlxflow.files import read_bytes

if TYPE_CHECKING:
    from rlxflow.inspect.compare import Snapshot
    from rlxflow.inspect.ledger import Ledger
    from rlxflow.runtime.compiled import CompiledModel
    from rlxflow.runtime.measure import Measurement

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
  rlxflow inspect path/to/model --phase decode --context 512 --html report.html
  rlxflow inspect path/to/model --phase decode --assert-clean
  rlxflow inspect model.gguf --phase decode --explain-kernels
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
        "--against-profile", metavar="FILE|PRESET", help="the same, of B or SOURCE by this profile"
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NUMBER=PERCENT",
        help="with --against: fail if bytes, flops, peak, ... of any stage grow by more",
    )
    parser.add_argument(
        "--assert-clean", action="store_true", help="fail if the program breaks a rule"
    )
    parser.add_argument(
        "--explain-kernels", action="store_true", help="say instead how each stage is lowered, why"
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("--html", metavar="FILE", help="write a page with pictures as well")
    parser.add_argument("--dot", metavar="FILE", help="write stages and flows for Graphviz")
    parser.add_argument("--svg", metavar="FILE", help="write the nested stages as a picture")
    parser.add_argument(
        "--explorer", metavar="FILE.json", help="write the graph for Model Explorer, and data"
    )
    parser.add_argument(
        "--trace", metavar="FILE.json.gz", help="measure, and write what ran when for Perfetto"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="standard output if not given")


def run(arguments: argparse.Namespace) -> None:
    """Prints the ledger, or what changed."""
    files = (arguments.html, arguments.dot, arguments.svg, arguments.explorer, arguments.trace)
    for target in (arguments.output, *files):
        check_target(target)
    if arguments.trace and Path(arguments.source).suffix in HLO_SUFFIXES:
        raise InputError("--trace", expected="something that can run", found=arguments.source)
    if arguments.explain_kernels:
        _explain(arguments)
        return
    if arguments.limit and not (arguments.against or arguments.against_profile):
        raise InputError("--limit", expected="--against as well", found="none")
    if arguments.against or arguments.against_profile:
        _compare(arguments)
        return
    inspected = _inspect(arguments, arguments.source)
    if arguments.json:
        text = inspected.ledger.to_json(arguments.depth, arguments.sort) + "\n"
    else:
        from rlxflow.inspect.ledger_text import ledger_text

        text = ledger_text(inspected.ledger, arguments.depth, arguments.sort)
    _write_files(arguments, inspected)
    deliver(text, arguments.output)


def _write_files(arguments: argparse.Namespace, inspected: Inspected) -> None:
    """Writes what was asked for beside the table."""
    ledger = inspected.ledger
    if arguments.html:
        deliver(inspected.page(), arguments.html)
    if arguments.dot:
        from rlxflow.inspect.dot import dot

        deliver(dot(ledger, arguments.depth), arguments.dot)
    if arguments.svg:
        from rlxflow.inspect.svg import svg

        deliver(svg(ledger, arguments.depth), arguments.svg)
    if arguments.explorer:
        from rlxflow.inspect.explorer import explorer_data, explorer_graphs

        target = Path(arguments.explorer)
        deliver(json.dumps(explorer_graphs(ledger)), str(target))
        deliver(json.dumps(explorer_data(ledger)), str(target.with_suffix(".data.json")))
    if arguments.trace and inspected.measured:
        from rlxflow.inspect.trace import trace_bytes

        packed = arguments.trace.endswith(".gz")
        deliver(trace_bytes(ledger, inspected.measured.events, packed=packed), arguments.trace)


def _explain(arguments: argparse.Namespace) -> None:
    """Writes how each stage is lowered; nothing is compiled for that."""
    from rlxflow.flow.adopt import from_mlir
    from rlxflow.inspect.dispatch_text import dispatch_text
    from rlxflow.kernels.built import kernel_dispatch
    from rlxflow.kernels.library import find_library

    source = Path(arguments.source)
    if source.suffix in HLO_SUFFIXES:
        raise InputError("--explain-kernels", expected="a module with stages", found="HLO")
    if source.suffix in SUFFIXES:
        profile = read_profile(arguments)
        built = from_mlir(open_module(str(source)), profile=profile)
    else:
        built = build_model(arguments, str(source))
    with weights_bar() as advance:
        decisions = kernel_dispatch(built, arguments.device, advance)
    if built.profile.kernels != "none" and find_library() is None:
        print("note: the library of kernels is not installed, so no stage has one", file=sys.stderr)
    plain = json.dumps([asdict(choice) for choice in decisions], indent=2) + "\n"
    deliver(plain if arguments.json else dispatch_text(decisions), arguments.output)


def _compare(arguments: argparse.Namespace) -> None:
    from rlxflow.inspect.compare import Comparison, parse_limits

    limits = parse_limits(arguments.limit)
    other = arguments
    if arguments.against_profile:
        other = argparse.Namespace(**{**vars(arguments), "profile": arguments.against_profile})
    before = _snapshot(other, arguments.against or arguments.source)
    comparison = Comparison(before, _snapshot(arguments, arguments.source))
    text = comparison.to_json() + "\n" if arguments.json else comparison.markdown()
    deliver(text, arguments.output)
    comparison.check(limits)


def _snapshot(arguments: argparse.Namespace, name: str) -> Snapshot:
    from rlxflow.inspect.compare import Snapshot

    if Path(name).suffix == ".json":
        return Snapshot.from_path(name, read_bytes(name), arguments.depth)
    return Snapshot.of(_inspect(arguments, name).ledger, arguments.depth)


class Inspected(NamedTuple):
    """A ledger, the program it is of, and what was measured; None if it is of a text."""

    ledger: Ledger
    program: CompiledModel | None = None
    measured: Measurement | None = None

    def page(self) -> str:
        """Returns the report."""
        if self.program:
            return self.program.report(self.ledger)
        from rlxflow.inspect.report import report

        return report(self.ledger)


def _inspect(arguments: argparse.Namespace, name: str) -> Inspected:
    source = Path(name)
    if source.suffix in HLO_SUFFIXES:
        from rlxflow.inspect.build import ledger_of_text

        text = read_bytes(source).decode(errors="replace")
        return Inspected(ledger_of_text(text, str(source)))
    from rlxflow.runtime.ledger import measure_program, program_ledger

    program = _compiled(arguments, source)
    if arguments.probe:
        from rlxflow.runtime.machine import this_machine

        this_machine(program.weights.device, again=True)
    wanted = arguments.measure or arguments.trace
    measured = measure_program(program) if wanted else None
    return Inspected(program_ledger(program, measured), program, measured)


def _compiled(arguments: argparse.Namespace, source: Path) -> CompiledModel:
    if source.suffix in SUFFIXES:
        module = open_module(str(source))
        profile = read_profile(arguments)
        if arguments.assert_clean:
            from rlxflow.config.profile import CompileProfile

            profile = (profile or CompileProfile()).changed(assert_clean=True)
        weights, device = arguments.weights, arguments.device
        return compile_file(str(source), module, weights, device, profile)
    built = build_model(arguments, str(source))
    if arguments.assert_clean:
        built = built.with_profile(built.profile.changed(assert_clean=True))
    return built.compile(arguments.device)
