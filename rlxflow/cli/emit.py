"""`rlxflow emit`: a checkpoint's module at a level."""

from __future__ import annotations

import argparse

from rlxflow.cli.model_arguments import add_model_arguments, build_model
from rlxflow.cli.output import check_target, deliver

MLIR_LEVELS = ("flow", "composite", "stablehlo")
LEVELS = (*MLIR_LEVELS, "vhlo", "hlo", "hlo-optimized")

EPILOG = """levels:
  flow           stages are `rlx.stage` regions
  composite      each stage a `stablehlo.composite`, equal bodies printed once
  stablehlo      what XLA gets: stages inlined or fenced by their modes
  vhlo           a portable StableHLO artifact (bytecode)
  hlo            HLO before XLA optimises it
  hlo-optimized  HLO after; stage paths stand in op_name

With --kernels auto or required, stages are calls of kernels at every level, and weights that these
read are bytes in their layout; without, only a compiled program has kernels.

examples:
  rlxflow emit path/to/checkpoint --batch 2 --seq 128 --level composite -o model.mlir
  rlxflow emit path/to/checkpoint --no-weights --summary
  rlxflow emit model.gguf --phase decode --context 512 --level stablehlo
  rlxflow emit path/to/vision --image-size 224x336 --summary
  rlxflow emit path/to/clip --phase image --level stablehlo
  rlxflow emit model.gguf --phase decode --level stablehlo --kernels required -o step.mlir
  rlxflow emit path/to/checkpoint --level hlo-optimized --mode 'encoder.layer.*=fence'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("checkpoint", metavar="DIR|FILE.gguf", help="a checkpoint")
    parser.add_argument("--level", choices=LEVELS, default="flow", help="see below (default flow)")
    add_model_arguments(parser)
    parser.add_argument("--generic", action="store_true", help="MLIR's generic form")
    parser.add_argument("--debug-info", action="store_true", help="print locations")
    parser.add_argument("--summary", action="store_true", help="one line a stage instead")
    parser.add_argument("--device", default="cpu", help="for the hlo levels (default cpu)")
    parser.add_argument("-o", "--output", metavar="FILE", help="standard output if not given")


def run(arguments: argparse.Namespace) -> None:
    """Emits and writes."""
    check_target(arguments.output)
    built = build_model(arguments, arguments.checkpoint)
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
