"""`rlxflow bisect`: the innermost stage that introduces a difference is named and cut out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from bisecting import FILL, Capture, against, bisect, verdicts
from staged import staged

from rlxflow.bisect.deviation import Tolerance
from rlxflow.bisect.pair import PairLevel
from rlxflow.bisect.search import Finding, Search
from rlxflow.bisect.side import Arrays, Side
from rlxflow.cli.main import main
from rlxflow.cli.witness import find_runner
from rlxflow.ir.module import IrModule


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.mlir").write_text(staged())
    return tmp_path


def test_a_constant_in_a_nested_stage(folder: Path, capsys: Capture) -> None:
    code, found = against(staged(eps="0.0625"), capsys, "-o", "cut.mlir")
    assert code == 1
    culprit = found["culprit"]
    assert (culprit["path"], culprit["part"], culprit["reproduces"]) == ("second/norm", "", True)
    assert [line.partition("dense")[2][:14] for line in culprit["operation"]] == [
        "<3.125000e-02>",
        "<6.250000e-02>",
    ]
    assert verdicts(found)["first"] == "same"
    assert verdicts(found)["second"] == "introduces"
    assert verdicts(found)["second/norm"] == "introduces"
    assert verdicts(found)["second/act"] == verdicts(found)["third"] == "inherits"
    code, again = bisect(capsys, "cut.mlir", "cut.other.mlir", "--inputs", "cut.npz")
    assert (code, again["culprit"]["path"]) == (1, "norm")
    assert again["culprit"]["alone"]["largest"] == culprit["alone"]["largest"] > 0.01


def test_equal_modules(folder: Path, capsys: Capture) -> None:
    code, found = against(staged(), capsys, "-o", "cut.mlir")
    assert (code, found["differs"], found["culprit"]) == (0, False, None)
    assert set(verdicts(found).values()) == {"same"}
    assert not Path("cut.mlir").exists()
    assert main(["bisect", "good.mlir", "bad.mlir", *FILL]) == 0
    assert capsys.readouterr().out.endswith("\nnothing differs\n")


@pytest.mark.parametrize(
    ("changes", "part", "operation"),
    [
        ({"scale": "0.75"}, "(inputs of first)", "stablehlo.constant dense<5.0"),
        ({"loose": "stablehlo.add %second, %scaled"}, "(inputs of third)", ""),
        ({"third": "%second"}, "(inputs of third)", ""),
    ],
)
def test_operations_between_stages(
    folder: Path, changes: dict[str, str], part: str, operation: str, capsys: Capture
) -> None:
    code, found = against(staged(**changes), capsys)
    assert code == 1
    assert found["culprit"]["path"] == ""
    if operation:
        assert found["culprit"]["part"] == "constant.0"
        assert operation in found["culprit"]["operation"][0]
    else:
        assert found["culprit"]["part"] == part
    assert verdicts(found)[part] == "introduces"
    assert found["culprit"]["reproduces"]


def test_a_stage_that_the_other_module_lacks(folder: Path, capsys: Capture) -> None:
    Path("good.mlir").write_text(staged(third="%first"))
    text = staged(third="%first")
    begin, end = text.index('  %first = "rlx.stage"'), text.index('  %second = "rlx.stage"')
    lacking = text[:begin] + text[end:].replace("%first", "%scaled")
    code, found = against(lacking, capsys)
    assert code == 1
    assert found["culprit"]["part"] == "(inputs of second)"
    assert "first" not in verdicts(found)
    assert verdicts(found)["second"] == "inherits"


def test_values_that_are_not_finite(folder: Path, capsys: Capture) -> None:
    code, found = against(staged(act="stablehlo.log"), capsys)
    assert (code, found["culprit"]["path"]) == (1, "second/act")
    Path("good.mlir").write_text(staged(eps="-9.0"))  # NaN in both
    code, found = against(staged(eps="-9.0"), capsys)
    assert code == 0
    code, found = against(staged(eps="-0.004"), capsys)
    assert (code, found["culprit"]["path"]) == (1, "second/norm")
    assert found["culprit"]["alone"]["not_finite"] > 0


def test_little_memory_finds_the_same(folder: Path, capsys: Capture) -> None:
    code, found = against(staged(eps="0.0625"), capsys, "--max-bytes", "130")
    assert (code, found["culprit"]["path"]) == (1, "second/norm")
    assert len(found["rows"]) < 11
    assert against(staged(), capsys, "--max-bytes", "1")[0] == 0


def test_tolerances(folder: Path, capsys: Capture) -> None:
    near = staged(eps="0.03126")
    code, found = against(near, capsys)
    assert (code, found["culprit"]["path"]) == (1, "second/norm")
    assert against(near, capsys, "--atol", "0", "--rtol", "0.01")[0] == 0
    assert against(near, capsys, "--atol", "0", "--rtol", "1e-9")[0] == 1


def shifted(*steps: float) -> str:
    """Returns stages that each add a number to the values before."""
    type_, lines = "tensor<7xf32>", list[str]()
    for i, step in enumerate(steps):
        lines.append(
            f'%s{i} = "rlx.stage"({f"%s{i - 1}" if i else "%x"}) ({{ ^bb0(%a: {type_}):\n'
            f"%c = stablehlo.constant dense<{step:.9e}> : {type_}\n"
            f"%y = stablehlo.add %a, %c : {type_}\n"
            f'"rlx.yield"(%y) : ({type_}) -> () }}) {{block = "shift", name = "layers.{i}"}}'
            f" : ({type_}) -> {type_}"
        )
    body = "\n".join(lines)
    end = f"return %s{len(steps) - 1} : {type_}"
    return f"func.func @main(%x: {type_}) -> {type_} {{\n{body}\n{end}\n}}"


def test_errors_that_add_up(folder: Path, capsys: Capture) -> None:
    Path("good.mlir").write_text(shifted(0, 0, 0, 0))
    near = shifted(3e-4, 3e-4, 3e-4, 3e-4)
    code, found = against(near, capsys, "--atol", "7e-4", "--rtol", "0", "-o", "cut.mlir")
    assert code == 1
    assert (found["culprit"]["path"], found["culprit"]["accumulated"]) == ("layers.2", True)
    assert [row["verdict"] for row in found["rows"]] == ["same", "same", "inherits", "inherits"]
    cut = IrModule.parse(Path("cut.mlir").read_text())
    assert [port.name for port in cut.arguments()] == ["arg0"]
    assert found["culprit"]["alone"]["largest"] == pytest.approx(9e-4, rel=1e-2)
    main(["bisect", "good.mlir", "bad.mlir", *FILL, "--atol", "7e-4", "--rtol", "0"])
    assert "layers.2 is the first beyond the tolerance" in capsys.readouterr().out


def test_a_culprit_after_errors_that_add_up(folder: Path, capsys: Capture) -> None:
    Path("good.mlir").write_text(shifted(0, 0, 0, 0))
    code, found = against(shifted(3e-4, 5e-4, 0, 9e-4), capsys, "--atol", "7e-4", "--rtol", "0")
    assert (code, found["culprit"]["path"]) == (1, "layers.3")
    assert [row["verdict"] for row in found["rows"][:4]] == [
        *("same", "inherits", "inherits"),
        "introduces",
    ]


def search(text: str, second: Any) -> Finding:
    module = IrModule.parse(text)
    arrays = {"x": np.linspace(-1, 2, 15, dtype=np.float32).reshape(3, 5)}
    arrays["w"] = np.linspace(-2, 1, 25, dtype=np.float32).reshape(5, 5)
    first = Side("a", module, find_runner("xla", "cpu"))
    return Search(Tolerance(), 10**6).run(PairLevel((first, Side("b", module, second)), "", arrays))


def test_a_difference_that_shows_only_in_the_whole() -> None:
    def fused(module: IrModule, arrays: Arrays) -> Arrays:
        made = dict(find_runner("xla", "cpu")(module, arrays))
        return {name: array + 1 for name, array in made.items()} if len(made) == 1 else made

    finding = search(staged(), fused)
    assert finding.culprit is None
    assert finding.hidden is not None
    assert finding.hidden.largest == pytest.approx(1, abs=1e-6)


def test_what_does_not_reproduce_by_itself_is_said() -> None:
    def moody(module: IrModule, arrays: Arrays) -> Arrays:
        made = dict(find_runner("xla", "cpu")(module, arrays))
        off = {"second#0"} & made.keys() if len(made) > 2 else ()
        return made | {name: made[name] + 1 for name in off}

    finding = search(staged(), moody)
    assert finding.culprit is not None
    assert (finding.culprit.path, finding.culprit.passes) == ("second", True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["good.mlir", "good.mlir", "--reference", "x.npz"], "nothing else to compare with"),
        (["good.mlir", "--against", "xla"], "two witnesses that differ"),
        (["none.mlir"], "none.mlir: expected a file"),
        (["good.mlir"], "expected --input for each argument"),
        (["good.mlir", "other.mlir", *FILL], "shape [3, 5] as in good.mlir"),
    ],
)
def test_trouble_is_2(folder: Path, arguments: list[str], said: str, capsys: Capture) -> None:
    Path("other.mlir").write_text(
        'func.func @main(%x: tensor<7xf32> {rlx.input = "x"}) -> tensor<7xf32> '
        "{ return %x : tensor<7xf32> }"
    )
    assert main(["bisect", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.startswith("error: ")


def test_wrong_flags_are_2(capsys: Capture) -> None:
    for wrong in (["--rtol", "-1"], ["--witness", "gcc"], []):
        with pytest.raises(SystemExit) as stop:
            main(["bisect", *wrong])
        assert stop.value.code == 2
        assert "error: rlxflow bisect: " in capsys.readouterr().err
