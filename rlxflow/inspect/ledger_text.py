"""A ledger as a table for terminals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlxflow.amounts import amount, seconds
from rlxflow.inspect.cost import Cost
from rlxflow.inspect.ledger import Ledger, Row

_Column = tuple[str, Callable[[Cost], str]]
_COLUMNS: tuple[_Column, ...] = (
    ("kernels", lambda cost: str(cost.kernels)),
    ("fusions", lambda cost: str(cost.fusions)),
    ("FLOP", lambda cost: amount(cost.flops)),
    ("read", lambda cost: amount(cost.read, "B")),
    ("written", lambda cost: amount(cost.written, "B")),
    ("FLOP/B", lambda cost: f"{cost.intensity:.3g}"),
    ("weights", lambda cost: amount(cost.weights, "B") if cost.weights else "-"),
    ("states", lambda cost: amount(cost.states, "B") if cost.states else "-"),
    ("temporaries", lambda cost: amount(cost.temporaries, "B") if cost.temporaries else "-"),
)


def ledger_text(ledger: Ledger, depth: int | None = None, sort: str = "schedule") -> str:
    """Returns one line a stage, then the total, and how it compares with XLA's own count."""
    columns, total = list(_COLUMNS), ledger.total
    if ledger.machine:
        columns.append(("predicted", lambda cost: seconds(cost.predicted_s)))
        columns.append(("share", lambda cost: _share(cost.predicted_s, total.predicted_s)))
    if ledger.measured:
        columns.append(("measured", lambda cost: _share(cost.measured_s, total.measured_s)))
    lines = [["stage", *(title for title, _ in columns)]]
    rows = ledger.rows(depth, sort)
    lines += [[_label(row), *(show(row.cost) for _, show in columns)] for row in rows]
    lines.append(["total", *(show(total) for _, show in columns)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [_line(line, widths) for line in lines]
    text[1:1] = ["-" * len(text[0])]
    text[-1:-1] = ["-" * len(text[0])]
    return "\n".join([*text, "", *facts(ledger)]) + "\n"


def facts(ledger: Ledger) -> list[str]:
    """Returns what there is to know beside the table, a sentence each."""
    ours, memory = ledger.agreement, ledger.memory
    made = []
    if ours.xla:
        flops = _difference(ours.flops, ours.xla.flops)
        made.append(f"FLOP: {amount(ours.flops)}, XLA counts {amount(ours.xla.flops)} ({flops})")
        nbytes = _difference(ours.nbytes + ours.spared, ours.xla.nbytes)
        counted = f"bytes: {amount(ours.nbytes, 'B')}"
        if ours.spared:
            counted += f" and {amount(ours.spared, 'B')} of values that are not read whole"
        made.append(f"{counted}, XLA counts {amount(ours.xla.nbytes, 'B')} ({nbytes})")
    if memory.schedule:
        name, path, nbytes = memory.schedule[memory.peak]
        own = f", XLA sets aside {amount(ledger.xla.temporaries, 'B')}" if ledger.xla else ""
        made.append(f"temporaries: at most {amount(nbytes, 'B')} at `{name}` in `{path}`{own}")
    if ledger.machine:
        machine = ledger.machine
        peaks = ", ".join(
            f"{name} {amount(rate, 'FLOP/s')}" for name, rate in machine.flops.items()
        )
        made.append(f"machine: {machine.name}; {amount(machine.bandwidth, 'B/s')} read; {peaks}")
    if ledger.step_s is not None:
        made.append(
            f"a call takes {seconds(ledger.step_s)}; kernels overlap, so shares are of their sum"
        )
    return [*made, *(f"note: {note}" for note in ledger.notes)]


def _label(row: Row) -> str:
    mode = row.stage.mode if row.stage else ""
    return "  " * row.depth + row.name + (f" [{mode}]" if mode not in {"", "auto", "fuse"} else "")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = cells
    numbers = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
    return "  ".join([first.ljust(widths[0]), *numbers]).rstrip()


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _difference(ours: float, theirs: float) -> str:
    if not theirs:
        return "no number"
    relative = ours / theirs - 1
    return "the same" if abs(relative) < 1e-6 else f"{100 * relative:+.2g} %"
