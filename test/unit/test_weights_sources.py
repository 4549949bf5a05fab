"""Sources without files, and name rules."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from rlxflow.errors import DTypeError, WeightError
from rlxflow.weights import (
    DictSource,
    NameRules,
    RenamedSource,
    ShapeSource,
    TensorInfo,
    WeightSource,
    aligned_empty,
    is_aligned,
)
from rlxflow.weights.aligned import address

ONE = np.ones(3, np.float32)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (5, 7), (2, 0, 3)])
@pytest.mark.parametrize("dtype", [np.float64, ml_dtypes.bfloat16, np.bool_])
def test_aligned_empty_starts_on_a_boundary(shape: tuple[int, ...], dtype: type) -> None:
    for _ in range(20):
        array = aligned_empty(shape, np.dtype(dtype))
        assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
        assert array.flags.writeable
        assert address(array) % 64 == 0


def test_tensor_info_knows_its_bytes_and_text() -> None:
    assert TensorInfo((768, 3072), "bf16").nbytes == 2 * 768 * 3072
    assert TensorInfo((), "f32").nbytes == 4
    assert str(TensorInfo((768, 3072), "f32")) == "f32[768, 3072]"
    with pytest.raises(DTypeError, match="found `float32`"):
        TensorInfo((1,), "float32")
    with pytest.raises(WeightError, match=r"expected sizes of 0 or more, found \(-1,\)"):
        TensorInfo((-1,), "f32")


def test_aligned_arrays_are_used_in_place() -> None:
    array = aligned_empty((4, 4), np.dtype(np.float32))
    read = DictSource({"w": array}).read("w")
    assert address(read) == address(array)
    assert not read.flags.writeable
    assert array.flags.writeable


def test_other_arrays_are_copied_to_a_boundary() -> None:
    array = aligned_empty((8, 8), np.dtype(np.float32))
    array[...] = np.arange(64).reshape(8, 8)
    for odd in (array.T, array[1:, 1:], array.reshape(-1)[1:]):
        read = DictSource({"w": odd}).read("w")
        assert is_aligned(read)
        assert np.array_equal(read, odd)


def test_whatever_numpy_takes_is_a_weight() -> None:
    source = DictSource({"list": [[1.0, 2.0]], "scalar": np.float32(3), "int": 4})
    assert source.info("list") == TensorInfo((1, 2), "f64")
    assert source.read("scalar").tolist() == 3
    assert source.info("int").dtype == "i64"


def test_arrays_that_know_their_shape_are_not_fetched_for_it() -> None:
    class OnDevice:
        shape = (3,)
        dtype = np.dtype(np.float32)
        fetched = 0

        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            self.fetched += 1
            return ONE

    array = OnDevice()
    source = DictSource({"w": array})
    assert source.info("w") == TensorInfo((3,), "f32")
    assert array.fetched == 0
    assert source.read("w").tolist() == [1, 1, 1]


def test_wrong_mappings_are_named() -> None:
    with pytest.raises(DTypeError, match=r"mapping of arrays: `w`: .*found numpy object"):
        DictSource({"w": object()})
    with pytest.raises(WeightError, match=r"`w`: expected an array.*np\.asarray takes"):
        DictSource({"w": [[1], [1, 2]]})
    with pytest.raises(WeightError, match="expected a tensor `x`, found 1 tensors without it"):
        DictSource({"w": ONE}).info("x")


def test_shapes_have_no_data() -> None:
    source = ShapeSource({"w": TensorInfo((2,), "f32")})
    assert source.info("w").shape == (2,)
    assert list(source.names()) == ["w"]
    assert "w" in source
    with pytest.raises(
        WeightError, match=r"`w`: expected data, found a shape .*; pass a checkpoint"
    ):
        source.read("w")
    with pytest.raises(WeightError, match="expected a tensor `x`"):
        source.info("x")


BERT = NameRules(
    prefixes=("bert.", "model."),
    replace=(("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")),
    ignore=(("cls.*", "head of pre-training"), ("*.position_ids", "a constant")),
)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("bert.a.LayerNorm.gamma", "a.LayerNorm.weight"),
        ("bert.model.x", "model.x"),
        ("a.LayerNorm.gamma.x", "a.LayerNorm.gamma.x"),
        ("x.bert.y", "x.bert.y"),
    ],
)
def test_rules_make_names_canonical(name: str, canonical: str) -> None:
    assert BERT.canonical(name) == canonical


def test_ignored_names_have_a_reason() -> None:
    assert BERT.ignored("cls.predictions.bias") == "head of pre-training"
    assert BERT.ignored("embeddings.position_ids") == "a constant"
    assert BERT.ignored("embeddings.weight") is None


def test_renamed_source_answers_to_canonical_names() -> None:
    source = RenamedSource(DictSource({"bert.w": ONE}), BERT)
    assert isinstance(source, WeightSource)
    assert list(source.names()) == ["w"]
    assert source.original("w") == "bert.w"
    assert source.info("w").shape == (3,)
    assert source.read("w").tolist() == [1, 1, 1]
    assert "bert.w" not in source
    with pytest.raises(WeightError, match=r"expected a tensor `bert\.w`"):
        source.read("bert.w")


def test_two_names_that_become_one_are_an_error() -> None:
    with pytest.raises(WeightError, match=r"one tensor for `w`, found `bert\.w` and `w`"):
        RenamedSource(DictSource({"bert.w": ONE, "w": ONE}), BERT)
