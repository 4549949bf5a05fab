"""Which slices of stacks calls take whole, and which stay; see passes/index_stacks.mlir."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.ir.module import IrModule
from rlxflow.kernels.index_stacks import IndexStacks
from rlxflow.kernels.library import need_library

GOOD = (Path(__file__).resolve().parents[1] / "passes" / "index_stacks.mlir").read_text()
LAYER = re.compile(r"custom_call @rlxflow\.(\w+)\.v1\([^)]*%layer\w*\)")
WITH_KEYS = "tensor<3x1x3x8x16xf32>"


def indexed(*changes: tuple[str, str]) -> set[str]:
    """Returns which calls are for a layer once the good module is changed, which must be right."""
    text = GOOD
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    module = IrModule.parse(text)
    IndexStacks().run(module)
    made = module.text()
    IrModule.parse(made)
    return set(LAYER.findall(made))


def test_all_of_the_good_module_are() -> None:
    assert indexed() == {"linear", "attend_decode"}


@pytest.mark.parametrize(
    "change",
    [
        ("%one = stablehlo.constant dense<1>", "%one = stablehlo.constant dense<2>"),  # by 2
        ("%first = stablehlo.constant dense<0>", "%first = stablehlo.constant dense<1>"),
        ("%passes = stablehlo.constant dense<3>", "%passes = stablehlo.constant dense<4>"),
        ("%more = stablehlo.compare LT", "%more = stablehlo.compare LE"),
        ("compare LT, %pass, %passes", "compare LT, %passes, %pass"),
        ("%next = stablehlo.add %pass, %one", "%next = stablehlo.multiply %pass, %one"),
        ("%next = stablehlo.add %pass, %one", "%next = stablehlo.add %one, %one"),
    ],
)
def test_a_loop_that_does_not_count_the_layers_keeps_its_slices(change: tuple[str, str]) -> None:
    assert indexed(change) == set()


def test_fewer_passes_than_layers_are_a_loop_too() -> None:
    assert indexed(
        ("%passes = stablehlo.constant dense<3>", "%passes = stablehlo.constant dense<2>")
    )


PEEK = "    %krow = stablehlo.reshape"
ROW = "stablehlo.dynamic_update_slice %ks, %krow, "


@pytest.mark.parametrize(
    "changes",
    [
        # something else reads the slice of keys, the stack, or what the call gives
        [(PEEK, f"    %peek = stablehlo.negate %k : tensor<1x3x8x16xf32>\n{PEEK}")],
        [(PEEK, f"    %peek = stablehlo.negate %ks : {WITH_KEYS}\n{PEEK}")],
        [(PEEK, f"    %peek = stablehlo.negate %0#1 : tensor<1x3x8x16xf32>\n{PEEK}")],
        # it is put back elsewhere, or into something else
        [(f"{ROW}%pass, %zero", f"{ROW}%zero, %zero")],
        [(f"{ROW}%pass, %zero, %zero", f"{ROW}%pass, %zero, %one")],
        [
            (PEEK, f"    %other = stablehlo.negate %ks : {WITH_KEYS}\n{PEEK}"),
            (ROW, ROW.replace("%ks", "%other")),
        ],
    ],
)
def test_caches_that_others_see_keep_their_slices(changes: list[tuple[str, str]]) -> None:
    assert indexed(*changes) == {"linear"}


def test_weights_that_others_read_keep_their_slices() -> None:
    peek = "    %peek = stablehlo.not %w : tensor<4352xui8>\n    %kcut ="
    assert indexed(("    %kcut =", peek)) == {"attend_decode"}


LOOP = """%{0} = stablehlo.while(%{1} = %first) : tensor<i32>
  cond {{
    %n = stablehlo.constant dense<3> : tensor<i32>
    %c = stablehlo.compare LT, %{1}, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    {2}
    %one = stablehlo.constant dense<1> : tensor<i32>
    %next = stablehlo.add %{1}, %one : tensor<i32>
    stablehlo.return %next : tensor<i32>
  }}"""
TAKE = """%{0}c = stablehlo.dynamic_slice %s{0}, %{0}, %first, sizes = [1, 4352]
      : (tensor<3x4352xui8>, tensor<i32>, tensor<i32>) -> tensor<1x4352xui8>
    %{0}w = stablehlo.reshape %{0}c : (tensor<1x4352xui8>) -> tensor<4352xui8>"""
GLU = """%y:2 = stablehlo.custom_call @rlxflow.linear_glu.v1(%x, %iw, %jw) {api_version = 4 : i32,
      backend_config = {}} : (tensor<1x64xf32>, tensor<4352xui8>, tensor<4352xui8>)
      -> (tensor<1x64xf32>, tensor<224xui8>)"""
STACK = "tensor<3x4352xui8>"


def test_a_call_is_for_one_layer_alone() -> None:
    """Of weights by the counters of two loops, one inside the other, one stays a slice."""
    inner = LOOP.format("inner", "j", "\n    ".join([TAKE.format("i"), TAKE.format("j"), GLU]))
    module = IrModule.parse(
        f"""func.func @main(%x: tensor<1x64xf32>, %si: {STACK}, %sj: {STACK}) -> tensor<i32> {{
  %first = stablehlo.constant dense<0> : tensor<i32>
  {LOOP.format("outer", "i", inner)}
  return %outer : tensor<i32>
}}"""
    )
    IndexStacks().run(module)
    text = module.text()
    IrModule.parse(text)
    assert text.count("stablehlo.dynamic_slice") == 1
    call = "tensor<1x64xf32>, tensor<3x4352xui8>, tensor<4352xui8>, tensor<i32>"
    assert f"({call})" in text


ONLY_READ = """%z = stablehlo.constant dense<0> : tensor<i32>
    %kc = stablehlo.dynamic_slice %sk, %i, %z, %z, %z, %z, sizes = [1, 1, 3, 8, 16]
      : (tensor<3x1x3x8x16xf32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>)
      -> tensor<1x1x3x8x16xf32>
    %k = stablehlo.reshape %kc : (tensor<1x1x3x8x16xf32>) -> tensor<1x3x8x16xf32>
    %vc = stablehlo.dynamic_slice %sv, %i, %z, %z, %z, %z, sizes = [1, 1, 3, 16, 8]
      : (tensor<3x1x3x16x8xf32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>)
      -> tensor<1x1x3x16x8xf32>
    %v = stablehlo.reshape %vc : (tensor<1x1x3x16x8xf32>) -> tensor<1x3x16x8xf32>
    %y = "rlx.stage"(%q, %k, %v, %at) ({
    ^bb0(%qi: tensor<1x1x3x5x8xf32>, %ki: tensor<1x3x8x16xf32>, %vi: tensor<1x3x16x8xf32>,
         %ai: tensor<1x1xi32>):
      %o:2 = stablehlo.custom_call @rlxflow.attend_decode.v1(%qi, %ki, %vi, %ai) {
          api_version = 4 : i32, backend_config = {}}
        : (tensor<1x1x3x5x8xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>, tensor<1x1xi32>)
        -> (tensor<1x1x3x5x8xf32>, tensor<2304xui8>)
      "rlx.yield"(%o#0) : (tensor<1x1x3x5x8xf32>) -> ()
    }) {block = "attend", mode = #rlx.mode<kernel>, name = "attend"}
      : (tensor<1x1x3x5x8xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>, tensor<1x1xi32>)
      -> tensor<1x1x3x5x8xf32>
    """
PEEKS = (
    "",
    "%peek = stablehlo.negate %v : tensor<1x3x16x8xf32>",
    "%peek = stablehlo.negate %sk : tensor<3x1x3x8x16xf32>",
    "%peek = stablehlo.negate %kc : tensor<1x1x3x8x16xf32>",
)


@pytest.mark.parametrize("peek", PEEKS)
def test_caches_that_a_call_only_reads_are_handed_whole(peek: str) -> None:
    """All of a call or none, and not where something else reads them or might write them."""
    module = IrModule.parse(
        f"""func.func @main(%q: tensor<1x1x3x5x8xf32>, %sk: tensor<3x1x3x8x16xf32>,
    %sv: tensor<3x1x3x16x8xf32>, %at: tensor<1x1xi32>) -> tensor<i32> {{
  %first = stablehlo.constant dense<0> : tensor<i32>
  {LOOP.format("loop", "i", f"{ONLY_READ}{peek}")}
  return %loop : tensor<i32>
}}"""
    )
    IndexStacks().run(module)
    text = module.text()
    IrModule.parse(text)
    given = (
        "(tensor<1x1x3x5x8xf32>, tensor<3x1x3x8x16xf32>, tensor<3x1x3x16x8xf32>, tensor<1x1xi32>"
    )
    assert (f"{given}, tensor<i32>)" in text) == (not peek)
    assert text.count("stablehlo.dynamic_slice") == (2 if peek else 0)


SUMMED = """%loop:2 = stablehlo.while(%i = %first, %sum = %zeros)
    : tensor<i32>, tensor<1x1x3x5x8xf32>
  cond {{
    %n = stablehlo.constant dense<3> : tensor<i32>
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    {}
    %one = stablehlo.constant dense<1> : tensor<i32>
    %next = stablehlo.add %i, %one : tensor<i32>
    %two = stablehlo.add %sum, %sum : tensor<1x1x3x5x8xf32>
    %more = stablehlo.add %two, %y : tensor<1x1x3x5x8xf32>
    stablehlo.return %next, %more : tensor<i32>, tensor<1x1x3x5x8xf32>
  }}"""


@pytest.mark.kernels
def test_attention_that_only_reads_gives_the_numbers_of_slices() -> None:
    """The sums weigh layers by 4, 2 and 1; no slice of a cache is left in the program."""
    config = "{scale = 0.3 : f32, softcap = 0.0 : f32, window = 0 : i64}"
    body = ONLY_READ.replace("backend_config = {}", f"backend_config = {config}")
    text = f"""func.func @main(%q: tensor<1x1x3x5x8xf32> {{rlx.input = "q"}},
    %sk: tensor<3x1x3x8x16xf32> {{rlx.input = "sk"}},
    %sv: tensor<3x1x3x16x8xf32> {{rlx.input = "sv"}}, %at: tensor<1x1xi32> {{rlx.input = "at"}})
    -> (tensor<1x1x3x5x8xf32> {{rlx.output = "sum"}}) {{
  %first = stablehlo.constant dense<0> : tensor<i32>
  %zeros = stablehlo.constant dense<0.0> : tensor<1x1x3x5x8xf32>
  {SUMMED.format(body)}
  return %loop#1 : tensor<1x1x3x5x8xf32>
}}"""
    size = need_library("tests").attend_decode_workspace(1, 1, 3, 5, 8, 16)
    module = IrModule.parse(text.replace("2304xui8", f"{size}xui8"))
    sliced, given = module.text(), dict[str, np.ndarray]()
    IndexStacks().run(module)
    programs = [rf.BuiltModel.from_mlir(each).compile() for each in (module.text(), sliced)]
    rng = np.random.default_rng(2)
    for name in ("q", "sk", "sv"):
        shape = next(port.shape for port in module.arguments() if port.name == name)
        given[name] = rng.normal(size=shape).astype(np.float32)
    given["at"] = np.array([[11]], np.int32)
    found, wanted = (np.asarray(program(**given)["sum"]) for program in programs)
    assert np.array_equal(found, wanted)
    assert np.abs(found).max() > 1
    cuts = ["f32[1,1,3,8,16]" in program.hlo() for program in programs]
    assert cuts == [False, True]
