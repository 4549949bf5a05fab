"""Every instruction finds its stage, or a remainder that says why not."""

from __future__ import annotations

import pytest

import rlxflow as rf
from rlxflow.inspect import paths as names
from rlxflow.inspect.hlo import HloModule
from rlxflow.inspect.kernels import Program, read_program
from rlxflow.inspect.stage_table import StageTable, stage_table
from rlxflow.ir.module import Port

HEAD = """HloModule jit_m

%apply (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %add.0 = f32[] add(%a, %b), metadata={op_name="norm/reduce"}
}
"""


def program(body: str, others: str = "", table: StageTable | None = None) -> Program:
    lines = "\n".join(f"  {line.strip()}" for line in body.strip().splitlines())
    text = f"{HEAD}\n{others}\nENTRY %main (x: f32[4,4]) -> f32[4,4] {{\n{lines}\n}}\n"
    return read_program(HloModule.parse(text), table)


def located(path: str) -> str:
    return f'metadata={{op_name="jit(m)/rlx_module/{path}" stack_frame_id=7}}'


def entry(found: Program) -> dict[str, str]:
    return found.paths["main"]


X = "%x = f32[4,4]{1,0} parameter(0)"


def test_a_location_is_a_path() -> None:
    found = program(f"{X}\nROOT %y = f32[4,4]{{1,0}} add(%x, %x), {located('layers.0/mlp/add')}")
    assert entry(found) == {"x": names.ARGUMENTS, "y": "layers.0/mlp/add"}


def test_of_joined_locations_the_first_counts() -> None:
    found = program(f"{X}\nROOT %y = f32[4,4]{{1,0}} add(%x, %x), {located('a/reshape;a/attend')}")
    assert entry(found)["y"] == "a/reshape"


def test_the_view_that_follows_names_a_product() -> None:
    fused = f"""%f (p: f32[4,4], q: f32[4,4]) -> f32[4,4] {{
  %p = f32[4,4]{{1,0}} parameter(0)
  %v = f32[4,4]{{1,0}} bitcast(%p), {located("layers.0/attention/o_proj")}
  %q = f32[4,4]{{1,0}} parameter(1)
  ROOT %sum = f32[4,4]{{1,0}} add(%v, %q), {located("layers.0/residual_add/add")}
}}
"""
    body = f"""
    {X}
    %d = f32[4,4]{{1,0}} dot(%x, %x), lhs_contracting_dims={{1}}, rhs_contracting_dims={{1}}
    ROOT %y = f32[4,4]{{1,0}} fusion(%d, %x), kind=kLoop, calls=%f, HERE
    """.replace("HERE", located("layers.0/residual_add/add"))
    found = program(body, fused)
    assert entry(found)["d"] == "layers.0/attention/o_proj"
    parts = {kernel.name: set(kernel.parts) for kernel in found.kernels}
    assert parts["y"] == {"layers.0/attention/o_proj", "layers.0/residual_add/add"}


def test_a_fusion_without_a_name_has_that_of_its_root() -> None:
    fused = f"""%f (p: f32[4,4]) -> f32[4,4] {{
  %p = f32[4,4]{{1,0}} parameter(0)
  %n = f32[4,4]{{1,0}} negate(%p), {located("b/negate")}
  ROOT %sum = f32[4,4]{{1,0}} add(%n, %n), {located("a/add")}
}}
"""
    found = program(f"{X}\nROOT %y = f32[4,4]{{1,0}} fusion(%x), kind=kLoop, calls=%f", fused)
    assert entry(found)["y"] == "a/add"


def test_users_in_one_stage_give_what_they_share() -> None:
    body = f"""
    {X}
    %c = f32[4,4]{{1,0}} negate(%x)
    %q = f32[4,4]{{1,0}} sine(%c), {located("layers.0/attention/q_proj")}
    %k = f32[4,4]{{1,0}} cosine(%c), {located("layers.0/attention/k_proj")}
    ROOT %y = f32[4,4]{{1,0}} add(%q, %k), {located("layers.0/attention/attend")}
    """
    assert entry(program(body))["c"] == "layers.0/attention"


def test_users_in_several_stages_are_a_remainder_with_its_reason() -> None:
    body = f"""
    {X}
    %c = f32[4,4]{{1,0}} negate(%x)
    %q = f32[4,4]{{1,0}} sine(%c), {located("a/q")}
    %k = f32[4,4]{{1,0}} cosine(%c), {located("b/k")}
    ROOT %y = f32[4,4]{{1,0}} add(%q, %k), {located("c/add")}
    """
    assert entry(program(body))["c"] == names.TWO_STAGES
    made_of = body.replace("negate(%x)", "negate(%n)").replace(
        "%c =", f"%n = f32[4,4]{{1,0}} exponential(%x), {located('d/exp')}\n%c ="
    )
    assert entry(program(made_of))["c"] == "d/exp"  # what it is made of decides


