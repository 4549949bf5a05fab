"""Packed linears: the blocks of a file with scheme and sizes; plain numbers where it has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import WeightError
from rlxflow.weights import (
    DictSource,
    GgufFile,
    GgufPackedLinear,
    HfView,
    NameRules,
    RenamedSource,
    WeightSource,
    resolve_linear,
    take_packed,
    take_packed_bank,
)
from rlxflow.weights.packed import scheme_of
from rlxflow.weights.quants import BY_NAME, dequantise
from rlxflow.weights.stacked import StackedSource

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"
LAYER = "model.layers.0"
EXPERTS = [f"{LAYER}.block_sparse_moe.experts.{e}.w1.weight" for e in range(3)]


def mixtral() -> HfView:
    """Matrices in Q8_0, rows of query and key in another order than in the file, biases."""
    return HfView(GgufFile(GOLDENS / "mixtral.gguf"))


@pytest.mark.parametrize("part", ["q_proj", "v_proj", "o_proj"])
def test_blocks_are_those_of_the_values(part: str) -> None:
    source, key = mixtral(), f"{LAYER}.self_attn.{part}.weight"
    packed = take_packed(source, key)
    assert packed is not None
    assert (packed.out_dim, packed.in_dim) == source.info(key).shape
    assert (packed.scheme, packed.w_q.dtype) == ("Q8_0", np.uint8)
    values = dequantise(BY_NAME[packed.scheme], packed.w_q).reshape(packed.out_dim, packed.in_dim)
    np.testing.assert_array_equal(values, source.read(key))


def test_bias_comes_along() -> None:
    source, own = mixtral(), f"{LAYER}.self_attn"
    packed = take_packed(source, f"{own}.q_proj.weight")
    assert packed is not None
    assert packed.bias is not None
    np.testing.assert_array_equal(packed.bias, source.read(f"{own}.q_proj.bias"))
    without = take_packed(source, f"{own}.o_proj.weight")
    assert without is not None
    assert without.bias is None


def test_other_names_and_stacks_lead_to_the_same_blocks() -> None:
    source = mixtral()
    renamed = RenamedSource(source, NameRules(prefixes=("model.",)))
    stacked = StackedSource(renamed, {"w1": [key.removeprefix("model.") for key in EXPERTS]})
    for view in (renamed, stacked):
        packed = take_packed(view, "layers.0.self_attn.q_proj.weight")
        wanted = take_packed(source, f"{LAYER}.self_attn.q_proj.weight")
        assert packed is not None
        assert wanted is not None
        np.testing.assert_array_equal(packed.w_q, wanted.w_q)
    assert take_packed(stacked, "w1") is None
    assert scheme_of(stacked, "w1") == "Q8_0"


def test_bank_of_experts() -> None:
    source = mixtral()
    bank = take_packed_bank(source, EXPERTS)
    assert bank is not None
    assert len(bank) == 3
    for packed, key in zip(bank, EXPERTS, strict=True):
        values = dequantise(BY_NAME["Q8_0"], packed.w_q).reshape(packed.out_dim, packed.in_dim)
        np.testing.assert_array_equal(values, source.read(key))
    down = f"{LAYER}.block_sparse_moe.experts.0.w2.weight"
    assert take_packed_bank(source, [*EXPERTS, down]) is None
    assert take_packed_bank(source, []) is None


PLAIN: dict[str, tuple[WeightSource, str]] = {
    "arrays": (DictSource({"a.weight": np.ones((2, 3), np.float32)}), "a.weight"),
    "norm in a file": (mixtral(), "model.norm.weight"),
    "matrix of plain numbers": (
        HfView(GgufFile(GOLDENS / "gemma3.gguf")),
        f"{LAYER}.mlp.up_proj.weight",
    ),
}


@pytest.mark.parametrize("case", PLAIN)
def test_plain_numbers_are_not_packed(case: str) -> None:
    source, key = PLAIN[case]
    assert take_packed(source, key) is None
    found = resolve_linear(source, key)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, source.read(key).astype(np.float32))


def test_resolved_linear_is_packed_where_it_can_be() -> None:
    found = resolve_linear(mixtral(), EXPERTS[1])
    assert isinstance(found, GgufPackedLinear)


def test_file_alone_keeps_its_order_of_rows() -> None:
    file = GgufFile(GOLDENS / "mixtral.gguf")
    packed = take_packed(file, "blk.0.attn_q.weight")
    assert packed is not None
    np.testing.assert_array_equal(packed.w_q, file.packed("blk.0.attn_q.weight"))
    ours = take_packed(mixtral(), f"{LAYER}.self_attn.q_proj.weight")
    assert ours is not None
    assert (ours.w_q != packed.w_q).any()


def test_unknown_name_is_an_error() -> None:
    with pytest.raises(WeightError, match="nearest names"):
        take_packed(mixtral(), f"{LAYER}.self_attn.q_prj.weight")


@pytest.mark.parametrize(
    ("scheme", "shape", "sizes"),
    [("F16", (2, 64), (32, 2)), ("Q8_0", (2, 34), (40, 2)), ("Q8_0", (2, 33), (32, 2))],
)
def test_blocks_that_do_not_fit_are_refused(
    scheme: str, shape: tuple[int, int], sizes: tuple[int, int]
) -> None:
    blocks = np.zeros(shape, np.uint8)
    with pytest.raises(WeightError, match="packed weight"):
        GgufPackedLinear(w_q=blocks, scheme=scheme, in_dim=sizes[0], out_dim=sizes[1])
