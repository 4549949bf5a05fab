"""`rlxflow repack`: a checkpoint with quantised weights."""

from __future__ import annotations

import argparse
import sys

from rlxflow.cli.output import deliver
from rlxflow.cli.weights_bar import weights_bar
from rlxflow.errors import InputError

FORMATS = ("q8_0", "q4_0", "int8")

EPILOG = """A folder becomes a folder, a .gguf file a .gguf file, which every command takes as it
takes the source. Weights that kernels read become blocks: q8_0 and q4_0 have a scale for 32 values,
int8 (folders only) one a row. All else stays byte by byte, as do weights that have the format.
What that changed is printed by stage: sqrt(sum (q - w)^2 / sum w^2) over the weights w and what
became of them, and the largest difference of one value.

examples:
  rlxflow repack path/to/checkpoint -o path/to/small --quant q8_0
  rlxflow repack model.gguf -o small.gguf --quant q8_0 --stage 'layers.*/mlp=q4_0'
  rlxflow repack model.gguf -o small.gguf --profile rules.toml
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("checkpoint", metavar="DIR|FILE", help="a folder with config.json, or a .gguf file")
    add("-o", "--output", metavar="DIR|FILE", required=True, help="what is not there yet")
    add("--profile", metavar="FILE.toml", help="its [weights.quant] comes first")
    add("--quant", choices=FORMATS, help="of all stages")
    add("--stage", action="append", default=[], metavar="STAGES=FORMAT", help="of some; repeatable")
    add("--json", action="store_true", help="what changed as JSON, by weight")


def run(arguments: argparse.Namespace) -> None:
    """Repacks and prints what it changed."""
    from rlxflow.cli.repack_text import errors_json, errors_text, left_lines
    from rlxflow.runtime.repack import repack

    quant = _rules(arguments)
    with weights_bar() as advance:
        made = repack(arguments.checkpoint, arguments.output, quant, advance)
    for line in left_lines(made.left):
        print(f"note: left as they are: {line}", file=sys.stderr)
    deliver((errors_json if arguments.json else errors_text)(made.weights), None)


def _rules(arguments: argparse.Namespace) -> dict[str, str]:
    """Returns patterns of stages and formats, those that win last."""
    quant: dict[str, str] = {}
    if arguments.profile:
        from rlxflow.config.profile import CompileProfile

        profile = CompileProfile.from_toml_path(arguments.profile)
        quant |= profile.for_device("cpu").quant
    rules = [f"**={arguments.quant}"] if arguments.quant else []
    for rule in [*rules, *arguments.stage]:
        pattern, _, format_ = rule.rpartition("=")
        if not pattern or format_ not in FORMATS:
            expected = f"STAGES=FORMAT, a format out of {', '.join(FORMATS)}"
            raise InputError("--stage", expected=expected, found=f"`{rule}`")
        quant.pop(pattern, None)  # the last one wins, so it stands last
        quant[pattern] = format_
    if not quant:
        expected = "--quant, --stage, or a profile with [weights.quant]"
        raise InputError("repack", expected=expected, found="no rule")
    return quant
