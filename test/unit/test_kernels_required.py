"""What `kernels = required` and rules `=kernel` refuse, and all that they say then."""

from __future__ import annotations

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import dtypes
from rlxflow.blocks.embedding import Embed
from rlxflow.errors import KernelError, PassError
from rlxflow.kernels.built import bind_built, kernel_dispatch

pytestmark = pytest.mark.kernels


def words(dtype: str = "bf16", head: str = "head", **profile: object) -> rf.BuiltModel:
    """Rows of a table, and a product; with a head `table` both read one weight."""
    shapes = {"table": (40, 64), head: (40, 64)}
    rng = np.random.default_rng(3)
    held = {k: rng.normal(size=s).astype(dtypes.to_numpy(dtype)) for k, s in shapes.items()}
    flow = rf.ModelFlow("words").input("ids", rf.Shape([2, 3], "i32", axes=("b", "t")))
    flow = flow.stage("embed", Embed(key="table", hidden_size=64))
    flow = flow.custom(lambda emit, x: emit.linear(x, head, size=40), name="scores")
    return flow.with_profile(rf.CompileProfile(**profile)).build(held)


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
def test_rows_of_a_plain_table_need_no_kernel(dtype: str) -> None:
    """XLA moves the rows that are asked for, no more; the report says so."""
    said = {each.path: each for each in kernel_dispatch(words(dtype, kernels="required"), "cpu")}
    assert said["scores/head"].mode == "kernel"
    assert said["embed"].mode == "fuse"
    assert "no kernel: rows of a plain table are read in place" in said["embed"].reason


def test_a_table_that_a_product_reads_too_gets_one() -> None:
    bound = bind_built(words(head="table", kernels="required"), "cpu").bound
    assert bound is not None
    assert bound.report.bound == {
        "embed": "rlxflow.embed_rows.v1",
        "scores/table": "rlxflow.linear.v1",
    }


def test_a_rule_that_names_no_stage_is_told_with_what_is_missing() -> None:
    built = words(kernels="required", modes={"scores/head": "fence", "nothing/*": "fuse"})
    with pytest.raises(KernelError) as caught:
        bind_built(built, "cpu")
    message = str(caught.value)
    assert "found 1 without; rule `nothing/*=fuse` names no stage" in message
    assert "scores/head: mode `fence` (leave out the rule that gives it the mode)" in message
    with pytest.raises(PassError, match=r"rule `nothing/\*=fuse`: expected a pattern"):
        words(modes={"nothing/*": "fuse"}).compile()


def test_a_rule_for_a_kernel_says_what_is_missing() -> None:
    with pytest.raises(KernelError) as caught:
        bind_built(words(compute="f16", modes={"scores/*": "kernel", "embed": "fence"}), "cpu")
    message = str(caught.value)
    assert "expected a kernel for every stage that a rule gives the mode `kernel`" in message
    assert "scores/head: activations f16; the kernel takes f32 and bf16" in message
    assert "embed" not in message
    ruled = words(modes={"scores/*": "kernel"})
    with pytest.raises(KernelError, match=r"rule `scores/\*=kernel`, found platform `gpu`"):
        bind_built(ruled, "gpu")
    bound = bind_built(ruled, "cpu").bound
    assert bound is not None
    assert bound.report.bound == {"scores/head": "rlxflow.linear.v1"}
