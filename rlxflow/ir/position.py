"""Where an operation stands, as text."""

from __future__ import annotations

import re

from rlxflow.ir.bindings import ir


def position(location: ir.Location) -> str:
    """Returns `file:line:column` as far as the location knows it, else its name, else `-`."""
    match location:
        case ir.FileLineColLoc():
            return f"{location.filename}:{location.start_line}:{location.start_col}"
        case ir.NameLoc():
            inner = position(location.child_loc)
            return location.name_str if inner == "-" else inner
        case ir.CallSiteLoc():
            return position(location.callee)
        case ir.FusedLoc():
            parts = [position(part) for part in location.locations if isinstance(part, ir.Location)]
            return next((text for text in parts if text != "-"), "-")
        case _:  # diagnostics carry locations without their class
            found = re.search(r'"([^"]*)":(\d+):(\d+)', str(location))
            return ":".join(found.groups()) if found else "-"
