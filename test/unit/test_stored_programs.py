"""Compiled models in files, and caches of them: what is kept, found again, and never mixed up."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

import rlxflow as rf
from rlxflow.cli.main import main
from rlxflow.config.execution import ModelExecutionConfig
from rlxflow.errors import InputError, ParseError, WeightError
from rlxflow.runtime import program_key as keys
from rlxflow.runtime.compile_cache import CompileCache, LazyProgram
from rlxflow.runtime.loaded import LoadedProgram
from rlxflow.runtime.program_key import program_key

CPU = jax.devices("cpu")[0]
UP = np.arange(24, dtype=np.float32).reshape(6, 4) / 8
X = np.arange(12, dtype=np.float32).reshape(3, 4)


def built(
    scale: float = 1.0, name: str = "probe", out: int = 6, **profile: object
) -> rf.BuiltModel:
    flow = rf.ModelFlow(name).input("x", rf.Shape([3, 4], axes="t d"))
    flow = flow.linear("up.weight", out_features=out)
    flow = flow.with_profile(rf.CompileProfile(**profile))  # pyright: ignore
    return flow.build({"up.weight": UP[:out] * np.float32(scale)})


def counter() -> rf.BuiltModel:
    def add(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        total = emit.state("total", {"t": 3, "d": 4}, "f32") + x
        emit.set_state("total", total)
        return rf.ops.sum(total, over="d")

    return rf.ModelFlow("sum").input("x", rf.Shape([3, 4], axes="t d")).custom(add).build()


def test_a_saved_program_runs_as_before(tmp_path: Path) -> None:
    model = built().compile()
    path = model.save(tmp_path / "model.rlx")
    again = rf.CompiledModel.load(path, weights={"up.weight": UP, "unused": X})
    assert isinstance(again.program, LoadedProgram)  # its machine code, not compiled anew
    assert np.array_equal(again(x=X)["output"], model(x=X)["output"])
    assert again.hlo() == model.hlo()
    assert "dot" in again.hlo(optimized=False)
    assert again.memory() == model.memory()
    assert again.cost()["flops"] == model.cost()["flops"]
    twice = again.save(tmp_path / "twice.rlx")
    third = rf.CompiledModel.load(twice, weights={"up.weight": UP})
    assert np.array_equal(third(x=X)["output"], model(x=X)["output"])
    with zipfile.ZipFile(path) as archive:
        assert not any(UP.tobytes() in archive.read(name) for name in archive.namelist())


def test_states_of_a_saved_program_are_reused_in_place(tmp_path: Path) -> None:
    path = counter().compile().save(tmp_path / "sum.rlx")
    again = rf.CompiledModel.load(path)
    state = again.new_states()["total"]
    place = state.unsafe_buffer_pointer()
    for step in range(1, 3):
        out = again(x=X, total=state)
        assert np.array_equal(out["output"], step * X.sum(-1))
        assert state.is_deleted()
        state = out["total"]
        assert state.unsafe_buffer_pointer() == place


def test_a_program_of_another_version_is_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = built(skip_fusion=True).compile().save(tmp_path / "model.rlx")
    monkeypatch.setattr("rlxflow.runtime.stored.fingerprint", lambda _: {"jax": "0.0"})
    again = rf.CompiledModel.load(path, weights={"up.weight": UP})
    assert not isinstance(again.program, LoadedProgram)
    assert again.options == {"xla_disable_hlo_passes": "fusion"}
    assert np.abs(np.asarray(again(x=X)["output"]) - X @ UP.T).max() < 1e-4


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = built().compile().save(tmp_path / "model.rlx")
    with pytest.raises(WeightError):
        rf.CompiledModel.load(path, weights={"other": UP})
    with pytest.raises(WeightError, match="expected weights"):
        rf.CompiledModel.load(path)(x=X)
    with pytest.raises(ParseError, match=r"none.rlx: expected a program saved by rlxflow"):
        rf.CompiledModel.load(tmp_path / "none.rlx")
    (tmp_path / "text.rlx").write_text("text")
    with pytest.raises(ParseError, match=r"text.rlx: expected a program saved by rlxflow"):
        rf.CompiledModel.load(tmp_path / "text.rlx")
    with zipfile.ZipFile(tmp_path / "future.rlx", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": 2}))
    with pytest.raises(ParseError, match=r"\(format 1\), found format 2"):
        rf.CompiledModel.load(tmp_path / "future.rlx")
    with zipfile.ZipFile(tmp_path / "part.rlx", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": 1}))
    with pytest.raises(ParseError, match="expected a whole program"):
        rf.CompiledModel.load(tmp_path / "part.rlx")


def test_defect_42_keys_hold_content_device_weights_and_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = program_key(built(), CPU)
    assert program_key(built(scale=2.0), CPU) == base  # values are arguments
    assert program_key(built(name="other"), CPU) != base
    assert program_key(built(out=5), CPU) != base
    assert program_key(built(policy="skip"), CPU) != base
    assert program_key(built(storage="bf16"), CPU) != base
    for part in ("jax", "jaxlib", "rlxflow", "platform", "kind", "host"):
        made = {**keys.fingerprint(CPU), part: "other"}
        with monkeypatch.context() as patch:
            patch.setattr(keys, "fingerprint", lambda _, made=made: made)
            assert program_key(built(), CPU) != base, part


def test_the_program_used_longest_ago_goes_first() -> None:
    cache = CompileCache(capacity=2)
    first, second, third = built(), built(out=5), built(out=3)
    program = cache.get(first)
    cache.get(second)
    assert cache.get(first) is program
    cache.get(third)
    assert (cache.counts.hits, cache.counts.misses, cache.counts.evictions) == (1, 3, 1)
    assert cache.get(first) is program  # not the one that came first, but the one used first
    cache.get(second)
    assert cache.counts.misses == 4
    assert len(cache) == 2
    with pytest.raises(InputError, match="capacity: expected at least 1, found 0"):
        CompileCache(capacity=0)


def test_models_of_equal_shapes_share_a_program_and_keep_their_weights() -> None:
    cache = CompileCache()
    one, two = cache.get(built()), cache.get(built(scale=2.0))
    assert one.program is two.program
    assert np.allclose(one(x=X)["output"], X @ UP.T)
    assert np.allclose(two(x=X)["output"], 2 * (X @ UP.T))
    assert cache.counts.misses == 1


def test_a_folder_keeps_programs_between_caches(tmp_path: Path) -> None:
    CompileCache(folder=tmp_path / "programs").get(built())
    other = CompileCache(folder=tmp_path / "programs")
    model = other.get(built(scale=2.0))
    assert isinstance(model.program, LoadedProgram)
    assert (other.counts.disk_hits, other.counts.misses) == (1, 0)
    assert np.allclose(model(x=X)["output"], 2 * (X @ UP.T))
    (file,) = (tmp_path / "programs").iterdir()
    file.write_bytes(b"damaged")
    third = CompileCache(folder=tmp_path / "programs")
    assert np.allclose(third.get(built())(x=X)["output"], X @ UP.T)
    assert (third.counts.disk_hits, third.counts.misses) == (0, 1)


def test_modes_say_when_a_program_is_compiled(tmp_path: Path) -> None:
    config = ModelExecutionConfig.encoder(1, 3)
    cache = CompileCache(folder=tmp_path)
    lazy = cache.program(built(), config.with_compilation_mode("lazy"))
    assert isinstance(lazy, LazyProgram)
    assert cache.counts.misses == 0
    assert np.allclose(lazy(x=X)["output"], X @ UP.T)
    assert cache.counts.misses == 1
    assert cache.program(built(), config).program is lazy.compiled.program  # pyright: ignore
    skip = config.with_profile(rf.CompileProfile(policy="skip")).with_compilation_mode("aot")
    made = cache.program(built(), skip)
    assert not isinstance(made, LazyProgram)
    assert " call(" in made.hlo()
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(InputError, match="mode `aot`: expected a cache with a folder"):
        CompileCache().program(built(), skip)


def test_the_command_lists_and_clears(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    CompileCache(folder=tmp_path).get(built())
    (tmp_path / "bad.rlx").write_text("text")
    assert main(["cache", "list", "--folder", str(tmp_path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in facts["list"]] == ["probe"]
    assert facts["list"][0]["key"] == program_key(built(), CPU)
    assert main(["cache", "size", "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("1 programs, ")
    assert main(["cache", "clear", "--folder", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert main(["cache", "list", "--folder", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out.endswith(f"0 programs, 0 B in {tmp_path / 'none'}\n")


def test_the_usual_folder_is_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path / "mine"))
    cache = CompileCache(folder=True)
    assert cache.folder == tmp_path / "mine"
    cache.get(built())
    assert len(list((tmp_path / "mine").iterdir())) == 1
    assert replace(cache.counts).misses == 1
