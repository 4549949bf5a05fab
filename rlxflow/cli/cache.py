"""`rlxflow cache`: compiled programs on disk."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rlxflow.cli.output import deliver
from rlxflow.config.cache_folder import OFF, SUFFIX, VARIABLE, cache_folder, stored_programs
from rlxflow.errors import FileError, InputError
from rlxflow.weights.plan import format_bytes

EPILOG = """Steps of `generate`, and programs of `CompileCache(folder=True)`, are kept in
$RLXFLOW_CACHE, else in ~/.cache/rlxflow; RLXFLOW_CACHE=off keeps none. Beyond 512 MB those used
longest ago are deleted.

examples:
  rlxflow cache list
  rlxflow cache size --json
  rlxflow cache clear --folder path/to/folder
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=("list", "size", "clear"))
    parser.add_argument("--folder", type=Path, help="another folder than the usual one")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Lists, counts or deletes; a folder that is not there is an empty one."""
    folder = arguments.folder or cache_folder()
    if folder is None:
        where, found = "rlxflow cache", f"{VARIABLE}={OFF}"
        raise InputError(where, expected="a folder", found=found, cure="give --folder")
    programs = list(stored_programs(folder))
    total = sum(program.nbytes for program in programs)
    if arguments.action == "clear":
        clear(folder)
    facts = {
        "folder": str(folder),
        "programs": len(programs),
        "nbytes": total,
        **({"cleared": True} if arguments.action == "clear" else {}),
    }
    if arguments.action == "list":
        facts["list"] = [
            {"name": p.name, "device": p.device, "nbytes": p.nbytes, "key": p.key} for p in programs
        ]
    lines = [
        f"{p.key[:12]}  {p.name}  {p.device}  {format_bytes(p.nbytes)}"
        for p in (programs if arguments.action == "list" else ())
    ]
    done = "deleted " if arguments.action == "clear" else ""
    lines.append(f"{done}{len(programs)} programs, {format_bytes(total)} in {folder}")
    deliver(json.dumps(facts) + "\n" if arguments.json else "\n".join(lines) + "\n", None)


def clear(folder: Path) -> None:
    """Deletes every saved program in a folder, and nothing else."""
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            path.unlink()
        except OSError as error:
            found = (error.strerror or str(error)).lower()
            raise FileError(f"{path}", expected="a file to delete", found=found) from None
