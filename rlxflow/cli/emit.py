"""`rlxflow emit`: a checkpoint's module at a level."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rlxflow.cli.output import check_target, deliver
from rlxflow.errors import InputError

if TYPE_CHECKING:
    pass

MLIR_LEVELS = ("flow", "composite", "stablehlo")
LEVELS = (*MLIR_LEVELS, "vhlo", "hlo", "hlo-optimized")

EPILOG = """levels:
  flow           stages are `rlx.stage` regions
  composite      each stage a `stablehlo.composite`, equal bodies printed once
  stablehlo      what XLA gets: stages inlined or fenced by their modes
  vhlo           a portable StableHLO artifact (bytecode)
  hlo            HLO before XLA optimises it
  hlo-optimized  HLO after; stage paths stand in op_name

examples:
  rlxflow emit path/to/checkpoint --batch 2 --seq 128 --level composite -o model.mlir
  rlxflow emit path/to/checkpoint --no-weights --summary
  rlxflow emit model.gguf --phase decode --context 512 --level stablehlo
  rlxflow emit path/to/checkpoint --level hlo-optimized --mode 'encoder.layer.*=fence'
"""


def size(text: str) -> int:
    """Returns the number in an argument if a tensor can have that many rows."""
    number = int(text) if text.isdecimal() and len(text) < 20 else 0
    if not 1 <= number < 2**31:
        raise argparse.ArgumentTypeError(f"expected 1 to {2**31 - 1}, found {text[:40]}")
    return number


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("checkpoint", metavar="DIR|FILE.gguf", help="a checkpoint")
    parser.add_argument("--phase", help="encode; prefill, decode or verify; the first it has")
    parser.add_argument("--context", type=size, help="positions that the cache holds")
    parser.add_argument("--batch", type=size, default=1, help="rows (default 1)")
    parser.add_argument("--seq", type=size, help="tokens a row (default 128, or all there can be)")
    parser.add_argument("--level", choices=LEVELS, default="flow", help="see below (default flow)")
    parser.add_argument("--dtype", choices=("f32", "bf16", "f16"), help="of weights; as stored")
    parser.add_argument(
        "--mode",
        action="append",
        default=[],
        metavar="STAGES=MODE",
        help="fuse, fence or keep stages by path or block:<kind>; shows from stablehlo down",
    )
    parser.add_argument("--hidden-states", action="store_true", help="output every layer's value")
    parser.add_argument("--no-weights", action="store_true", help="go by config.json alone")
    parser.add_argument("--generic", action="store_true", help="MLIR's generic form")
    parser.add_argument("--debug-info", action="store_true", help="print locations")
    parser.add_argument("--summary", action="store_true", help="one line a stage instead")
    parser.add_argument("--device", default="cpu", help="for the hlo levels (default cpu)")
    parser.add_argument("-o", "--output", metavar="FILE", help="standard output if not given")


def parse_modes(rules: list[str]) -> dict[str, str]:
    """Returns `{pattern: mode}` of `pattern=mode` arguments; raises InputError if one is not."""
    pairs = [rule.rpartition("=") for rule in rules]
    for rule, (pattern, _, mode) in zip(rules, pairs, strict=True):
        if not pattern or mode not in {"auto", "fuse", "fence", "keep", "kernel"}:
            raise InputError(
                "--mode", expected="STAGES=fuse|fence|keep|kernel|auto", found=f"`{rule}`"
            )
    return {pattern: mode for pattern, _, mode in pairs}


def run(arguments: argparse.Namespace) -> None:
    """Emits and writes."""
    from rlxflow.runtime.model import load

    check_target(arguments.output)
    model = load(
        arguments.checkpoint,
        device=arguments.device,
        dtype=arguments.dtype,
        weights=None if arguments.no_weights else "auto",
    )
    flow = model.flow(
        arguments.phase,
        arguments.batch,
        arguments.seq,
        context=arguments.context,
        hidden_states=arguments.hidden_states,
    )
    if arguments.mode:
        flow = flow.with_modes(parse_modes(arguments.mode))
    built = model.build(flow)
    built.dispatch()  # refuses modes that name no stage, at every level
    if arguments.summary:
        deliver(built.summary(), arguments.output)
    elif arguments.level in MLIR_LEVELS:
        text = built.mlir(
            arguments.level, debug_info=arguments.debug_info, generic=arguments.generic
        )
        deliver(text, arguments.output)
    elif arguments.level == "vhlo":
        deliver(built.lowered("vhlo").portable(), arguments.output)
    else:
        compiled = built.compile(arguments.device)
        deliver(compiled.hlo(optimized=arguments.level == "hlo-optimized"), arguments.output)
