"""Temporaries live from their maker to their last user; views and updates share memory."""

from __future__ import annotations

from rlxflow.inspect.hlo import HloModule
from rlxflow.inspect.kernels import read_program
from rlxflow.inspect.memory import Memory, plan_memory

KB = "f32[256]{0}"  # 1024 bytes


def memory(body: str, others: str = "") -> Memory:
    lines = "\n".join(f"  {line.strip()}" for line in body.strip().splitlines())
    text = f"HloModule m\n\n{others}\nENTRY %main (x: f32[256]) -> f32[256] {{\n{lines}\n}}\n"
    module = HloModule.parse(text)
    return plan_memory(module, read_program(module).paths)


def alive(found: Memory) -> dict[str, int]:
    return {name: nbytes for name, _, nbytes in found.schedule}


def test_a_value_lives_until_its_last_user() -> None:
    found = memory(f"""
        %x = {KB} parameter(0)
        %a = {KB} sine(%x)
        %b = f32[512]{{0}} pad(%a, %x), padding=0_256
        %c = f32[128]{{0}} slice(%b), slice={{[0:128]}}
        ROOT %y = {KB} pad(%c, %c), padding=0_128
    """)
    assert alive(found) == {"x": 0, "a": 1024, "b": 3072, "c": 2560, "y": 512}
    assert found.schedule[found.peak][0] == "b"
    assert found.peak_bytes == 3072
    assert [buffer.name for buffer in found.alive(found.peak)] == ["b", "a"]
    assert {b.name: b.kind for b in found.buffers} == {
        "x": "argument",
        "a": "temporary",
        "b": "temporary",
        "c": "temporary",
        "y": "output",
    }


def test_a_value_that_dies_lends_its_memory_to_one_of_its_size() -> None:
    found = memory(f"""
        %x = {KB} parameter(0)
        %a = {KB} sine(%x)
        %b = {KB} cosine(%a)
        %c = {KB} tanh(%b)
        ROOT %y = {KB} negate(%c)
    """)
    assert found.peak_bytes == 1024


def test_a_view_shares_memory_and_keeps_it_alive() -> None:
    found = memory(f"""
        %x = {KB} parameter(0)
        %a = {KB} sine(%x)
        %v = f32[16,16]{{1,0}} bitcast(%a)
        %b = f32[512]{{0}} pad(%x, %x), padding=0_256
        ROOT %y = {KB} custom-call(%v, %b), custom_call_target="f"
    """)
    assert alive(found)["b"] == 3072
    assert [b.name for b in found.buffers if b.kind == "temporary"] == ["a", "b"]


def test_an_update_in_place_needs_no_memory() -> None:
    update = f"""%f (p: f32[256], q: f32[4], i: s32[]) -> f32[256] {{
  %p = {KB} parameter(0)
  %q = f32[4]{{0}} parameter(1)
  %i = s32[] parameter(2)
  %u = {KB} dynamic-update-slice(%p, %q, %i)
  ROOT %b = {KB} bitcast(%u)
}}
"""
    through = update.replace("%f (", "%g (").replace("dynamic-update-slice(%p, %q, %i)", "sine(%p)")
    body = f"""
        %x = {KB} parameter(0)
        %new = f32[4]{{0}} parameter(1)
        %at = s32[] parameter(2)
        ROOT %y = {KB} fusion(%x, %new, %at), kind=kLoop, calls=%f
    """
    assert [b.name for b in memory(body, update).buffers] == ["x", "new", "at"]
    made = memory(body.replace("calls=%f", "calls=%g"), through)
    assert [b.name for b in made.buffers] == ["x", "new", "at", "y"]


def test_a_call_adds_what_it_needs_inside() -> None:
    called = f"""%inner (p: f32[256]) -> f32[256] {{
  %p = {KB} parameter(0)
  %t = f32[512]{{0}} pad(%p, %p), padding=0_256
  ROOT %r = {KB} slice(%t), slice={{[0:256]}}
}}
"""
    found = memory(
        f"""
        %x = {KB} parameter(0)
        %a = {KB} sine(%x)
        %c = {KB} call(%a), to_apply=%inner
        ROOT %y = {KB} negate(%c)
    """,
        called,
    )
    assert alive(found)["c"] == 1024 + 2048  # `c` takes the place of `a`; `t` is beside them


def test_a_loop_carries_its_values_in_place() -> None:
    loop = f"""%cond (t: (s32[], f32[256])) -> pred[] {{
  %t = (s32[], {KB}) parameter(0)
  %i = s32[] get-tuple-element(%t), index=0
  ROOT %less = pred[] compare(%i, %i), direction=LT
}}

%body (u: (s32[], f32[256])) -> (s32[], f32[256]) {{
  %u = (s32[], {KB}) parameter(0)
  %j = s32[] get-tuple-element(%u), index=0
  %v = {KB} get-tuple-element(%u), index=1
  ROOT %next = (s32[], {KB}) tuple(%j, %v)
}}
"""
    found = memory(
        f"""
        %x = {KB} parameter(0)
        %n = s32[] parameter(1)
        %a = {KB} sine(%x)
        %in = (s32[], {KB}) tuple(%n, %a)
        %w = (s32[], {KB}) while(%in), condition=%cond, body=%body
        %g = {KB} get-tuple-element(%w), index=1
        ROOT %y = {KB} negate(%g)
    """,
        loop,
    )
    assert [b.name for b in found.buffers] == ["x", "n", "a", "y"]
    assert alive(found)["w"] == 1024
