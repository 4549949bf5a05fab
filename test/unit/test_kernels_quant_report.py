"""What the dispatch report says of weights in blocks: formats, and what quantising changed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.cli import main as cli
from rlxflow.kernels.blocks import block_report
from rlxflow.passes.lower_stage_modes import Blocks, Dispatch
from rlxflow.weights import DictSource
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quantise import QUANTISERS, quantise

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import mixture_file

D, F = 64, 96


class Counting(DictSource):
    """Counts how often each weight is read."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(arrays, "counted")
        self.reads: Counter[str] = Counter()

    def read(self, name: str) -> np.ndarray:
        self.reads[name] += 1
        return super().read(name)


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    shapes = {"up.weight": (F, D), "side.weight": (F, D), "down.weight": (D, F)}
    made = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    made["side.weight"] *= 30  # so that the mean of two errors is another than that of all
    return made


def flow(**quant: str) -> rf.ModelFlow:
    def both(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        up, side = (
            rf.ops.dot(x, emit.param(f"{name}.weight", {"f": F, "d": D}), over="d")
            for name in ("up", "side")
        )
        y = rf.ops.tanh(up) * side
        return rf.ops.dot(y, emit.param("down.weight", {"d": D, "f": F}), over="f")

    made = rf.ModelFlow("two").input("x", rf.Shape([3, D], axes="t d")).custom(both, name="mlp")
    rules: Any = {f"mlp/{name}": format_ for name, format_ in quant.items()}
    return made.with_profile(rf.CompileProfile(quant=rules))


def error(format_: str, *names: str) -> float:
    """The formula, over several weights as one."""
    old = np.concatenate([arrays()[name].reshape(-1) for name in names]).astype(np.float64)
    new = [QUANTISERS[format_].unpack(quantise(arrays()[n], format_, n)) for n in names]
    off = np.concatenate([each.reshape(-1) for each in new]) - old
    return float(np.sqrt((off**2).sum() / (old**2).sum()))


def of(decisions: object, path: str) -> Dispatch:
    assert isinstance(decisions, list)
    return next(each for each in decisions if each.path == path)


@pytest.mark.kernels
def test_errors_are_there_once_weights_are_loaded() -> None:
    source = Counting(arrays())
    exe = flow(up="q4_0", side="q4_0", down="int8").build(source).compile()
    before = of(exe.dispatch(), "mlp/up-side")
    assert before.blocks is not None
    assert (before.blocks.quantised, before.blocks.relative) == (("q4_0",), None)
    assert before.reason.endswith("; weights quantised to q4_0, error known once loaded")
    exe(x=np.ones((3, D), np.float32))
    together, down = of(exe.dispatch(), "mlp/up-side"), of(exe.dispatch(), "mlp/down")
    assert together.blocks is not None
    assert down.blocks is not None
    wanted = error("q4_0", "up.weight", "side.weight")
    assert together.blocks.relative == pytest.approx(wanted, rel=1e-6)
    assert together.reason.endswith(f"; weights quantised to q4_0, relative error {wanted:.2e}")
    assert down.blocks.relative == pytest.approx(error("int8", "down.weight"), rel=1e-6)
    assert down.blocks.stored == ()
    assert of(exe.dispatch(), "mlp").blocks is None
    assert source.reads == {"up.weight": 1, "side.weight": 1, "down.weight": 1}


@pytest.mark.kernels
def test_the_command_reads_weights_to_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = {"gate_inp": "F32", "exps": "Q4_0", "attn": "F32", "output": "Q8_0"}
    path = mixture_file(tmp_path / "a.gguf", kinds)
    rules = tmp_path / "rules.toml"
    rules.write_text('[weights.quant]\n"layers.0/attention" = "q4_0"\n')
    flags = ["--phase", "decode", "--context", "16", "--explain-kernels", "--profile", str(rules)]
    assert cli.main(["inspect", str(path), *flags, "--json"]) == 0
    rows = {row["path"]: row for row in json.loads(capsys.readouterr().out)}
    made = rows["layers.0/attention/o_proj"]["blocks"]
    assert (made["stored"], made["quantised"]) == ([], ["q4_0"])
    assert 0.05 < made["relative"] < 0.15
    assert 0 < made["largest"] < 0.05
    kept = rows["layers.1/mlp/experts"]
    assert kept["blocks"] == {
        "stored": ["q4_0"],
        "quantised": [],
        "relative": None,
        "largest": None,
    }
    assert kept["reason"].endswith("; weights as stored: q4_0")
    assert rows["layers.1/attention/o_proj"]["blocks"] is None
    assert cli.main(["inspect", str(path), *flags, "--no-weights"]) == 0
    assert "weights quantised to q4_0, error known once loaded" in capsys.readouterr().out


@pytest.mark.kernels
def test_a_rule_that_does_not_fit_says_why_of_its_own_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mixture_file(tmp_path / "a.gguf", {"gate_inp": "F32", "attn_k": "F16", "attn": "Q4_0"})
    rules = tmp_path / "rules.toml"
    rules.write_text('[weights.quant]\n"layers.1/attention" = "q8_0"\n')
    flags = ["--phase", "decode", "--context", "16", "--explain-kernels", "--profile", str(rules)]
    assert cli.main(["inspect", str(path), *flags]) == 1
    said = capsys.readouterr().err
    why = "weights q4_0 in the file, q8_0 asked for"
    names = ("q_proj", "v_proj", "o_proj")
    listed = "; ".join(f"layers.1/attention/{name}: {why}" for name in names)
    assert f"expected weights that kernels alone read, found 3 others ({listed}); name" in said


def test_a_stage_with_a_weight_that_is_not_loaded_has_no_error_yet() -> None:
    read, error = {"a": "q4_0", "b": "q8_0", "c": "q4_k"}, QuantError(1.0, 4.0, 0.25, 7)
    half = block_report(read, {"c": "q4_k", "a": "q8_0"}, {"a": error, "c": QuantError()})
    assert half == Blocks(("q4_k",), ("q4_0", "q8_0"))
    assert str(half) == (
        "weights quantised to q4_0, q8_0, error known once loaded; others as stored: q4_k"
    )
    whole = block_report(read, {"c": "q4_k"}, {"a": error, "b": QuantError(3.0, 12.0, 0.5, 2)})
    assert whole == Blocks(("q4_k",), ("q4_0", "q8_0"), 0.5, 0.5)


def test_sums_of_errors() -> None:
    """Squares of these would be 0 or infinite as f32."""
    small, large = QuantError(), QuantError()
    small.add(np.full(7, 1e-30, np.float32), np.full(7, 3e-30, np.float32))
    large.add(np.full((2, 3), 1e30, np.float32), np.full((2, 3), 5e29, np.float32))
    assert small.relative == pytest.approx(2)
    assert large.relative == pytest.approx(0.5)
    total = QuantError.total([small, large])
    assert total.relative == pytest.approx(0.5)
    assert (total.count, total.largest) == (13, pytest.approx(5e29))
    assert QuantError().relative == 0
    nothing = QuantError()
    nothing.add(np.zeros(4, np.float32), np.zeros(4, np.float32))
    assert nothing.relative == 0
