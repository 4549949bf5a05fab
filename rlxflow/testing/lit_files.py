"""Which files of a folder are lit tests; the settings and the linter agree on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from rlxflow.errors import FileError

SUFFIXES = (".mlir", ".py", ".test")
EXCLUDES = ("Inputs", "__pycache__", "lit.cfg.py", "lit.local.cfg", "lit.site.cfg.py")


def lit_files(
    paths: Iterable[Path],
    suffixes: Collection[str] = SUFFIXES,
    excludes: Collection[str] = EXCLUDES,
) -> Iterator[Path]:
    """Yields the lit tests at and under `paths`; a file that is named itself is one in any case."""
    hidden = {*excludes, "Output"}
    for path in paths:
        if path.is_file():
            yield path
        for file in sorted(path.rglob("*")) if path.is_dir() else ():
            parts = file.relative_to(path).parts
            unseen = hidden & {*parts} or any(part.startswith(".") for part in parts)
            if file.suffix in suffixes and file.is_file() and not unseen:
                yield file


def read_test(file: Path) -> str:
    """Returns the text; raises FileError for a file that cannot be read or is not text."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileError(str(file), expected="text in UTF-8", found="other bytes") from None
    except OSError as error:
        raise FileError(str(file), expected="a test", found=error.strerror or str(error)) from None
