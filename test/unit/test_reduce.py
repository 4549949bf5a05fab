"""`rlxflow-reduce`: what is left is interesting, verifies, and nothing can be taken away."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_decoder import write_checkpoint

from rlxflow.cli import reduce
from rlxflow.cli.main import main as rlxflow
from rlxflow.ir.module import IrModule
from rlxflow.reduce.cut import count_operations, keep_operations
from rlxflow.reduce.ddmin import ddmin
from rlxflow.reduce.reducer import Reducer

KINDS = ("add", "multiply", "subtract", "maximum")


def chain(count: int, fault: str, seed: int = 1) -> str:
    """Returns a module of many operations on each other's results, the fault among them."""
    draw, values, lines = random.Random(seed), ["%x", "%y"], list[str]()
    type_ = "tensor<4x7xf32>"
    for i in range(count):
        a, b = draw.choice(values[-40:]), draw.choice(values[-40:])
        kind = f"stablehlo.{draw.choice(KINDS)} {a}, {b} : {type_}"
        lines.append(f"%v{i} = {fault.format(a) if i == count // 2 else kind}")
        values.append(f"%v{i}")
    body = "\n".join(lines)
    head = f"func.func @main(%x: {type_}, %y: {type_}) -> ({type_}, {type_})"
    return f"{head} {{\n{body}\nreturn {values[-1]}, {values[-2]} : {type_}, {type_}\n}}"


UNKNOWN_CALL = "stablehlo.custom_call @nowhere({}) : (tensor<4x7xf32>) -> tensor<4x7xf32>"
LOOP = """
func.func @main(%x: tensor<3xf32>, %n: tensor<i32>) -> tensor<3xf32> {
  %two = stablehlo.constant dense<2.0> : tensor<3xf32>
  %scale = stablehlo.exponential %x : tensor<3xf32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, tensor<3xf32>
    cond { %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
           stablehlo.return %c : tensor<i1> }
    do { %one = stablehlo.constant dense<1> : tensor<i32>
         %j = stablehlo.add %i, %one : tensor<i32>
         %w = stablehlo.multiply %v, %scale : tensor<3xf32>
         stablehlo.return %j, %w : tensor<i32>, tensor<3xf32> }
  %y = stablehlo.add %r#1, %two : tensor<3xf32>
  return %y : tensor<3xf32>
}
"""


@given(st.integers(1, 60), st.data())
def test_ddmin_finds_exactly_what_is_needed(count: int, data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=4))
    tested: list[tuple[int, ...]] = []

    def interesting(part: list[int]) -> bool:
        tested.append(tuple(part))
        return needed <= set(part)

    assert ddmin(range(count), interesting) == sorted(needed)
    assert len(set(tested)) == len(tested)


@settings(max_examples=25)
@given(st.sets(st.integers(0, 39), min_size=1))
def test_any_choice_of_operations_verifies(keep: set[int]) -> None:
    module = IrModule.parse(chain(40, UNKNOWN_CALL, 3))
    made = keep_operations(module, keep)
    made.verify()
    assert count_operations(made) == len(keep)
    assert count_operations(module) == 40
    assert made.results()


def test_what_a_loop_uses_from_outside_becomes_an_argument() -> None:
    made = keep_operations(IrModule.parse(LOOP), {3})
    made.verify()
    shapes = sorted((port.dtype, port.shape) for port in made.arguments())
    assert shapes == [("f32", (3,)), ("f32", (3,)), ("i32", ()), ("i32", ())]
    assert [port.shape for port in made.results()] == [(), (3,)]


def test_a_fault_among_many_operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "big.mlir").write_text(chain(600, UNKNOWN_CALL))
    small = str(tmp_path / "small.mlir")
    arguments = [str(tmp_path / "big.mlir"), "-o", small]
    assert reduce.main([*arguments, "--contains", r"custom_call @nowhere"]) == 0
    assert capsys.readouterr().out.startswith("600 -> 1 operations in ")
    assert count_operations(IrModule.parse(Path(small).read_text())) == 1


def test_what_xla_refuses(tmp_path: Path) -> None:
    (tmp_path / "big.mlir").write_text(chain(40, UNKNOWN_CALL))
    small = tmp_path / "small.mlir"
    assert reduce.main([str(tmp_path / "big.mlir"), "--fails", "-o", str(small)]) == 0
    assert "custom_call @nowhere" in small.read_text()
    assert count_operations(IrModule.parse(small.read_text())) == 1


def test_what_xla_and_the_interpreter_compute_differently(tmp_path: Path) -> None:
    """Sums are exact in both; the last bits of a tanh are not."""
    (tmp_path / "big.mlir").write_text(chain(4, "stablehlo.tanh {} : tensor<4x7xf32>"))
    small = tmp_path / "small.mlir"
    options = ["--differs", "--tolerance", "0", "-o", str(small)]
    assert reduce.main([str(tmp_path / "big.mlir"), *options]) == 0
    module = IrModule.parse(small.read_text())
    assert count_operations(module) == 1
    assert "stablehlo.tanh" in module.text()


def test_a_command_decides(tmp_path: Path) -> None:
    (tmp_path / "big.mlir").write_text(chain(30, "stablehlo.tanh {} : tensor<4x7xf32>"))
    script = tmp_path / "test.sh"
    script.write_text('grep -q tanh "$1" && grep -q maximum "$1"')
    small = tmp_path / "small.mlir"
    command = f"sh {script} %s"
    assert reduce.main([str(tmp_path / "big.mlir"), "--test", command, "-o", str(small)]) == 0
    module = IrModule.parse(small.read_text())
    assert count_operations(module) == 2
    assert "tanh" in module.text()
    assert "maximum" in module.text()


def test_stages_are_opened_down_to_one_operation(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    big, small = str(tmp_path / "big.mlir"), tmp_path / "small.mlir"
    assert rlxflow(["emit", str(folder), "--seq", "4", "-o", big]) == 0
    assert reduce.main([big, "--contains", "stablehlo.rsqrt", "-o", str(small)]) == 0
    module = IrModule.parse(small.read_text())
    assert count_operations(module) == 1
    assert "rlx.stage" not in small.read_text()


def test_a_stage_that_matters_stays(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    big, small = str(tmp_path / "big.mlir"), tmp_path / "small.mlir"
    assert rlxflow(["emit", str(folder), "--seq", "4", "-o", big]) == 0
    assert reduce.main([big, "--contains", 'name = "lm_head"', "-o", str(small)]) == 0
    assert count_operations(IrModule.parse(small.read_text())) == 1
    assert "rlx.stage" in small.read_text()


def test_the_result_so_far_is_kept_when_a_test_breaks() -> None:
    written: list[int] = []

    def test(module: IrModule) -> bool:
        if len(written) == 3:
            raise KeyboardInterrupt
        return "nowhere" in module.text()

    module = IrModule.parse(chain(64, UNKNOWN_CALL))
    with pytest.raises(KeyboardInterrupt):
        Reducer(test, lambda smaller: written.append(count_operations(smaller))).run(module)
    assert written == sorted(written, reverse=True)
    assert written[-1] < 64


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--contains", "nothing like it"], "found one for which it says no"),
        (["--contains", "("], "--contains: expected a regular expression"),
        (["--test", ""], "--test: expected a command, found nothing"),
        (["--test", "./no-such-program"], "--test ./no-such-program: expected a program"),
    ],
)
def test_calls_that_are_refused(
    tmp_path: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.mlir").write_text(LOOP)
    assert reduce.main([str(tmp_path / "m.mlir"), *options, "-o", str(tmp_path / "o.mlir")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o.mlir").exists()
