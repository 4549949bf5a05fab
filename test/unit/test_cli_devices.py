"""`rlxflow devices`: rates and kernels, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlxflow.cli import main as cli
from rlxflow.inspect.machine import Machine
from rlxflow.runtime import device_facts

MACHINE = Machine("cpu, Some Processor, 3 cores", 21.5e9, {"f32": 166e9, "bf16": 317e9}, 1e9)


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_facts, "this_machine", lambda *_, **__: MACHINE)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["devices", *arguments]) == 0
    return capsys.readouterr().out


def test_rates_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    assert text.startswith("cpu: cpu, Some Processor, 3 cores\n  reads   21.5 GB/s\n")
    assert "  product f32 166, bf16 317 GFLOP/s\n" in text


def test_no_kernels_are_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RLX_KERNELS", "off")
    assert shown(capsys).endswith("kernels: none: not installed\n")
    wrong = tmp_path / "librlx_kernels.so"
    wrong.write_bytes(b"no library")
    monkeypatch.setenv("RLX_KERNELS", str(wrong))
    facts = json.loads(shown(capsys, "--json"))
    assert facts["devices"][0]["flops"] == {"f32": 166e9, "bf16": 317e9}
    assert "expected a library of kernels, found" in facts["kernels"]["problem"]
