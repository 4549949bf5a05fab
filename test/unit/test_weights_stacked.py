"""Tensors held in parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights import (
    DictSource,
    NameRules,
    ParamSpec,
    RenamedSource,
    ShapeSource,
    TensorInfo,
    WeightSource,
    is_aligned,
    make_plan,
    open_weights,
    write_safetensors,
)
from rlxflow.weights.source import members_of
from rlxflow.weights.stacked import StackedSource

PARTS = tuple(f"experts.{i}.up.weight" for i in range(3))


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    made = {part: rng.normal(size=(5, 2)).astype(np.float32) for part in PARTS}
    return {"before": np.ones(3, np.float32), **made, "after": np.ones(4, np.float32)}


def test_parts_become_one_tensor_where_the_first_of_them_stood() -> None:
    held = arrays()
    source = StackedSource(DictSource(held), {"experts.up": PARTS[::-1]})
    assert isinstance(source, WeightSource)
    assert list(source.names()) == ["before", "experts.up", "after"]
    assert source.info("experts.up") == TensorInfo((3, 5, 2), "f32")
    read = source.read("experts.up")
    assert is_aligned(read)
    assert not read.flags.writeable
    assert np.array_equal(read, np.stack([held[part] for part in PARTS[::-1]]))
    assert source.steps("experts.up") == ("stack of 3",)


def test_parts_are_hidden_and_others_pass_through() -> None:
    source = StackedSource(DictSource(arrays()), {"experts.up": PARTS})
    assert PARTS[0] not in source
    assert "before" in source
    assert source.steps("before") == ()
    assert source.read("after").tolist() == [1, 1, 1, 1]
    with pytest.raises(WeightError, match=r"expected a tensor `experts\.0\.up\.weight`"):
        source.info(PARTS[0])
    with pytest.raises(WeightError, match=r"expected a tensor `experts\.0\.up\.weight`"):
        source.read(PARTS[0])


def test_shapes_are_enough_to_know_a_stack() -> None:
    shapes = ShapeSource({part: TensorInfo((2, 7), "bf16") for part in PARTS})
    assert StackedSource(shapes, {"w": PARTS}).info("w") == TensorInfo((3, 2, 7), "bf16")


def test_the_parts_of_a_stack_are_found_through_other_names() -> None:
    held = DictSource(arrays())
    stacked = StackedSource(RenamedSource(held, NameRules(moved=(("experts.", "e."),))), {
        "up": [part.replace("experts.", "e.") for part in PARTS]
    })  # fmt: skip
    outer = RenamedSource(stacked, NameRules(moved=(("up", "all.up"),)))
    assert [*members_of(outer, "all.up")] == [(held, part) for part in PARTS]
    assert [*members_of(outer, "before")] == [(held, "before")]
    assert [*members_of(held, "before")] == [(held, "before")]
    with pytest.raises(WeightError, match=r"expected a tensor `e\.0\.up\.weight`"):
        members_of(stacked, "e.0.up.weight")


def test_scalars_are_stacked_too() -> None:
    source = StackedSource(DictSource({"a": np.float32(1), "b": np.float32(2)}), {"w": ("a", "b")})
    assert source.read("w").tolist() == [1, 2]


def test_missing_parts_are_named() -> None:
    held = arrays()
    del held[PARTS[1]]
    with pytest.raises(
        WeightError, match=r"stack `w`: expected 3 parts, found no `experts\.1\.up\.weight`; near"
    ):
        StackedSource(DictSource(held), {"w": PARTS})
    with pytest.raises(WeightError, match=r"found no `p0`, `p1`, `p2` and 5 more"):
        StackedSource(DictSource(held), {"w": tuple(f"p{i}" for i in range(8))})


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (np.ones((5, 3), np.float32), r"f32\[5, 3\]"),
        (np.ones((5, 2), np.float16), r"f16\[5, 2\]"),
    ],
)
def test_parts_that_differ_are_named(other: np.ndarray, found: str) -> None:
    source = DictSource(arrays() | {PARTS[2]: other})
    with pytest.raises(
        WeightError, match=rf"expected f32\[5, 2\] as `experts\.0.*found `experts\.2.*` {found}"
    ):
        StackedSource(source, {"w": PARTS})


def test_stacks_that_make_no_sense_are_refused() -> None:
    source = DictSource(arrays())
    with pytest.raises(WeightError, match="stack `w`: expected at least one part, found none"):
        StackedSource(source, {"w": ()})
    with pytest.raises(WeightError, match=r"part `before`: expected one place, found it in `v`"):
        StackedSource(source, {"v": ("before",), "w": ("before",)})
    with pytest.raises(WeightError, match=r"stack `after`: expected a name of its own"):
        StackedSource(source, {"after": ("before",)})


def test_a_plan_of_stacks_reads_past_the_mapping(tmp_path: Path) -> None:
    """Parts of every type go straight into the whole, from one file and through names."""
    draw = np.random.default_rng(3)
    named = {f"a.{i}.w": draw.normal(size=(3, 5)).astype(np.float32) for i in range(3)}
    named |= {f"a.{i}.m": draw.normal(size=7) > 0 for i in range(3)}
    named |= {f"a.{i}.s": np.asarray(i, np.int32) for i in range(3)}
    write_safetensors(tmp_path / "parts.safetensors", named)
    source = open_weights(tmp_path / "parts.safetensors")
    params = [ParamSpec(n, a.shape, dtypes.from_numpy(a.dtype)) for n, a in named.items()]
    stacks = {f"a.all.{kind}": [f"a.{i}.{kind}" for i in range(3)] for kind in "wms"}
    plan = make_plan(params, source).stacked(stacks)
    assert [entry.param.name for entry in plan.entries] == list(stacks)
    for name, parts in stacks.items():
        assert np.array_equal(plan.read(name), np.stack([named[part] for part in parts]))
        assert not plan.read(name).flags.writeable
