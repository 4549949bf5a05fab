"""`rlxflow devices`: what there is to run on."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rlxflow.cli.output import deliver

EPILOG = """GB/s is what all cores read of memory that no cache holds, GFLOP/s what XLA reaches in
a large product; of int16 what kernels of weights in blocks can multiply at the most, of bf16
this too where the CPU multiplies bf16 and it is more. All are
measured once for a machine and kept; one that was busy then can be measured again.

examples:
  rlxflow devices
  rlxflow devices --again --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--again", action="store_true", help="measure the machine again")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("-o", "--output", metavar="FILE", help="standard output if not given")


def run(arguments: argparse.Namespace) -> None:
    """Prints devices and kernels."""
    from rlxflow.runtime.device_facts import device_facts

    facts = device_facts(again=arguments.again)
    text = json.dumps(facts, indent=2) + "\n" if arguments.json else devices_text(facts)
    deliver(text, arguments.output)


def devices_text(facts: dict[str, Any]) -> str:
    """Returns a paragraph a device, then what is known of the kernels."""
    lines: list[str] = []
    for device in facts["devices"]:
        rates = ", ".join(f"{dtype} {rate / 1e9:.0f}" for dtype, rate in device["flops"].items())
        lines += [f"{device['platform']}: {device['name']}"]
        lines += [f"  reads   {device['read_bytes_per_s'] / 1e9:.1f} GB/s"]
        lines += [f"  product {rates} GFLOP/s"]
    kernels = facts["kernels"]
    if kernels["problem"]:
        return "\n".join([*lines, f"kernels: none: {kernels['problem']}"]) + "\n"
    lines += [f"kernels: {kernels['isa']}, {kernels['path']}"]
    lines += [f"  weights {', '.join(kernels['formats'])}"]
    lines += [f"  calls   {', '.join(kernels['targets'])}"]
    return "\n".join(lines) + "\n"
