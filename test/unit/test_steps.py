"""The steps of tools/test run beside each other, and a failing one is never lost."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lib"))
from steps import Step, run_all  # noqa: E402


def shell(title: str, text: str, *needs: str, tests: bool = False) -> Step:
    return Step(title, ("sh", "-c", text), needs=needs, tests=tests)


def statuses(steps: list[Step], processes: int = 2) -> dict[str, int]:
    return {result.step.title: result.status for result in run_all(steps, processes)}


def test_a_step_waits_for_what_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "made"
    steps = [
        shell("use", f"cat {file}", "make", "a step that is left out"),
        shell("make", f"sleep 0.1; echo 41 > {file}"),
        shell("other", "echo out; echo err >&2"),
    ]
    results = {result.step.title: result for result in run_all(steps, 2)}
    assert {title: result.status for title, result in results.items()} == {
        "other": 0,
        "make": 0,
        "use": 0,
    }
    assert results["use"].log == "41\n"
    assert results["other"].log == "out\nerr\n"
    assert results["make"].seconds >= 0.09


def test_no_more_run_at_a_time_than_asked_for(tmp_path: Path) -> None:
    text = f"mkdir {tmp_path}/lock && sleep 0.05 && rmdir {tmp_path}/lock"
    assert statuses([shell(str(i), text) for i in range(4)], processes=1) == dict.fromkeys(
        "0123", 0
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failing_step_starts_no_more(tmp_path: Path, processes: int) -> None:
    steps = [
        shell("bad", "sleep 0.1; exit 3"),
        shell("needs it", f"touch {tmp_path}/a", "bad"),
        shell("later", f"sleep 0.3; touch {tmp_path}/b"),
    ]
    begin = time.monotonic()
    assert statuses(steps, processes) == {"bad": 3}
    assert time.monotonic() - begin < 5
    time.sleep(0.4)  # what ran beside it has been stopped with its children
    assert not list(tmp_path.iterdir())


def test_parts_of_the_tests_go_on_after_a_failure() -> None:
    steps = [
        shell("part 1", "exit 1", tests=True),
        shell("part 2", "kill -9 $$", tests=True),
        shell("part 3", "true", tests=True),
    ]
    assert statuses(steps) == {"part 1": 1, "part 2": -9, "part 3": 0}


def test_time_of_processors_is_counted() -> None:
    work = "import time; begin = time.process_time()\nwhile time.process_time() - begin < 0.2: pass"
    busy, idle = run_all(
        [Step("busy", (sys.executable, "-c", work)), shell("idle", "sleep 0.3")], processes=1
    )
    assert busy.cpu_seconds >= 0.2
    assert idle.cpu_seconds < 0.15
    assert idle.seconds >= 0.25
