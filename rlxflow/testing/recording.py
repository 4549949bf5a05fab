"""Runs a lit test as lit does, and stores what FileCheck is given instead of checking it."""

from __future__ import annotations

import gc
import json
import shlex
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import lit.discovery
import lit.Test
from lit.LitConfig import LitConfig
from lit.TestingConfig import TestingConfig

from rlxflow.errors import InputError
from rlxflow.testing import record
from rlxflow.testing.directives import prefixes_of
from rlxflow.testing.lit import configure

CHECKER = r"%filecheck\b|(?<![\w./%-])[Ff]ile[Cc]heck(?:-\d+)?(?![\w./-])"


@dataclass(frozen=True)
class Recorded:
    """What one call of FileCheck was given.

    Attributes:
        flags: Those after `%filecheck`, without files.
        prefixes: That it enables.
        text: What it was to check.
    """

    flags: tuple[str, ...]
    prefixes: tuple[str, ...]
    text: str


def run_recorded(file: Path, params: Mapping[str, str]) -> tuple[list[Recorded], list[str]]:
    """Runs a test; returns what it gives to FileCheck, and folders that its output may name.

    The settings are those of the `lit.cfg.py` above it, with `params` as `lit -D` gives them; a
    test without one gets those of `rlxflow.testing.lit`.
    """
    with tempfile.TemporaryDirectory(prefix="rlxflow") as folder:
        calls, scratch = Path(folder, "calls"), Path(folder, "scratch")
        calls.mkdir()
        settings = LitConfig(
            "lit", [], "error", False, False, [], False, False, False, "", dict(params)
        )
        test = _test(file, settings, scratch)
        words = (sys.executable, record.__file__, str(calls))
        test.config.substitutions = [(CHECKER, shlex.join(words)), *test.config.substitutions]
        with warnings.catch_warnings():  # lit leaves files open until they are collected
            warnings.simplefilter("ignore", ResourceWarning)
            result = test.config.test_format.execute(test, settings)
            gc.collect()
        _check(file, result)
        stored = [json.loads(path.read_text()) for path in sorted(calls.iterdir())]
        folders = [f"{test.suite.exec_root}/", f"{file.parent}/"]
    if not stored:
        cure = "a RUN line needs `| %filecheck`"
        raise InputError(str(file), expected="a call of FileCheck", found="none", cure=cure)
    return [_recorded(**one, file=file) for one in stored], folders


def _test(file: Path, settings: LitConfig, scratch: Path) -> lit.Test.Test:
    """Returns the test with its settings; output of a test without a suite goes to `scratch`."""
    try:
        suite, tests = lit.discovery.getTests(str(file), settings, {}, {})
        if not suite:
            config = TestingConfig.fromdefaults(settings)
            configure(config, settings, root=file.parent, exec_root=scratch)
            suite = lit.Test.TestSuite("", str(file.parent), str(scratch), config, settings)
            return lit.Test.Test(suite, (file.name,), config)
    except SystemExit:  # lit has said why
        raise InputError(f"{file}: lit.cfg.py", expected="a suite", found="an error") from None
    found = list(tests)
    if len(found) != 1:
        cure = "see suffixes and excludes in lit.cfg.py"
        raise InputError(str(file), expected="a test of its suite", found="none", cure=cure)
    return found[0]


def _check(file: Path, result: lit.Test.Result) -> None:
    if result.code in {lit.Test.PASS, lit.Test.FLAKYPASS}:
        return
    if result.code == lit.Test.UNSUPPORTED:
        raise InputError(str(file), expected="a test that can run here", found=result.output)
    print(result.output, file=sys.stderr)
    found = f"{result.code.name.lower()}, see the log above"
    raise InputError(str(file), expected="RUN lines that succeed", found=found)


def _recorded(flags: list[str], text: str, file: Path) -> Recorded:
    """Returns a call without the names of the test and of the input among its flags."""
    kept = []
    for i in range(len(flags)):
        is_input = flags[i].lstrip("-").startswith("input-file") and flags[i].startswith("-")
        follows = i > 0 and flags[i - 1].lstrip("-") == "input-file"
        if not is_input and not follows and flags[i] != str(file):
            kept.append(flags[i])
    return Recorded(tuple(kept), prefixes_of(" ".join(kept)), text)
