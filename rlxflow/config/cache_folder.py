"""Where compiled programs are kept on disk, and which there are."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rlxflow.errors import ParseError

SUFFIX = ".rlx"
MANIFEST = "manifest.json"
FORMAT = 1


def cache_folder() -> Path:
    """Returns `$RLXFLOW_CACHE`, else `rlxflow` in the user's folder for caches."""
    given = os.environ.get("RLXFLOW_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rlxflow"


@dataclass(frozen=True, slots=True)
class StoredProgram:
    """A program on disk, by what its manifest says."""

    path: Path
    nbytes: int
    name: str
    platform: str
    device: str
    key: str


def read_manifest(path: Path) -> dict[str, Any]:
    """Returns the manifest of a saved program; raises ParseError if the file is none."""
    expected = f"a program saved by rlxflow (format {FORMAT})"
    try:
        with zipfile.ZipFile(path) as archive:
            raw: object = json.loads(archive.read(MANIFEST))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ParseError(f"{path}", expected=expected, found=str(error)) from None
    found = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    if found.get("format") != FORMAT:
        raise ParseError(f"{path}", expected=expected, found=f"format {found.get('format')}")
    return found


def stored_programs(folder: Path) -> Iterator[StoredProgram]:
    """Yields the programs in a folder, by name; files that are none are left out."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            facts = read_manifest(path)
            made = facts["fingerprint"]
            names = facts["name"], made["platform"], made["kind"], facts["key"]
        except (ParseError, KeyError, TypeError):
            continue
        yield StoredProgram(path, path.stat().st_size, *names)
