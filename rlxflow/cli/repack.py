"""`rlxflow repack`: a checkpoint with quantised weights."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING

from rlxflow.cli.output import deliver
from rlxflow.errors import InputError

if TYPE_CHECKING:
    from rlxflow.runtime.repack import Error

FORMATS = ("q8_0", "q4_0", "int8")

EPILOG = """Writes a folder that every command takes, with the weights of products as blocks: q8_0
and q4_0 have a scale for 32 values, int8 one a row. All other tensors and files are as they were.
What that changed is printed by stage: the difference relative to the weights (Frobenius norms), and
the largest difference of one value.

examples:
  rlxflow repack path/to/checkpoint -o path/to/small --quant q8_0
  rlxflow repack path/to/checkpoint -o path/to/small --quant q8_0 --stage 'layers.*/mlp=q4_0'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("checkpoint", metavar="DIR", help="a folder with config.json and safetensors")
    add("-o", "--output", metavar="DIR", required=True, help="a folder that is not there yet")
    add("--quant", choices=FORMATS, help="of all stages")
    add("--stage", action="append", default=[], metavar="STAGES=FORMAT", help="of some; repeatable")
    add("--json", action="store_true", help="what changed as JSON, by weight")


def run(arguments: argparse.Namespace) -> None:
    """Repacks and prints what it changed."""
    from rlxflow.runtime.repack import repack

    quant = {"**": arguments.quant} if arguments.quant else {}
    for rule in arguments.stage:
        pattern, _, format_ = rule.rpartition("=")
        if not pattern or format_ not in FORMATS:
            expected = f"STAGES=FORMAT, a format out of {', '.join(FORMATS)}"
            raise InputError("--stage", expected=expected, found=f"`{rule}`")
        quant[pattern] = format_
    if not quant:
        raise InputError("repack", expected="--quant or --stage", found="neither")
    errors = repack(arguments.checkpoint, arguments.output, quant, _progress)
    print(file=sys.stderr)
    if arguments.json:
        deliver(json.dumps([asdict(each) for each in errors], indent=2) + "\n", None)
    else:
        deliver(errors_text(errors), None)


def errors_text(errors: list[Error]) -> str:
    """Returns a line a stage."""
    groups: dict[str, list[Error]] = defaultdict(list)
    for each in errors:
        groups[each.stage].append(each)
    rows = [["stage", "weights", "relative", "largest", "MB"]]
    for stage, group in groups.items():
        relative = max(each.relative for each in group)
        largest = max(each.largest for each in group)
        size = sum(each.nbytes for each in group) / 1e6
        rows.append([stage, f"{len(group)}", f"{relative:.2e}", f"{largest:.2e}", f"{size:.1f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{name}", end="", file=sys.stderr, flush=True)
