"""Finds the programs of LLVM that the tools use where they are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
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
    """Returns the driver of the native dialect: $RLX_OPT, that of this build, or none."""
    built = Path(__file__).resolve().parents[2] / "build" / "native" / "bin" / "rlx-opt"
    given = os.environ.get("RLX_OPT", str(built))
    return shutil.which(given)


def find_tblgen() -> tuple[str, str] | None:
    """Returns path and version (major.minor) of the pinned mlir-tblgen, or None."""
    for program in candidates("mlir-tblgen"):
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"version (\d+)\.(\d+)", answer.stdout)
        if version and int(version[1]) == LLVM_MAJOR:
            return program, f"{version[1]}.{version[2]}"
    return None
