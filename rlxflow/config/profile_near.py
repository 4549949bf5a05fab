"""Profiles that may be there: a missing file gives a default and says so, a bad one is an error."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rlxflow.config.profile import CompileProfile

T = TypeVar("T")


class MissingProfile(UserWarning):
    """There is no profile at a path, and a default was taken."""


def profile_or_default(path: str | Path, default: Callable[[], T]) -> CompileProfile | T:
    """Returns the profile in a TOML file, or `default()` with a warning if there is no such file.

    Raises ConfigError if there is one that does not fit, FileError if it cannot be read.
    """
    if Path(path).exists():
        return CompileProfile.from_toml_path(path)
    warnings.warn(f"{path}: no such profile; the default is taken", MissingProfile, stacklevel=3)
    return default()


def profile_beside(weights: str | Path, family: str) -> Path:
    """Returns where a family's profile lies: `<family>.rlx.toml` in the folder of the weights."""
    folder = Path(weights) if Path(weights).is_dir() else Path(weights).parent
    return folder / f"{family}.rlx.toml"
