"""Where compiled programs are kept on disk, which there are, and how many may be."""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rlxflow.errors import ParseError

VARIABLE, OFF = "RLXFLOW_CACHE", "off"
SUFFIX = ".rlx"
LIMIT = 1 << 29
"""Bytes of programs that a folder may hold; those used longest ago go first."""

MANIFEST = "manifest.json"
FORMAT = 1


def cache_folder() -> Path | None:
    """Returns `$RLXFLOW_CACHE`, else `rlxflow` in the user's folder for caches.

    None if that variable says `off`.
    """
    given = os.environ.get(VARIABLE)
    if given == OFF:
        return None
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rlxflow"


def make_folder(folder: Path) -> None:
    """Makes a folder that programs are kept in; only its owner can put programs there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def mark_used(path: Path) -> None:
    """Notes that a program was used now."""
    with contextlib.suppress(OSError):  # a folder that can only be read, or a file that is gone
        os.utime(path)


def trim(folder: Path, limit: int = LIMIT) -> int:
    """Deletes the programs used longest ago until the rest fits; returns how many."""
    known: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):  # another process was faster
            facts = path.stat()
            known.append((facts.st_mtime, facts.st_size, path))
    total, deleted = sum(size for _, size, _ in known), 0
    for _, size, path in sorted(known):
        if total <= limit:
            break
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            total, deleted = total - size, deleted + 1
    return deleted


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
