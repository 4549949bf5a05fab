"""`rlxflow-opt`: reads MLIR, runs passes in the order of the flags, prints MLIR."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rlxflow.cli.exit_code import exit_code
from rlxflow.cli.expected import compare, expectations
from rlxflow.cli.opt_arguments import list_passes, parse
from rlxflow.cli.opt_part import Settings, process
from rlxflow.cli.split_file import MARKER, split_file
from rlxflow.errors import ParseError
from rlxflow.files import read_bytes, write_atomically
from rlxflow.ir.module import IrModule


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    return exit_code(lambda: _run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    known, file, pipeline = parse(arguments)
    if known.list_passes:
        print(list_passes(), end="")
        return 0
    settings = Settings(
        pipeline,
        verify_rlx=not known.no_verify_rlx,
        as_summary=known.summary,
        generic=known.mlir_print_op_generic,
        debug_info=known.mlir_print_debuginfo,
    )
    parts = _parts(file, known.split_input_file)
    modules: list[IrModule] = []
    failed = False
    for i, part in enumerate(parts):
        dump = Path(known.dump_dir, str(i) if len(parts) > 1 else "") if known.dump_dir else None
        module, said = process(part, settings, dump)
        if known.verify_diagnostics:
            complaints = compare(expectations(part) if isinstance(part, str) else [], said, file)
            failed |= bool(complaints)
        else:
            complaints = [one.render(file) for one in said if one.severity != "note"]
            failed |= module is None
        print("".join(f"{line}\n" for line in complaints), end="", file=sys.stderr)
        modules += [module] if module is not None else []
    if failed:
        return 1
    _write(known.output, modules, settings)
    return 0


def _parts(file: str, split: bool) -> list[str] | list[bytes]:
    """Returns the modules of a file as text, or the one module of a bytecode file."""
    data = sys.stdin.buffer.read() if file == "-" else read_bytes(file)
    if data.startswith(b"ML\xefR"):
        return [data]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ParseError(file, expected="MLIR text or bytecode", found="other bytes") from None
    return split_file(text) if split else [text]


def _write(target: str, modules: Sequence[IrModule], settings: Settings) -> None:
    if target.endswith(".mlirbc") and len(modules) == 1:
        write_atomically(target, modules[0].bytecode())
        return
    text = f"{MARKER}\n".join(settings.print(module) for module in modules)
    if target != "-":
        write_atomically(target, text.encode())
        return
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
