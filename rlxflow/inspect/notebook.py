"""How flows, built models and programs show themselves in a notebook."""

from __future__ import annotations

from html import escape

FRAME_HEIGHT = "44rem"


def framed(page: str) -> str:
    """Returns a page inside of a frame, so that its style and ours stay apart."""
    style = f"width: 100%; height: {FRAME_HEIGHT}; border: 1px solid #8888; border-radius: 6px"
    return (
        f'<iframe srcdoc="{escape(page)}" style="{style}" title="what each stage costs"></iframe>'
    )


def titled(title: str, text: str) -> str:
    """Returns text under a title that opens and closes it."""
    return (
        f"<details open><summary><b>{escape(title)}</b></summary>"
        f'<pre style="overflow: auto; max-height: {FRAME_HEIGHT}">{escape(text)}</pre></details>'
    )
