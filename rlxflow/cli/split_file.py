"""Several modules in one file, divided by lines `// -----`."""

from __future__ import annotations

MARKER = "// -----"


def split_file(text: str) -> list[str]:
    """Returns the parts, each with blank lines in front so that its lines count as in the file."""
    parts: list[list[str]] = [[]]
    for i, line in enumerate(text.split("\n"), start=1):
        if line.rstrip() == MARKER:
            parts.append([""] * i)
        else:
            parts[-1].append(line)
    return ["\n".join(part) for part in parts]
