"""Weight plans: which tensor each argument is made of, and how."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from rlxflow.errors import WeightError
from rlxflow.weights import (
    DictSource,
    NameRules,
    ParamSpec,
    PlanEntry,
    ShapeSource,
    TensorInfo,
    is_aligned,
    make_plan,
)
from rlxflow.weights.kinds import fold

RULES = NameRules(prefixes=("bert.",), ignore=(("cls.*", "head of pre-training"),))


def shapes(**infos: tuple[str, tuple[int, ...]]) -> ShapeSource:
    return ShapeSource({name: TensorInfo(shape, dtype) for name, (dtype, shape) in infos.items()})


def layers(template: str, count: int, dtype: str = "f32") -> dict[str, tuple[str, tuple[int, ...]]]:
    return {template.format(i): (dtype, (768, 3072)) for i in range(count)}


def params(infos: dict[str, tuple[str, tuple[int, ...]]]) -> list[ParamSpec]:
    return [ParamSpec(name, shape, dtype) for name, (dtype, shape) in infos.items()]


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        (["a.b"], "a.b"),
        (["a.7.b"], "a.7.b"),
        ([f"a.{i}.b" for i in range(12)], "a.{0..11}.b"),
        (["a.5", "a.0", "a.2"], "a.{0,2,5}"),
        (["a.0", "a.1", "a.4", "a.5", "a.6"], "a.{0,1,4..6}"),
        (["a.0.x.3", "a.1.x.4", "a.2.x.5"], "a.{0..2}.x.{3..5}"),
        ([f"a.{2 * i}" for i in range(20)], "a.{0,2,4,6,8,10,...,38}"),
    ],
)
def test_numbers_fold(names: list[str], folded: str) -> None:
    assert fold(names) == folded


def test_plan_prints_one_line_per_kind() -> None:
    wanted = layers("encoder.layer.{}.output.dense.weight", 12) | {"pooler.bias": ("f32", (768,))}
    source = shapes(
        **layers("bert.encoder.layer.{}.output.dense.weight", 12),
        **{"bert.pooler.bias": ("bf16", (768,)), "cls.0.b": ("f32", (1,)), "cls.1.b": ("f32", ())},
    )
    plan = make_plan(params(wanted), source, RULES)
    assert plan.describe().splitlines() == [
        "encoder.layer.{0..11}.output.dense.weight  f32[768, 3072]  x12  9.4 MB  as stored",
        "pooler.bias                                f32[768]        x1   3.1 kB  cast bf16 -> f32",
        "13 weights, 113.2 MB",
        "ignored: cls.{0,1}.b (head of pre-training)",
    ]
    assert plan.nbytes == 12 * 768 * 3072 * 4 + 768 * 4
    assert plan.ignored == dict.fromkeys(["cls.0.b", "cls.1.b"], "head of pre-training")
    assert plan.unused == ()
    assert plan.entries[-1] == PlanEntry(
        param=ParamSpec("pooler.bias", (768,), "f32"),
        source_name="bert.pooler.bias",
        info=TensorInfo((768,), "bf16"),
        steps=("cast bf16 -> f32",),
    )


def test_plan_without_weights_prints_its_total() -> None:
    assert make_plan([], DictSource({})).describe() == "0 weights, 0 B"


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [("float64", "f32"), ("float32", "bf16"), ("bfloat16", "f32"), ("bfloat16", "f16")],
)
def test_floats_are_cast_and_aligned(stored: str, wanted: str) -> None:
    array = np.array([[1.5, -2.0, np.inf]]).astype(np.dtype(getattr(ml_dtypes, stored, stored)))
    plan = make_plan([ParamSpec("w", (1, 3), wanted)], DictSource({"w": array}))
    read = plan.read("w")
    assert read.astype(np.float64).tolist() == [[1.5, -2.0, np.inf]]
    assert is_aligned(read)
    assert not read.flags.writeable
    assert len(plan.entries[0].steps) == 1


@pytest.mark.parametrize(
    ("stored", "wanted"), [("float32", "f16"), ("bfloat16", "f16"), ("float32", "f8E4M3FN")]
)
def test_cast_that_overflows_is_an_error(stored: str, wanted: str) -> None:
    array = np.array([1e5]).astype(np.dtype(getattr(ml_dtypes, stored, stored)))
    plan = make_plan([ParamSpec("w", (1,), wanted)], DictSource({"w": array}))
    with pytest.raises(WeightError, match=f"`w`: expected values in the range of {wanted}, found"):
        plan.read("w")


def test_stored_types_are_read_in_place() -> None:
    array = np.ones((16, 16), np.float32)
    source = DictSource({"w": array})
    read = make_plan([ParamSpec("w", (16, 16), "f32")], source).read("w")
    assert np.shares_memory(read, array) == is_aligned(array)
    assert read.tolist() == array.tolist()


def test_plan_names_what_it_lacks() -> None:
    plan = make_plan(params(layers("a.{}", 2)), shapes(**layers("a.{}", 2)))
    with pytest.raises(
        WeightError, match=r"weight plan: expected a tensor `a\.2`, found 2 tensors"
    ):
        plan.read("a.2")
    with pytest.raises(WeightError, match="expected data, found a shape and no data"):
        plan.read("a.1")


def test_unused_tensors_may_be_allowed() -> None:
    plan = make_plan([], shapes(**layers("a.{}", 3)), allow_unused=True)
    assert plan.unused == ("a.0", "a.1", "a.2")
    assert plan.describe().endswith("unused: a.{0..2}")


def test_one_weight_may_be_named_twice_but_not_in_two_shapes() -> None:
    twice = [ParamSpec("w", (2,), "f32")] * 2
    assert len(make_plan(twice, shapes(w=("f32", (2,)))).entries) == 1
    with pytest.raises(WeightError, match=r"weight `w`: expected f32\[2\] as .*, found f32\[3\]"):
        make_plan([*twice, ParamSpec("w", (3,), "f32")], shapes(w=("f32", (3,))))
