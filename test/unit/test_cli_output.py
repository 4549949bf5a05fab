"""Files appear whole or not at all; links, devices and permissions are respected."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rlxflow.cli.output import check_target, deliver
from rlxflow.errors import FileError
from rlxflow.files import read_bytes, write_atomically


def test_new_file_and_replaced_file(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    for data in (b"one", b"two, longer"):
        assert write_atomically(target, data) == target
        assert target.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["out.bin"]


def test_permissions_are_those_of_the_old_file_or_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        made = write_atomically(tmp_path / "new", b"")
    finally:
        os.umask(mask)
    assert made.stat().st_mode & 0o777 == 0o640
    made.chmod(0o604)
    write_atomically(made, b"more")
    assert made.stat().st_mode & 0o777 == 0o604


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "data" / "real")
    write_atomically(link, b"x")
    assert link.is_symlink()
    assert (tmp_path / "data" / "real").read_bytes() == b"x"


def test_device_is_written_and_not_replaced() -> None:
    write_atomically(os.devnull, b"x")
    assert Path(os.devnull).is_char_device()


def test_failure_leaves_nothing_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match="an error while writing"):
        write_atomically(target, b"new")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError, match="expected a folder that can be written"):
        check_target(str(tmp_path / "x"))


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="expected a file that can be read, found is a directory"):
        read_bytes(tmp_path)


@pytest.mark.parametrize("target", [None, "-"])
def test_standard_output(target: str | None, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    check_target(target)
    deliver(b"\x00\xff", target)
    assert capfdbinary.readouterr() == (b"\x00\xff", b"")


def test_where_a_file_went_is_said_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver("é", str(tmp_path / "x"))
    assert capsys.readouterr() == ("", f"wrote {tmp_path / 'x'} (2 bytes)\n")
