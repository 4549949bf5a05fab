"""How each stage is lowered and why, as a table for terminals."""

from __future__ import annotations

from collections.abc import Sequence

from rlxflow.passes.lower_stage_modes import Dispatch


def dispatch_text(decisions: Sequence[Dispatch]) -> str:
    """Returns one line a stage, then how many stages have each mode."""
    lines = [["stage", "block", "mode", "why"]]
    lines += [
        ["  " * choice.path.count("/") + choice.path, choice.block, choice.mode, choice.reason]
        for choice in decisions
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    modes = [choice.mode for choice in decisions]
    counts = ", ".join(f"{modes.count(mode)} {mode}" for mode in dict.fromkeys(modes))
    return "\n".join([*text, "", counts or "no stages"]) + "\n"
