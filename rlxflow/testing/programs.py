"""Finds the programs of LLVM and of the native dialect where they are installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LLVM_MAJOR = 22


def candidates(name: str) -> list[str]:
    """Returns the programs that may be `name`, the one named for the pinned version first."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    for prefix in map(Path, ("/usr", "/usr/local", "/opt", "/opt/homebrew")):
        folders.append(str(prefix / "lib" / f"llvm-{LLVM_MAJOR}" / "bin"))
        folders.append(str(prefix / "opt" / f"llvm@{LLVM_MAJOR}" / "bin"))
    path = os.pathsep.join(folders)
    found = [shutil.which(f"{name}-{LLVM_MAJOR}", path=path)]
    found += [shutil.which(name, path=folder) for folder in folders]
    return list(dict.fromkeys(program for program in found if program))


def find_filecheck() -> str | None:
    """Returns LLVM's FileCheck, of the pinned version if there is one."""
    return next(iter(candidates("FileCheck")), None)


def find_rlx_opt() -> str | None:
    """Returns the native driver: $RLX_OPT, that of this checkout's build, or that on the PATH."""
    given = os.environ.get("RLX_OPT")
    built = Path(__file__).resolve().parents[2] / "build" / "native" / "bin" / "rlx-opt"
    return shutil.which(given) if given else shutil.which(built) or shutil.which("rlx-opt")
