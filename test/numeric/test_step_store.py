"""Steps on disk: a second start compiles nothing; damaged files and wrong folders do no harm."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest
from tiny_decoder import write_checkpoint

from rlxflow.cli.main import main
from rlxflow.config.cache_folder import cache_folder, trim
from rlxflow.errors import WeightError
from rlxflow.runtime import program_key as keys
from rlxflow.runtime.model import load
from rlxflow.runtime.program_key import program_key

pytestmark = pytest.mark.numeric
IDS = np.arange(40, 47).reshape(1, 7)
Compiled = Callable[[], int]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """Tells how many steps were compiled since it was asked last."""
    names: list[str] = []
    compile_ = jax.stages.Lowered.compile

    def count(self: jax.stages.Lowered, *args: object, **more: object) -> jax.stages.Compiled:
        names.append(str(self))
        return compile_(self, *args, **more)  # pyright: ignore

    monkeypatch.setattr(jax.stages.Lowered, "compile", count)

    def since() -> int:
        found = len(names)
        names.clear()
        return found

    return since


def run(folder: Path, cache: Path | bool, **options: object) -> list[int]:
    found = load(folder, cache=cache).generate(IDS, max_new_tokens=5, **options)  # pyright: ignore
    return found[0, 7:].tolist()


def test_the_second_start_compiles_nothing(folder: Path, tmp_path: Path, steps: Compiled) -> None:
    plain = run(folder, cache=False)
    assert steps() == 2  # the prompt's and the step's
    assert run(folder, tmp_path / "kept") == plain
    assert steps() == 2
    assert run(folder, tmp_path / "kept") == plain
    assert steps() == 0
    drawn = run(folder, tmp_path / "kept", temperature=0.7, seed=9)
    assert steps() == 2  # drawing is another program
    assert run(folder, tmp_path / "kept", temperature=0.7, seed=9) == drawn
    other = run(folder, tmp_path / "kept", temperature=1.3, seed=2**40)
    assert steps() == 0  # other numbers are not
    assert other == run(folder, cache=False, temperature=1.3, seed=2**40)
    assert len(list((tmp_path / "kept").iterdir())) == 4
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["text", "half", "flipped"])
def test_damaged_files_are_written_anew(
    folder: Path, tmp_path: Path, steps: Compiled, damage: str
) -> None:
    plain = run(folder, tmp_path)
    for path in tmp_path.iterdir():
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        whole = {"text": b"no program", "half": bytes(data[: len(data) // 2]), "flipped": data}
        path.write_bytes(whole[damage])
    steps()
    assert run(folder, tmp_path) == plain
    assert steps() == 2
    assert run(folder, tmp_path) == plain
    assert steps() == 0


def test_a_folder_that_cannot_be_is_none(folder: Path, tmp_path: Path, steps: Compiled) -> None:
    (tmp_path / "file").write_text("mine")
    assert run(folder, tmp_path / "file") == run(folder, tmp_path / "file" / "inside")
    assert steps() == 4
    assert (tmp_path / "file").read_text() == "mine"


def test_the_variable_names_the_folder_or_turns_it_off(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path / "mine"))
    run(folder, cache=True)
    assert main(["cache", "size"]) == 0
    assert capsys.readouterr().out.startswith("2 programs, ")
    monkeypatch.setenv("RLXFLOW_CACHE", "off")
    assert cache_folder() is None
    assert load(folder).cache_folder is None
    assert main(["cache", "list"]) == 1
    assert "rlxflow cache: expected a folder, found RLXFLOW_CACHE=off" in capsys.readouterr().err
    assert main(["cache", "clear", "--folder", str(tmp_path / "mine")]) == 0
    assert not list((tmp_path / "mine").iterdir())


def test_those_used_longest_ago_go_first(tmp_path: Path) -> None:
    for name, size, used in (("a", 30, 4), ("b", 50, 1), ("c", 20, 3), ("d", 40, 2)):
        (tmp_path / f"{name}.rlx").write_bytes(bytes(size))
        os.utime(tmp_path / f"{name}.rlx", (used, used))
    (tmp_path / "notes.txt").write_bytes(bytes(999))
    assert trim(tmp_path, 140) == 0
    assert trim(tmp_path, 89) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.rlx", "c.rlx", "notes.txt"]


def test_keys_hold_what_stands_around_the_module_and_this_package(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, cpu = load(folder), jax.devices("cpu")[0]
    built = model.build(model.flow("decode", context=32))
    known = program_key(built, cpu)
    assert known == program_key(built, cpu, {})
    assert known != program_key(built, cpu, {"greedy": True})
    monkeypatch.setattr(keys, "_source", lambda: "an older one")
    assert known != program_key(built, cpu)
    monkeypatch.undo()
    monkeypatch.setenv("XLA_FLAGS", f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX")
    assert known != program_key(built, cpu)


def test_weights_that_cannot_be_read_say_so(folder: Path, tmp_path: Path) -> None:
    copy = write_checkpoint(tmp_path / "tiny")
    model = load(copy)
    file = copy / "model.safetensors"
    os.truncate(file, file.stat().st_size - 600)
    with pytest.raises(WeightError, match="bytes as when it was opened"):
        model.generate(IDS, max_new_tokens=3)


def test_weights_tell_how_far_they_are(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    model = load(folder, cache=False, progress=lambda *both: told.append(both))
    assert not told
    model.generate(IDS, max_new_tokens=2)
    done, total = zip(*told, strict=True)
    params = model.build(model.flow("decode", context=32)).params
    assert set(total) == {done[-1]} == {sum(param.info.nbytes for param in params)}
    assert len(done) == len(params)
    assert list(done) == sorted(set(done))
