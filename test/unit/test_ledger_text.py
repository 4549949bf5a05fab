"""A module's text cut by stage: nothing is lost, and each piece is in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.hlo import HloModule
from rlxflow.inspect.kernels import read_program
from rlxflow.inspect.source import Source
from rlxflow.inspect.stage_text import Piece, flow_pieces, hlo_pieces, located_pieces
from rlxflow.ir.module import IrModule
from rlxflow.runtime.checkpoint import open_checkpoint

TINY = Path(__file__).resolve().parents[1] / "cli" / "Inputs" / "tiny"


@pytest.fixture(scope="module")
def source() -> Source:
    checkpoint = open_checkpoint(TINY, weights=None)
    built = checkpoint.build(checkpoint.flow(checkpoint.request("encode", batch=2, seq=5)))
    return Source(built.module, built.lowered, built.dispatch)


def inside(pieces: list[Piece], stage: str) -> str:
    found = [p.text for p in pieces if p.path == stage or p.path.startswith(f"{stage}/")]
    return "\n".join(found)


def test_pieces_of_the_flow_are_its_text(source: Source) -> None:
    pieces = flow_pieces(source.module)
    assert "\n".join(piece.text for piece in pieces) + "\n" == source.module.text()
    assert {piece.path for piece in pieces} - {""} == set(source.table().stages)


def test_a_stage_of_the_flow_is_one_region(source: Source) -> None:
    text = inside(flow_pieces(source.module), "encoder.layer.1/attention")
    assert text.count('"rlx.stage"(') == text.count('"rlx.yield"(') == 1
    assert 'block = "self_attention"' in text
    layer = inside(flow_pieces(source.module), "encoder.layer.1")
    assert layer.count('"rlx.stage"(') == sum(
        path.startswith("encoder.layer.1") for path in source.table().stages
    )


def test_a_composite_is_followed_by_what_it_is_made_of(source: Source) -> None:
    pieces = located_pieces(source.lowered("composite"))
    text = inside(pieces, "encoder.layer.0/mlp")
    first, *rest = text.splitlines()
    assert 'stablehlo.composite "rlx.' in first
    assert any("stablehlo.dot_general" in line for line in rest)
    assert all(len(line) - len(line.lstrip()) > 2 for line in rest)
    other = inside(pieces, "encoder.layer.1/mlp").splitlines()
    assert other[1:] == rest  # the same function, under another path


@pytest.mark.parametrize("modes", [{}, {"encoder.layer.*": "fence"}])
def test_stablehlo_is_cut_by_locations(source: Source, modes: dict[str, str]) -> None:
    checkpoint = open_checkpoint(TINY, weights=None)
    flow = checkpoint.flow(checkpoint.request("encode", batch=2, seq=5)).with_modes(modes)
    module = checkpoint.build(flow).lowered("stablehlo")
    pieces = located_pieces(module)
    text = inside(pieces, "encoder.layer.1/attention")
    assert text.count("stablehlo.dot_general") == 6
    assert "loc(" not in text
    table = source.table()
    named = [piece for piece in pieces if piece.path]
    assert sum(bool(table.inside(piece.path)) for piece in named) > 0.9 * len(named)


def test_an_operation_with_a_region_is_one_piece() -> None:
    text = """func.func @main(%x: tensor<4xf32>) -> tensor<f32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32> loc("a/zero")
  %sum = "stablehlo.reduce"(%x, %zero) ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %m = stablehlo.maximum %l, %r : tensor<f32> loc("a/inner")
    %n = stablehlo.add %m, %r : tensor<f32> loc("a/inner")
    "stablehlo.return"(%n) : (tensor<f32>) -> ()
  }) {dimensions = array<i64: 0>} : (tensor<4xf32>, tensor<f32>) -> tensor<f32> loc("a/sum")
  return %sum : tensor<f32>
}
"""
    pieces = located_pieces(IrModule.parse(text))
    assert [piece.path for piece in pieces] == ["a/zero", "a/sum", ""]
    assert "stablehlo.maximum" in pieces[1].text


def test_what_is_in_a_loop_has_its_own_stages() -> None:
    text = """func.func @main(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<4xf32> {
  %out:2 = stablehlo.while(%i = %n, %v = %x) : tensor<i32>, tensor<4xf32>
  cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1> loc("layers/more")
    stablehlo.return %c : tensor<i1> loc("layers/more")
  } do {
    %w = stablehlo.sine %v : tensor<4xf32> loc("layers/attention/sine")
    %u = stablehlo.add %w, %v : tensor<4xf32> loc("layers/mlp/add")
    stablehlo.return %i, %u : tensor<i32>, tensor<4xf32> loc("layers/next")
  } loc("layers/loop")
  return %out#1 : tensor<4xf32>
}
"""
    pieces = located_pieces(IrModule.parse(text))
    assert "stablehlo.sine" in inside(pieces, "layers/attention")
    assert inside(pieces, "layers/mlp").split()[2] == "stablehlo.add"
    shown = inside(pieces, "layers")
    assert [line.split()[0] for line in shown.splitlines()] == [
        *("%0:2", "cond", "%1", "stablehlo.return", "}"),
        *("%1", "%2", "stablehlo.return", "}"),
    ]
    assert "loc(" not in shown


def test_kernels_are_shown_with_what_is_fused() -> None:
    text = """HloModule m

%f (p: f32[4]) -> f32[4] {
  %p = f32[4]{0} parameter(0)
  %n = f32[4]{0} negate(%p), metadata={op_name="jit(m)/rlx_module/a/n" stack_frame_id=1}
  ROOT %s = f32[4]{0} sine(%n), metadata={op_name="jit(m)/rlx_module/b/s"}
}

ENTRY %main (x: f32[4]) -> f32[4] {
  %x = f32[4]{0} parameter(0)
  ROOT %k = f32[4]{0} fusion(%x), kind=kLoop, calls=%f, backend_config={"a":"b"}
}
"""
    pieces = hlo_pieces(read_program(HloModule.parse(text)))
    assert {piece.path for piece in pieces} == {"a/n", "b/s"}
    (shown,) = {piece.text for piece in pieces}
    assert shown.splitlines() == [
        "ROOT %k = f32[4]{0} fusion(%x), kind=kLoop, calls=%f",
        "  %p = f32[4]{0} parameter(0)",
        "  %n = f32[4]{0} negate(%p)",
        "  ROOT %s = f32[4]{0} sine(%n)",
    ]


def test_everything_shows_itself_in_a_notebook() -> None:
    flow = open_checkpoint(TINY, weights=None)
    model = flow.flow(flow.request("encode", batch=1, seq=5))
    assert "encoder.layer.1" in model._repr_html_()
    built = flow.build(model)
    assert "<summary><b>bert</b></summary>" in built._repr_html_()
    text = "HloModule m\n\nENTRY %main () -> f32[] {\n  ROOT %x = f32[] constant(0)\n}\n"
    shown = make_ledger(text, 'a "b" & c')._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert shown.count('"') == 6  # three attributes: the page inside is escaped
