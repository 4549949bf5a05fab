"""Checks one output with both FileChecks: `-m rlxflow.testing.both_checkers LLVM TEST [OPTION...]`.

LLVM is the path of LLVM's FileCheck; the output comes on the standard input. Each gets its strict
flag. Exit code 0 if both are content; what one says that is not stands below its name.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence

PORT_FLAG = "--reject-empty-vars"
LLVM_FLAG = "--enable-var-scope"


def passes_port(output: bytes, options: Sequence[str]) -> bool:
    """Returns whether the Python port, run in this process, is content."""
    from filecheck.main import main as run_port

    sys.stdin = io.TextIOWrapper(io.BytesIO(output), encoding="utf-8")
    try:
        run_port(["filecheck", PORT_FLAG, *options])
    except SystemExit as stop:
        return not stop.code
    return True


def passes_llvm(llvm: str, output: bytes, options: Sequence[str]) -> bool:
    """Returns whether LLVM's program is content."""
    done = subprocess.run([llvm, LLVM_FLAG, *options], input=output, check=False)
    return done.returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    llvm, *options = sys.argv[1:] if arguments is None else arguments
    given = any(option.startswith(("--input-file", "-input-file")) for option in options)
    output = b"" if given else sys.stdin.buffer.read()
    bad = [] if passes_port(output, options) else ["the Python port of FileCheck"]
    bad += [] if passes_llvm(llvm, output, options) else ["LLVM's FileCheck"]
    if bad:
        print(f"error: {' and '.join(bad)}: the checks do not hold", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
