"""What kernels change in the logits of whole models: within the bounds of docs/kernels.md.

Formats of numbers multiply in f32 as XLA does. Formats of blocks take activations as integers of 16
bits, a scale for 32 of them: that rounding, of some 2e-5 a product, is all that they differ by.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.runtime.model import Model, load
from rlxflow.runtime.repack import repack

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
FILES = sorted((ORACLE / "gguf").glob("*.gguf"))
BLOCKS = ("q8_0", "q4_0", "q4_k", "q5_k", "q6_k")

# Of the largest logit: the largest difference; of their standard deviation: the mean one (root of
# the mean square).
NUMBERS_MOST, NUMBERS_MEAN = 1e-5, 5e-6
BLOCKS_MOST, BLOCKS_MEAN = 3e-4, 1.5e-4

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(not FILES, reason="no folder of reference files"),
    pytest.mark.kernels,
]


def opened(
    path: Path, kernels: str = "auto", *, compute: str | None = None, forced: bool = False
) -> Model:
    """Forced: products with f32 weights too, which `auto` leaves to XLA."""
    modes = {"block:linear": "kernel"} if forced else {}
    return load(path, profile=rf.CompileProfile(kernels=kernels, compute=compute, modes=modes))


def packed_formats(model: Model) -> set[str]:
    """The formats of weights that went to panels in the programs compiled for calls."""
    ports = [port for program in model._programs.values() for port in program.bound.arguments]
    return {port.packed.partition(".")[0] for port in ports if port.packed}


def check_bounds(found: np.ndarray, wanted: np.ndarray, *, blocks: bool) -> None:
    most, mean = (BLOCKS_MOST, BLOCKS_MEAN) if blocks else (NUMBERS_MOST, NUMBERS_MEAN)
    difference = np.float64(found) - wanted
    assert np.abs(difference).max() <= most * np.abs(wanted).max()
    assert np.sqrt(np.mean(difference**2)) <= mean * wanted.std()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_logits_of_every_file(path: Path) -> None:
    """`test_gguf_oracle` compares the tokens that kernels draw."""
    with np.load(path.with_suffix(".npz")) as answers:
        ids, wanted = answers["in/input_ids"], answers["out/logits"]
    model = opened(path, forced=path.stem.endswith("f32"))
    found = np.asarray(model(input_ids=ids)["logits"])
    formats = packed_formats(model)
    named = path.stem.partition("_")[2].removeprefix("rope_")
    assert named in formats or named not in (*BLOCKS, "f32", "f16", "bf16")
    check_bounds(found, wanted, blocks=bool(formats.intersection(BLOCKS)))


@pytest.mark.parametrize("format_", ["int8", "q8_0", "q4_0"])
def test_logits_of_folders_that_repack_wrote(format_: str, tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    repack(ORACLE / "checkpoints" / "llama", folder, {"*": format_})
    ids = np.random.default_rng(11).integers(3, 90, (2, 13)).astype(np.int32)
    fast, plain = opened(folder), opened(folder, "none")
    found, wanted = (np.asarray(model(input_ids=ids)["logits"]) for model in (fast, plain))
    assert format_ in packed_formats(fast)
    assert not packed_formats(plain)
    check_bounds(found, wanted, blocks=True)


@pytest.mark.parametrize("kind", ["bf16", "f16", "q8_0", "q4_k"])
def test_activations_in_bf16_cost_no_more_with_kernels(kind: str) -> None:
    """Of 62 rows, so that a CPU that multiplies bf16 rounds weights, as the bodies do."""
    path = ORACLE / "gguf" / f"llama_{kind}.gguf"
    ids = np.random.default_rng(12).integers(3, 90, (2, 31)).astype(np.int32)

    def logits(kernels: str, compute: str) -> np.ndarray:
        model = opened(path, kernels, compute=compute)
        found = np.float64(np.asarray(model(input_ids=ids)["logits"]))
        assert (kind in packed_formats(model)) == (kernels == "auto")
        return found

    exact = logits("none", "f32")
    mean = {k: np.sqrt(np.mean((logits(k, "bf16") - exact) ** 2)) for k in ("none", "auto")}
    assert 1e-3 * exact.std() < mean["auto"] <= 1.05 * mean["none"] < 2e-2 * exact.std()


def test_bounds_tell_formats_apart() -> None:
    """Whoever multiplies activations of 8 bits, or weights of another format, is found."""
    kinds = ("q8_0", "q6_k")
    files = [ORACLE / "gguf" / f"llama_{kind}.npz" for kind in kinds]
    first, second = (np.load(file)["out/logits"] for file in files)
    with pytest.raises(AssertionError):
        check_bounds(first, second, blocks=True)
