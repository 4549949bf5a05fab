"""What `configure` gives a suite: programs as words, features, settings, and errors in one line."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from lit.LitConfig import LitConfig
from lit.TestingConfig import TestingConfig as Settings

from rlxflow.testing import lit as kit


def settings(folder: Path, params: dict[str, str] | None = None, **options: object) -> Settings:
    """Returns the configuration that a `lit.cfg.py` in `folder` makes."""
    lit_config = LitConfig(
        "lit", [], "note", False, False, [], False, False, False, "", params or {}
    )
    config = Settings.fromdefaults(lit_config)
    kit.configure(config, lit_config, root=folder / "lit.cfg.py", **options)
    return config


def command(config: Settings, line: str) -> str:
    """Returns a RUN line as lit makes a command of it."""
    for pattern, text in config.substitutions:
        line = re.sub(pattern, text.replace("\\", r"\\"), line)
    return line


def program(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("rlxflow", "rlxflow.cli.main"),
        ("rlxflow-opt", "rlxflow.cli.opt"),
        ("rlxflow-run", "rlxflow.cli.run"),
        ("rlxflow-diff", "rlxflow.cli.diff"),
        ("rlxflow-reduce", "rlxflow.cli.reduce"),
        ("rlxflow-check-directives", "rlxflow.testing.check_directives"),
        ("rlxflow-update-checks", "rlxflow.testing.update_checks"),
    ],
)
def test_programs_are_those_of_this_installation(tmp_path: Path, name: str, module: str) -> None:
    config = settings(tmp_path)
    ours = f"{sys.executable} -m {module}"
    assert command(config, f"{name} x | not {name}") == f"{ours} x | not {ours}"
    assert name not in config.available_features


@pytest.mark.parametrize(
    "text",
    ["rlxflow/ir/a.py", "src/rlxflow", "rlxflow.cli", "my-rlxflow", "rlxflow-optics", "%rlxflow"],
)
def test_a_program_is_a_word_of_its_own(tmp_path: Path, text: str) -> None:
    assert command(settings(tmp_path), f"cat {text}") == f"cat {text}"


def test_tools_are_found_from_the_tests_on_the_path_and_as_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = program(tmp_path / "a b" / "bin" / "my-opt")
    installed = program(tmp_path / "bin" / "my+run")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path / "bin")
    tools = {
        "my-opt": "../a b/bin/my-opt",
        "my+run": "my+run",
        "my-lint": (sys.executable, "-m", "my lint"),
        "gone": "../bin/gone",
        "none": None,
    }
    config = settings(tmp_path / "tests", tools=tools)
    line = command(config, "my-opt | my+run | my-lint | gone | none")
    python = sys.executable
    first = f"'{tmp_path}/tests/../a b/bin/my-opt'".replace("/tests/..", "")
    assert line == f"{first} | {installed} | {python} -m 'my lint' | gone | none"
    assert built.exists()
    assert {"my-opt", "my+run", "my-lint"} <= {*config.available_features}
    assert not {"gone", "none"} & {*config.available_features}


def test_rlx_opt_is_there_where_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = program(tmp_path / "rlx-opt")
    monkeypatch.setenv("RLX_OPT", str(found))
    config = settings(tmp_path)
    assert command(config, "rlx-opt %s") == f"{found} %s"
    assert "rlx-opt" in config.available_features
    monkeypatch.setattr(kit, "find_rlx_opt", lambda: None)
    monkeypatch.delenv("RLX_OPT")
    config = settings(tmp_path)
    assert command(config, "rlx-opt %s") == "rlx-opt %s"
    assert "rlx-opt" not in config.available_features


def test_a_wrong_rlx_opt_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RLX_OPT", str(tmp_path / "gone"))
    with pytest.raises(SystemExit):
        settings(tmp_path)
    assert f"$RLX_OPT: expected a program, found {tmp_path}/gone\n" in capsys.readouterr().err


def test_each_filecheck_gets_its_strict_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit, "find_filecheck", lambda: "/x/FileCheck-22")
    port = f"{sys.executable} -m filecheck --reject-empty-vars %s --check-prefix=A"
    llvm = "/x/FileCheck-22 --enable-var-scope %s --check-prefix=A"
    checkers = f"{sys.executable} -m rlxflow.testing.both_checkers"
    both = f"{checkers} /x/FileCheck-22 %s --check-prefix=A"
    for params, expected in (
        ({}, port),
        ({"filecheck": "python"}, port),
        ({"filecheck": "llvm"}, llvm),
        ({"filecheck": "both"}, both),
    ):
        config = settings(tmp_path, params)
        assert command(config, "%filecheck --check-prefix=A") == expected
        assert "llvm-filecheck" in config.available_features
    monkeypatch.setattr(kit, "_is_installed", lambda module: module != "filecheck")
    assert command(settings(tmp_path), "%filecheck --check-prefix=A") == llvm


@pytest.mark.parametrize(
    ("wanted", "port", "message"),
    [
        ("lvm", True, "-Dfilecheck: expected python, found lvm\n"),
        ("llvm", True, "-Dfilecheck: expected python, found llvm; install LLVM's FileCheck\n"),
        ("both", True, "-Dfilecheck: expected python, found both; install LLVM's FileCheck\n"),
        ("python", False, "FileCheck: expected a program, found none; pip install filecheck, or"),
    ],
)
def test_a_filecheck_that_is_not_there_is_an_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wanted: str,
    port: bool,
    message: str,
) -> None:
    monkeypatch.setattr(kit, "find_filecheck", lambda: None)
    monkeypatch.setattr(kit, "_is_installed", lambda _: port)
    with pytest.raises(SystemExit) as stop:
        settings(tmp_path, {"filecheck": wanted})
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/given")
    config = settings(tmp_path, name="mine", excludes=["unit"], python_path=[Path("/first")])
    assert config.name == "mine, python filecheck"
    assert config.test_source_root == str(tmp_path)
    assert config.test_exec_root == str(tmp_path / "Output" / "python")
    assert config.environment["PYTHONPATH"] == "/first:/given"
    assert config.environment["JAX_PLATFORMS"] == "cpu"
    assert {".mlir", ".py", ".test"} == config.suffixes
    assert {"unit", "Inputs", "lit.cfg.py"} <= config.excludes
    assert settings(tmp_path / "suite").name == "suite, python filecheck"
    other = settings(tmp_path, exec_root=tmp_path / "x", params={"filecheck": "python"})
    assert other.test_exec_root == str(tmp_path / "x" / "python")
