"""Good files to damage: the modules of our tests, and small models at every level."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rlxflow.cli.split_file import split_file
from rlxflow.errors import FlowError
from rlxflow.ir.module import IrModule
from rlxflow.ir.unknown import unregistered
from rlxflow.passes.pipelines import to_level

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "test" / "goldens")]
MODELS = ("bert/encoder_gelu", "decoders/llama", "decoders/qwen2_moe", "families/vit")
LARGEST = 40_000  # bytes; larger ones only make it slow


def modules() -> Iterator[IrModule]:
    """Yields the valid modules of the test suite, then those of models at three levels."""
    for path in sorted((ROOT / "test").rglob("*.mlir")):
        for part in split_file(path.read_text(encoding="utf-8")):
            try:
                yield IrModule.parse(part)
            except FlowError:
                continue  # a test of what is wrong
    for module in _models():
        yield module
        for level in ("composite", "stablehlo", "vhlo"):
            lowered = module.clone()
            to_level(lowered, level)
            yield lowered


def _models() -> Iterator[IrModule]:
    from rlxflow.runtime.checkpoint import open_checkpoint

    for model in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            config = ROOT / "test" / "goldens" / model / "config.json"
            (Path(folder) / "config.json").write_bytes(config.read_bytes())
            checkpoint = open_checkpoint(folder, weights=None)
            for phase in checkpoint.recipe.phases:
                request = checkpoint.phase_request(phase)
                yield checkpoint.build(checkpoint.flow(request)).module


def texts() -> list[bytes]:
    """Returns the modules as text, in the pretty and in the generic form."""
    files = [module.text().encode() for module in modules()]
    files += [module.text(generic=True, debug_info=True).encode() for module in modules()]
    files += [path.read_bytes() for path in sorted((ROOT / "test").rglob("*.mlir"))]
    return _small(files)


def hlo_texts() -> list[bytes]:
    """Returns optimised HLO as text, of the models and of the modules that XLA takes.

    They are compiled by a process of their own: a process with XLA's threads must not fork.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_compiled_texts).result()


def _compiled_texts() -> list[bytes]:
    from rlxflow.flow.adopt import from_mlir

    files = []
    for module in modules():
        if any(unregistered(module.operation, allowed=False)):
            continue
        try:
            files.append(from_mlir(module).compile().hlo().encode())
        except FlowError:
            continue  # no `main`, or nothing that XLA takes
    return sorted(set(files))


def generic_texts() -> list[bytes]:
    """Returns the modules in the form that rlx-opt reads."""
    return _small([module.text(generic=True, debug_info=True).encode() for module in modules()])


def bytecodes() -> list[bytes]:
    """Returns the modules as bytecode."""
    return _small([module.bytecode() for module in modules()])


def artifacts() -> list[bytes]:
    """Returns those modules that can be portable artifacts."""
    files = []
    for module in modules():
        try:
            files.append(module.portable())
        except FlowError:
            continue  # it has stages
    return _small(files)


def _small(files: list[bytes]) -> list[bytes]:
    return sorted({file for file in files if len(file) <= LARGEST})