def test_copies_constants_and_results_are_remainders() -> None:
    body = f"""
    {X}
    %zero = f32[] constant(0)
    %one = f32[] constant(1)
    %r = f32[4]{{0}} reduce(%x, %zero), dimensions={{1}}, to_apply=%apply, {located("a/reduce")}
    %s = f32[4]{{0}} reduce(%x, %zero), dimensions={{0}}, to_apply=%apply, {located("b/reduce")}
    %b = f32[4]{{0}} broadcast(%one), dimensions={{}}, {located("b/one")}
    %k = f32[4,4]{{1,0}} copy(%x)
    ROOT %out = (f32[4,4]{{1,0}}, f32[4]{{0}}, f32[4]{{0}}, f32[4]{{0}}) tuple(%k, %r, %s, %b)
    """
    found = entry(program(body))
    assert found["k"] == names.COPIES
    assert found["zero"] == names.CONSTANTS
    assert found["one"] == "b/one"
    assert found["out"] == names.RESULTS


def test_what_is_made_of_constants_alone_is_a_constant() -> None:
    body = f"""
    {X}
    %zero = f32[] constant(0)
    %w = f32[4,4]{{1,0}} broadcast(%zero), dimensions={{}}
    %q = f32[4,4]{{1,0}} add(%x, %w), {located("a/q")}
    %k = f32[4,4]{{1,0}} subtract(%x, %w), {located("b/k")}
    ROOT %y = f32[4,4]{{1,0}} add(%q, %k), {located("c/add")}
    """
    found = entry(program(body))
    assert (found["w"], found["zero"]) == (names.CONSTANTS, names.CONSTANTS)


def test_the_name_of_an_argument_is_no_stage() -> None:
    table = StageTable({}, {}, (Port("param", "a.weight", (4, 4), "f32"),))
    body = f"""
    {X}
    %t = f32[4,4]{{0,1}} transpose(%x), dimensions={{1,0}}, {located("a.weight")}
    ROOT %y = f32[4,4]{{1,0}} add(%t, %t), {located("up/add")}
    """
    assert entry(program(body, table=table))["t"] == "up/add"
    assert entry(program(body))["t"] == "a.weight"


def test_a_short_location_inside_a_call_belongs_to_the_call() -> None:
    called = """%cache (p: f32[4,4]) -> f32[4,4] {
  %p = f32[4,4]{1,0} parameter(0)
  %m = f32[4,4]{1,0} negate(%p), metadata={op_name="remainder"}
  %n = f32[4,4]{1,0} sine(%m), metadata={op_name="norm/sine"}
  ROOT %l = f32[4,4]{1,0} cosine(%n)
}
"""
    body = f"""
    {X}
    %c = f32[4,4]{{1,0}} call(%x), to_apply=%cache, {located("layers.0/attention/cache")}
    ROOT %y = f32[4,4]{{1,0}} add(%c, %c), {located("norm/add")}
    """
    found = program(body, called)
    assert found.paths["cache"] == {
        "p": "layers.0/attention/cache/remainder",
        "m": "layers.0/attention/cache/remainder",
        "n": "norm/sine",  # `norm` is an outermost stage
        "l": "layers.0/attention/cache",
    }
    assert [call.name for call in found.calls] == ["c"]


def test_jax_code_around_a_module_keeps_its_own_names() -> None:
    body = f"""
    {X}
    %s = f32[4,4]{{1,0}} sine(%x), metadata={{op_name="jit(step)/jit(main)/sin"}}
    ROOT %y = f32[4,4]{{1,0}} add(%s, %s), {located("a/add")}
    """
    assert entry(program(body))["s"] == "sin"


def test_the_owner_of_a_weight_names_what_reads_it() -> None:
    def product(emit: rf.Emit, x: rf.Value) -> rf.Value:
        weight = emit.param("w", {"d": 4, "e": 4})
        return rf.ops.dot(x, weight, over="d")

    flow = rf.ModelFlow("m").input("x", rf.Shape([4, 4], axes="t d"))
    inner = rf.LayerStack.named("mlp").custom(product, name="up").build()
    built = flow.raw_stage(inner).custom(lambda _, x: x + x, name="twice").build()
    table = stage_table(built.module, {"mlp": "fence"})
    assert [(s.path, s.mode) for s in table.stages.values()] == [
        ("mlp", "fence"),
        ("mlp/up", "auto"),
        ("twice", "auto"),
    ]
    assert table.owners == {"x": ("mlp/up",), "w": ("mlp/up",)}
    assert table.inside("mlp/up/dot_general") == "mlp/up"
    assert table.inside("other/x") == ""
    body = f"""
    {X}
    %w = f32[4,4]{{1,0}} parameter(1)
    %wt = f32[4,4]{{0,1}} bitcast(%w)
    %d = f32[4,4]{{1,0}} dot(%x, %wt), lhs_contracting_dims={{1}}, rhs_contracting_dims={{0}}
    ROOT %y = f32[4,4]{{1,0}} add(%d, %d), {located("twice/add")}
    """
    assert entry(program(body, table=table))["d"] == "mlp/up"
    assert entry(program(body))["d"] == "twice/add"  # without a table its user is all there is


@pytest.mark.parametrize("path", [names.COPIES, names.NO_NAME, names.ARGUMENTS])
def test_remainders_are_no_stages(path: str) -> None:
    assert names.is_remainder(path)
    assert not names.is_remainder("layers.0")
