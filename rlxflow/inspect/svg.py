"""The nested stages of a program as a picture: width is time, or bytes where no time is known."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rlxflow.amounts import amount, seconds
from rlxflow.inspect.cost import Cost
from rlxflow.inspect.ledger import Ledger, Row
from rlxflow.inspect.paths import is_remainder

WIDTH, ROW, LETTER = 1200.0, 22.0, 6.6
"""Of the picture, of one level, and of one letter of 11 px, in pixels."""

STYLE = """<style>
  text { font: 11px ui-monospace, monospace; fill: #1b1b1b; pointer-events: none }
  rect { stroke: #fff; stroke-width: 1 }
  .title { font-size: 13px }
  @media (prefers-color-scheme: dark) { svg { background: #181818 } .title { fill: #eee } }
</style>"""


def svg(ledger: Ledger, depth: int | None = None) -> str:
    """Returns a picture in which each stage lies below the stage around it.

    What is not of any stage closes each level. Hovering shows a stage's numbers.
    """
    timed = ledger.machine is not None
    rows = {row.path: row for row in ledger.rows(depth)}
    whole = _size(ledger.total, timed=timed)
    levels = 1 + max((row.depth for row in rows.values()), default=0)
    height = 2 * ROW + levels * ROW
    what = f"time, {seconds(whole)} predicted" if timed else f"bytes, {amount(whole, 'B')}"
    title = escape(f"{ledger.name}: width is {what}")
    boxes = "\n".join(_boxes(rows, "", 0.0, WIDTH / whole if whole else 0.0, timed=timed))
    size = f'width="{WIDTH:g}" height="{height:g}" viewBox="0 0 {WIDTH:g} {height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    name = f'<text class="title" x="4" y="15">{title}</text>'
    return f"{head}\n{STYLE}\n{name}\n{boxes}\n</svg>\n"


def _size(cost: Cost, *, timed: bool) -> float:
    return cost.predicted_s if timed else float(cost.nbytes)


def _boxes(
    rows: dict[str, Row], around: str, left: float, scale: float, *, timed: bool
) -> Iterator[str]:
    """Yields the boxes of the stages directly inside one, each followed by those inside it."""
    for path, row in rows.items():
        if _parent(path, rows) != around:
            continue
        width = _size(row.cost, timed=timed) * scale
        yield _box(row, left, width)
        yield from _boxes(rows, path, left, scale, timed=timed)
        left += width


def _parent(path: str, rows: dict[str, Row]) -> str:
    """Returns the longest path around one that has a row, or nothing."""
    outer = path.rpartition("/")[0]
    while outer and outer not in rows:
        outer = outer.rpartition("/")[0]
    return outer


def _box(row: Row, left: float, width: float) -> str:
    top = 1.2 * ROW + row.depth * ROW
    hue = sum(row.name.rstrip("0123456789.").encode()) * 37 % 360  # equal layers look alike
    fill = "#d9d9d9" if is_remainder(row.path) else f"hsl({hue} 60% 78%)"
    cost = row.cost
    numbers = (
        f"{seconds(cost.predicted_s)}, {amount(cost.nbytes, 'B')}, {amount(cost.flops, 'FLOP')}"
    )
    letters = int((width - 6) / LETTER)
    shown = row.name if len(row.name) <= letters else row.name[: max(letters - 1, 0)] + "…"
    text = f'<text x="{left + 3:.2f}" y="{top + 15:.2f}">{escape(shown)}</text>'
    return (
        f"<g><title>{escape(row.path)}\n{numbers}</title>"
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{max(width, 0):.2f}" height="{ROW:g}" '
        f'fill="{fill}"/>{text if letters >= 3 else ""}</g>'
    )
