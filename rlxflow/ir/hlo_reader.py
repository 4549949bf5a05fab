"""HLO text to bytecode of StableHLO, in a process of its own.

XLA's parser ends the process at some texts that are wrong, so the conversion is
`python -m rlxflow.ir.hlo_reader IN.hlo OUT.mlirbc`. An error that XLA reports is printed, and the
exit code is 1; any other code is an end that XLA chose.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rlxflow.errors import ParseError
from rlxflow.ir.bindings import hlo_conversions

TIMEOUT_S = 300
_PLACE = re.compile(r"was parsing (\d+):(\d+): error: (.*)")
_CHECK = re.compile(r"Check failed: (.*)")


def read_hlo(text: str, name: str) -> bytes:
    """Returns the bytecode of HLO text; raises ParseError with `name:line:column`."""
    with tempfile.TemporaryDirectory(prefix="rlxflow") as folder:
        given, made = Path(folder) / "in.hlo", Path(folder) / "out.mlirbc"
        given.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "rlxflow.ir.hlo_reader", str(given), str(made)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            raise ParseError(
                name, expected=f"HLO that is read in {TIMEOUT_S} s", found="more"
            ) from None
        if done.returncode == 0:
            return made.read_bytes()
    raise _reported(done.stdout, name) if done.returncode == 1 else _ended(done.stderr, name)


def first_error(text: str) -> str:
    """Returns the first error of a report of XLA, without its place."""
    lines = [line for line in text.splitlines() if line.strip()]
    chosen = next((line for line in lines if "error: " in line), lines[0] if lines else "no reason")
    return re.sub(r"^.*?error: ", "", chosen)


def _reported(text: str, name: str) -> ParseError:
    found = _PLACE.search(text)
    if found is None:
        return ParseError(name, found=f"HLO that cannot be converted: {first_error(text)}")
    line, column, message = found.groups()
    return ParseError(f"{name}:{line}:{int(column) or 1}: {message.replace(', error:', ';')}")


def _ended(log: str, name: str) -> ParseError:
    check = _CHECK.search(log)
    reason = f": {check[1].strip()[:200]}" if check else ""
    return ParseError(name, expected="HLO", found=f"text at which XLA's parser gives up{reason}")


def main(given: str, made: str) -> int:
    """Converts a file; returns the exit code."""
    conversions = hlo_conversions()
    text = Path(given).read_text(encoding="utf-8")
    try:
        parsed = conversions.parse(text)
        code = conversions.to_stablehlo(parsed.as_serialized_hlo_module_proto())
    except RuntimeError as error:
        print(error)
        return 1
    Path(made).write_bytes(code)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
