"""What a killed writer left goes with the next writer of the same target, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlxflow import partial
from rlxflow.files import new_folder, write_atomically

fcntl = pytest.importorskip("fcntl")

WRITER = """
import sys, time
from pathlib import Path
from rlxflow.files import new_folder, replacing
kind, target = sys.argv[1:]
with new_folder(target) if kind == "folder" else replacing(target) as made:
    if kind == "folder":
        (made / "half").write_bytes(b"hal")
    else:
        made.write(b"hal")
        made.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["file", "folder"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of writing `out` of `tmp_path`."""
    command = [sys.executable, "-c", WRITER, request.param, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_next_writer_removes_what_a_killed_one_left(
    writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    (left,) = names(tmp_path)
    assert left.startswith(".out.")
    write_atomically(tmp_path / "other", b"1")
    assert names(tmp_path) == [left, "other"]  # of another target
    write_atomically(tmp_path / "out", b"whole")
    assert names(tmp_path) == ["other", "out"]
    assert (tmp_path / "out").read_bytes() == b"whole"


def test_new_folder_removes_it_too(writer: subprocess.Popen[str], tmp_path: Path) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    with new_folder(tmp_path / "out") as made:
        (made / "a").write_bytes(b"whole")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["a"]


def test_a_living_writer_keeps_what_it_makes(writer: subprocess.Popen[str], tmp_path: Path) -> None:
    (living,) = names(tmp_path)
    write_atomically(tmp_path / "out", b"mine")
    assert names(tmp_path) == [living, "out"]


def test_what_only_looks_alike_stays(tmp_path: Path) -> None:
    """Names of users, of longer targets, and links and pipes, which nobody of us makes."""
    kept = [".out.abcdefgh", ".out.partial2", "out.x.partial", ".out2.x.partial"]
    for name in kept:
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / ".out.link.partial").symlink_to(tmp_path / kept[0])
    write_atomically(tmp_path / "out", b"1")
    assert names(tmp_path) == sorted([*kept, ".out.link.partial", "out"])


def test_taken_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making and locking another writer may remove a file, or hold it to do so."""
    usual, made, held = partial._made, list[Path](), list[int]()

    def disturbed(target: Path, folder: bool) -> Path:
        made.append(usual(target, folder))
        if len(made) == 1:
            made[0].unlink()
        if len(made) == 2:
            held.append(os.open(made[1], os.O_RDONLY))
            fcntl.flock(held[0], fcntl.LOCK_EX)
        return made[-1]

    monkeypatch.setattr(partial, "_made", disturbed)
    write_atomically(tmp_path / "out", b"whole")
    os.close(held[0])
    assert len(made) == 3
    assert (tmp_path / "out").read_bytes() == b"whole"
    assert names(tmp_path) == ["out"]


def test_without_locks_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".out.abcdefgh.partial").write_bytes(b"1")
    monkeypatch.setattr(partial, "fcntl", None)
    write_atomically(tmp_path / "out", b"1")
    assert names(tmp_path) == [".out.abcdefgh.partial", "out"]
