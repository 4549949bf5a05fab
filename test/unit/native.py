"""The native driver as the tests of two implementations use it."""

from __future__ import annotations

import re
import subprocess
from typing import NamedTuple

import pytest

from rlxflow.testing.programs import find_rlx_opt

RLX_OPT = find_rlx_opt()
needs_rlx_opt = pytest.mark.skipif(RLX_OPT is None, reason="rlx-opt is not built")


class Answer(NamedTuple):
    """What rlx-opt printed, and the first error it reported, without its place."""

    text: str
    error: str


def rlx_opt(text: str, *arguments: str) -> Answer:
    """Runs rlx-opt on a module in generic form; gives the generic form with locations."""
    printing = ("--mlir-print-op-generic", "--mlir-print-debuginfo", "--allow-unregistered-dialect")
    done = subprocess.run(
        [str(RLX_OPT), *printing, *arguments, "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    found = re.search(r"error: (.*)", done.stderr)
    assert bool(found) == bool(done.returncode), done.stderr
    return Answer(done.stdout, found[1] if found else "")
