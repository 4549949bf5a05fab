"""Refuses models whose stages have no kernels where a profile wants them, with all the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlxflow.errors import KernelError
from rlxflow.kernels.bind import Report

MOST_NAMED = 12
AUTO = "take `kernels = auto`, or change these stages:"
CURES = {
    "mode `": "leave out the rule that gives it the mode",
    "policy `": "take the policy `direct`",
    "weights ": "quantise them: `[weights.quant]` in the profile, or `rlxflow repack --quant`",
}
"""How a reason begins -> what helps."""


def check_report(name: str, report: Report, *, required: bool) -> None:
    """Raises KernelError if a stage has no kernel that a rule, or else `required`, asks for.

    Rules that name no stage are told with it, which would else be told only once the rest is right.
    """
    wanted = report.missing if required else {path: report.reasons[path] for path in report.asked}
    if not wanted:
        return
    head = AUTO if required else "change the rules, or these stages:"
    idle = [f"rule `{rule}` names no stage" for rule in report.idle]
    raise KernelError(
        f"model `{name}`",
        expected=f"a kernel for every stage that {_asks(required=required)}",
        found="; ".join([f"{len(wanted)} without", *idle]),
        cure="\n".join([head, *_lines(wanted)]),
    )


def _asks(*, required: bool) -> str:
    return "one would be faster for" if required else "a rule gives the mode `kernel`"


def _lines(wanted: Mapping[str, str]) -> Sequence[str]:
    lines = [f"  {path}: {why}{_cure(why)}" for path, why in [*wanted.items()][:MOST_NAMED]]
    rest = len(wanted) - MOST_NAMED
    return [*lines, f"  and {rest} more"] if rest > 0 else lines


def _cure(why: str) -> str:
    found = next((cure for begin, cure in CURES.items() if why.startswith(begin)), "")
    return f" ({found})" if found else ""
