"""Flows with open sizes: emitted for each binding, compiled by bucket, padded and cut back."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.config.execution import ModelExecutionConfig
from rlxflow.errors import ConfigError, FlowStructureError, InputError, ShapeError
from rlxflow.flow.shape import Dim
from rlxflow.flow.template import FlowTemplate
from rlxflow.runtime.buckets import BucketedCompileCache, power_of_two_ladder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_checkpoint

DRAW = np.random.default_rng(11)
WEIGHTS = {"table.weight": DRAW.normal(size=(11, 6)).astype(np.float32)}


def flow() -> rf.ModelFlow:
    made = rf.ModelFlow("open").input("ids", rf.Shape(["batch", Dim("seq", 1, 9)], "i32"), below=11)
    made = made.input("scale", rf.Shape(["batch"], axes="b"))
    made = made.embed("table.weight", vocab_size=11, hidden_size=6).tap("rows")
    return made.custom(lambda _, x: rf.ops.sum(x, over="t"), name="total")


def test_defect_21_a_flow_is_emitted_for_any_binding_of_its_named_sizes() -> None:
    open_flow = flow()
    assert [dim.name for dim in open_flow.dims] == ["batch", "seq"]
    template = open_flow.template(WEIGHTS)
    for batch, seq in ((2, 5), (3, 1)):
        built = template.specialize({"batch": batch, "seq": seq})
        ids = DRAW.integers(0, 11, (batch, seq))
        out = built.compile()(ids=ids, scale=np.ones(batch, np.float32))
        assert "?" not in built.mlir("stablehlo")
        rows = WEIGHTS["table.weight"][ids]
        assert np.array_equal(out["rows"], rows)
        assert np.abs(np.asarray(out["output"]) - rows.sum(1)).max() < 1e-6
    assert [i.shape.dims for i in open_flow.inputs][1] == (Dim("batch"),)  # still open


def test_an_open_flow_prints_and_describes_itself() -> None:
    text = str(flow().describe())
    assert "ids i32[b=batch, t=seq]" in text
    assert "1 weights" in text


def test_a_configuration_binds_what_the_flow_has() -> None:
    config = ModelExecutionConfig.prefill(2, 5)
    assert flow().specialize(config.dim_binding()).inputs[0].shape.type.sizes == (2, 5)
    other = rf.ModelFlow("x").input("x", rf.Shape(["images", 2], axes="b d"))
    with pytest.raises(ConfigError, match="dimension `images`: expected one of batch, seq, rows"):
        other.specialize(config.dim_binding())


def test_what_does_not_bind_is_refused() -> None:
    with pytest.raises(FlowStructureError, match="found open dimensions batch, seq; bind them"):
        flow().build(WEIGHTS)
    with pytest.raises(FlowStructureError, match="sizes: expected one for each of batch, seq"):
        flow().specialize({"batch": 2})
    with pytest.raises(FlowStructureError, match=r"found `sq`; did you mean `seq`\?"):
        flow().specialize({"batch": 2, "sq": 3})
    with pytest.raises(ShapeError, match="dimension `seq`: expected 1 to 9, found 10"):
        flow().specialize({"batch": 2, "seq": 10})
    with pytest.raises(ShapeError, match="dimension `batch`: expected 1 or more, found 0"):
        flow().specialize({"batch": 0, "seq": 1})
    with pytest.raises(ShapeError, match="expected sizes that are known, found f32"):
        _ = rf.Shape(["batch"]).type
    twice = flow().input("more", rf.Shape([Dim("seq", 2, 4)], "i32"))
    with pytest.raises(FlowStructureError, match="dimension `seq`: expected one range, found"):
        _ = twice.dims
    named = flow().input("more", rf.Shape(["seq"], "i32"))
    assert named.dims == (Dim("batch"), Dim("seq", 1, 9))


def test_axes_are_found_in_what_is_emitted() -> None:
    axes = flow().template(WEIGHTS).axes
    assert axes == {
        "ids": ("batch", "seq"),
        "scale": ("batch",),
        "output": ("batch", ""),
        "rows": ("batch", "seq", ""),
    }


def test_ladders() -> None:
    assert power_of_two_ladder(1, 1) == (1,)
    assert power_of_two_ladder(1, 8) == (1, 2, 4, 8)
    assert power_of_two_ladder(3, 20) == (4, 8, 16, 20)
    assert power_of_two_ladder(5, 7) == (7,)
    with pytest.raises(InputError, match="ladder: expected 1 <= low <= high, found 0 and 4"):
        power_of_two_ladder(0, 4)


def test_buckets_share_programs_and_the_one_used_longest_ago_goes() -> None:
    cache = BucketedCompileCache(
        flow().template(WEIGHTS), {"batch": (4,), "seq": (2, 4, 9)}, capacity=2
    )

    def rows(batch: int, seq: int) -> None:
        ids = DRAW.integers(0, 11, (batch, seq))
        out = cache(ids=ids, scale=np.ones(batch, np.float32))
        assert np.array_equal(out["rows"], WEIGHTS["table.weight"][ids])

    for batch, seq, compiled in ((1, 1, 1), (4, 2, 1), (3, 3, 2), (2, 2, 2), (1, 9, 3)):
        rows(batch, seq)
        assert cache.compiled == compiled, (batch, seq)
    rows(1, 2)  # of the first program, which was used again before the third came
    assert cache.compiled == 3
    rows(1, 4)
    assert cache.compiled == 4
    with pytest.raises(InputError, match="size `seq`: expected at most 9, found 10"):
        rows(1, 10)
    ids = np.zeros((2, 3), np.int32)
    with pytest.raises(InputError, match="input `scale`: expected batch 2, as in `ids`, found 3"):
        cache(ids=ids, scale=np.ones(3, np.float32))
    with pytest.raises(InputError, match="an input that tells the size of `seq`, found scale"):
        cache(scale=np.ones(3, np.float32))
    with pytest.raises(InputError, match="buckets of `sq`: expected sizes for dimensions out of"):
        BucketedCompileCache(flow().template(WEIGHTS), {"sq": (2,)})


def test_a_padded_encoder_gives_what_it_gives_unpadded(tmp_path: Path) -> None:
    tiny_checkpoint.write_checkpoint(tmp_path)
    model = rf.load(tmp_path)
    template = FlowTemplate.of(
        lambda batch, seq: model.build(model.flow("encode", batch, seq)),
        Dim("batch", 1, 4),
        Dim("seq", 1, 16),
    )
    cache = BucketedCompileCache(template, {"batch": (1, 4), "seq": (8, 16)})
    for batch, seq in ((3, 5), (1, 8), (2, 11)):
        ids = DRAW.integers(5, 30, (batch, seq)).astype(np.int32)
        mask = np.ones_like(ids)
        mask[-1, seq - 2 :] = 0
        exact = model(input_ids=ids, attention_mask=mask)
        wanted = {"input_ids": ids, "attention_mask": mask, "token_type_ids": 0 * ids}
        padded = cache(**{name: wanted[name] for name in template.axes if name in wanted})
        for name, array in padded.items():
            if name in exact:
                assert array.shape == exact[name].shape
                seen = mask.astype(bool) if array.ndim == 3 else slice(None)
                difference = np.abs(np.asarray(array) - np.asarray(exact[name]))[seen]
                assert difference.max() < 2e-5, (name, batch, seq)
        assert set(padded) & set(exact)
