"""The argument `--profile`, shared by the commands that compile something."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlxflow.config.profile import CompileProfile


def add_profile_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--profile` and `--kernels`."""
    parser.add_argument(
        "--profile",
        metavar="FILE.toml|PRESET",
        help="how stages are lowered and compiled; the recipe's own if not given",
    )
    parser.add_argument(
        "--kernels",
        choices=("none", "auto", "required"),
        help="hand-written kernels: none, where they are worth it, or an error where one lacks",
    )


def read_profile(arguments: argparse.Namespace) -> CompileProfile | None:
    """Returns the profile that the arguments name: a file if there is one, else a preset.

    One that is verbose has its log on standard error. Raises FileError or ConfigError.
    """
    profile = None if arguments.profile is None else _read(arguments.profile)
    if arguments.kernels is None:
        return profile
    from rlxflow.config.profile import CompileProfile

    return (profile or CompileProfile()).changed(kernels=arguments.kernels)


def _read(text: str) -> CompileProfile:
    from rlxflow.config.profile import CompileProfile

    if "." in text or "/" in text or Path(text).is_file():
        profile = CompileProfile.from_toml_path(text)
    else:
        profile = CompileProfile.preset(text)
    parts = [profile, *(profile.for_device(platform) for platform in profile.backend)]
    if any(part.verbose for part in parts):
        log = logging.getLogger("rlxflow.passes")
        log.setLevel(logging.INFO)
        if not any(isinstance(handler, _ToStandardError) for handler in log.handlers):
            log.addHandler(_ToStandardError())
    return profile


class _ToStandardError(logging.Handler):
    """Prints what is logged to whatever standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)
