"""`rlxflow bench`: tokens a second, and how near that is to what the machine can do."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rlxflow.cli.model_arguments import size
from rlxflow.cli.output import check_target, deliver
from rlxflow.cli.profile_argument import add_profile_argument, read_profile

if TYPE_CHECKING:
    from rlxflow.runtime.bench import Bench, Figures, Round
    from rlxflow.runtime.model import Model

EPILOG = """Prefill and decode take turns, --rounds times; beside them memory is read and a large
product computed as fast as they go. The numbers are medians. Decode steps stand at the end of the
context. A phase is limited by memory where its weights and caches take longer to read than its
products to compute, at the rates of the same round; the percentage is that time over the time it
took.

examples:
  rlxflow bench path/to/checkpoint
  rlxflow bench model.gguf --context 8192 --rounds 9 --json -o bench.json
  rlxflow bench path/to/checkpoint --batch 8 --dtype bf16 --stages
  rlxflow bench path/to/folder --no-weights --steps 8     (config.json alone, random weights)
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("checkpoint", metavar="DIR|FILE.gguf", help="a causal language model")
    add("--batch", type=size, default=1, help="rows (default 1)")
    add("--prompt", type=size, default=128, help="tokens of each prompt (default 128)")
    add("--context", type=size, default=512, help="positions of the cache (default 512)")
    add("--steps", type=size, default=16, help="decode steps a round (default 16)")
    add("--rounds", type=size, default=5, help="turns of each (default 5)")
    add("--dtype", choices=("f32", "bf16", "f16"), help="of weights and cache; as stored")
    add("--no-weights", action="store_true", help="go by config.json alone, with random weights")
    add("--stages", action="store_true", help="show as well what each stage takes of a step")
    add("--depth", type=size, default=2, help="with --stages: names to tell apart (default 2)")
    add_profile_argument(parser)
    add("--device", default="cpu", help="cpu (default), gpu, tpu")
    add("--json", action="store_true", help="all rounds and medians as JSON")
    add("-o", "--output", metavar="FILE", help="standard output if not given")


def run(arguments: argparse.Namespace) -> None:
    """Times and prints."""
    check_target(arguments.output)
    from rlxflow.runtime.bench import PHASES, Bench, BenchSizes, figures

    names = ("batch", "prompt", "context", "steps", "rounds")
    sizes = BenchSizes(**{name: getattr(arguments, name) for name in names})
    bench = Bench(_model(arguments), sizes)
    bench.round()  # the first one pages weights in; not counted
    rounds: list[Round] = []
    for i in range(sizes.rounds):
        rounds.append(bench.round())
        print(f"\rround {i + 1} of {sizes.rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    ledgers = {phase: bench.ledger(phase, measured=arguments.stages) for phase in PHASES}
    found = {phase: figures(bench, phase, rounds, ledgers[phase].total) for phase in PHASES}
    if arguments.json:
        text = json.dumps(_facts(bench, rounds, found), indent=1) + "\n"
    else:
        text = _table(bench, found)
        if arguments.stages:
            from rlxflow.inspect.ledger_text import ledger_text

            parts = [ledger_text(ledger, arguments.depth, "time") for ledger in ledgers.values()]
            text = "\n".join([text, *parts])
    deliver(text, arguments.output)


def _model(arguments: argparse.Namespace) -> Model:
    from rlxflow.runtime.checkpoint import open_checkpoint
    from rlxflow.runtime.drawn_weights import with_drawn_weights
    from rlxflow.runtime.model import Model

    checkpoint = open_checkpoint(
        arguments.checkpoint,
        weights=None if arguments.no_weights else "auto",
        dtype=arguments.dtype,
        profile=read_profile(arguments),
    )
    if arguments.no_weights:
        checkpoint = with_drawn_weights(checkpoint)
    return Model(checkpoint, arguments.device)


def _facts(bench: Bench, rounds: list[Round], found: dict[str, Figures]) -> dict[str, Any]:
    """Returns everything that was measured, in units of seconds and bytes."""
    from rlxflow.runtime.machine import this_machine

    machine = this_machine(bench.model.weights.on_device.device).to_dict()
    return {
        "model": str(bench.model.checkpoint.path),
        "sizes": asdict(bench.sizes),
        "machine": machine,
        "rounds": [asdict(each) for each in rounds],
        **{phase: asdict(each) for phase, each in found.items()},
    }


def _table(bench: Bench, found: dict[str, Figures]) -> str:
    sizes = bench.sizes
    what = {"prefill": f"prefill of {sizes.prompt}", "decode": f"decode at {sizes.context}"}
    lines = [
        f"{'':<20}{'tokens/s':>9}  {'slowest..fastest':>18}  {'GB/s':>6} {'GFLOP/s':>8}  limit"
    ]
    for phase, each in found.items():
        span = f"{each.slowest:.1f}..{each.fastest:.1f}"
        limit = f"{100 * each.of_limit:.0f} % of {each.limited_by}"
        lines.append(
            f"{what[phase]:<20}{each.tokens_s:9.1f}  {span:>18}  {each.bytes_s / 1e9:6.1f}"
            f" {each.flops_s / 1e9:8.1f}  {limit}"
        )
    rows = f"{sizes.batch} row{'s' * (sizes.batch > 1)}, median of {sizes.rounds} rounds"
    return "\n".join([*lines, rows]) + "\n"
