"""A stage that only looks like one with a kernel keeps its body: what differs is in the report."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.moe import FORMS, MoeMlp
from rlxflow.ir.module import IrModule
from rlxflow.kernels.bind import BindKernels, Report
from rlxflow.kernels.library import need_library

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_decoders import CONTEXT, tiny

pytestmark = pytest.mark.kernels
DIFFERS = "its body is not that of the block"
ATTEND, EXPERTS = "layers.0/attention/attend", "mlp/experts"


@cache
def bound(text: str) -> Report:
    return BindKernels("required").bind(IrModule.parse(text), need_library("the test"))


def changed(text: str, pattern: str, new: str) -> str:
    made = re.sub(pattern, new, text)
    assert made != text
    return made


@cache
def attention(phase: str) -> str:
    """Two layers, the first with a window, both with a softcap; 2 rows, heads 2 by 2."""
    model = tiny("gemma2")
    return model.build(model.flow(phase, 2, 5 if phase == "prefill" else 1, context=CONTEXT)).mlir()


@cache
def mixture(form: str) -> str:
    """Three tokens, two of eight experts each; for `grouped` more than fit into one round."""
    tokens = 40 if form == "grouped" else 3
    block = MoeMlp(
        router_key="router",
        gate_key="gate",
        up_key="up",
        down_key="down",
        num_experts=8,
        num_experts_per_tok=2,
        norm_topk_prob=True,
        moe_intermediate_size=16,
        form=form,
    )
    shapes = {"router": (8, 16), "gate": (8, 16, 16), "up": (8, 16, 16), "down": (8, 16, 16)}
    held = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    flow = rf.ModelFlow("mixture").input("x", rf.Shape([1, tokens, 16])).stage("mlp", block)
    return flow.build(held).mlir()


SCORES = [  # what is wrong, of both phases
    ("scale", r"dense<0.333333343>", "dense<0.25>"),
    ("no softcap in the numbers", r"softcap = 5.0\S+ : f64, ", ""),
    ("another softcap", r"softcap = 5.0\S+ : f64", "softcap = 30.0 : f64"),
    ("window off by one", r"window = 6 : i64", "window = 5 : i64"),
    ("an attribute more", r"stablehlo.tanh (%\S+) :", r"stablehlo.tanh \1 {more = 1 : i32} :"),
    (
        "queries negated",
        r"(\n *)%(\S+) = stablehlo.dot_general (%\w+), (.*: \()(tensor<[^>]*>), ",
        r"\1%n\2 = stablehlo.negate \3 : \5\1%\2 = stablehlo.dot_general %n\2, \4\5, ",
    ),
    ("heads the other way round", r"batching_dims = \[0, 2\] x", "batching_dims = [0, 3] x"),
    ("sharp softmax", r"stablehlo.exponential", "stablehlo.exponential_minus_one"),
]
DECODE = [
    ("its own position hidden", r"compare LE", "compare LT"),
    ("another ring", r"(stablehlo.remainder %add\S*), \S+ :", r"\1, %add :"),
]
PREFILL = [
    ("its own position hidden", r"compare GE", "compare GT"),
    ("not causal in the numbers", r"causal = true, masked", "causal = false, masked"),
]


@pytest.mark.parametrize(
    ("phase", "what", "pattern", "new"),
    [
        *(("decode", *each) for each in (*SCORES, *DECODE)),
        *(("prefill", *each) for each in (*SCORES, *PREFILL)),
    ],
)
def test_attention_of_another_kind_keeps_its_body(
    phase: str, what: str, pattern: str, new: str
) -> None:
    text = attention(phase)
    assert bound(text).bound[ATTEND] == f"rlxflow.attend_{phase}.v1"
    found = bound(changed(text, pattern, new))
    assert ATTEND not in found.bound, what
    assert DIFFERS in found.reasons[ATTEND]


ROWS = r"tensor<3x2x16xf32>"
MIXTURES = [
    ("gathered", "activation", r"stablehlo.logistic", "stablehlo.tanh"),
    ("gathered", "activation in the numbers", r'activation = "silu"', 'activation = "relu"'),
    ("gathered", "shares added", rf"multiply (%\S+ %\S+ : {ROWS})", r"add \1"),
    ("gathered", "largest answer", rf"stablehlo.add (.*\[1\] : \({ROWS})", r"stablehlo.maximum \1"),
    ("gathered", "another token", r"stablehlo.divide %while", "stablehlo.remainder %while"),
    ("dense", "all but the chosen", r"compare EQ", "compare NE"),
    ("dense", "form in the numbers", r'form = "dense"', 'form = "gathered"'),
    ("dense", "largest answer", r"add (across dimensions = \[0\])", r"maximum \1"),
    ("grouped", "experts the other way round", r"compare LT", "compare GT"),
    ("grouped", "activation", r"stablehlo.logistic", "stablehlo.tanh"),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_experts_is_known(form: str) -> None:
    assert bound(mixture(form)).bound[EXPERTS] == "rlxflow.experts.v1"


@pytest.mark.parametrize(("form", "what", "pattern", "new"), MIXTURES)
def test_experts_of_another_kind_keep_their_body(
    form: str, what: str, pattern: str, new: str
) -> None:
    found = bound(changed(mixture(form), pattern, new))
    assert EXPERTS not in found.bound, what
    assert DIFFERS in found.reasons[EXPERTS]


def test_order_and_names_do_not_count() -> None:
    text = attention("decode")
    pattern = r"(.* = stablehlo.dot_general .*\n)(.* = stablehlo.constant dense<0.333333343> .*\n)"
    moved = changed(changed(text, pattern, r"\2\1"), r"%tanh\b", "%limited")
    assert bound(moved).bound[ATTEND] == "rlxflow.attend_decode.v1"
