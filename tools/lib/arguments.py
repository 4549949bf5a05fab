"""The argument parser of the developer tools."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one line and exits with 1; 2 means an internal error."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"error: {self.prog}: {message}; see {self.prog} --help\n")
