"""Keeps jax on the CPU, programs off the disk, kernels out of tests that do not ask for them.

Programs are compiled without LLVM's optimisations and by XLA's older emitters, each of which halves
the time of the tests: what is tested is what XLA is given. `XLA_FLAGS= pytest ...` compiles them as
users do, and so does `tools/test` for the tests named goldens or minilm.
"""

from __future__ import annotations

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["RLXFLOW_CACHE"] = "off"
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)

import pytest

from rlxflow.kernels.library import find_library


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves tests marked `kernels` out where the library is not built."""
    if item.get_closest_marker("kernels") and find_library() is None:
        pytest.skip("the kernels are not built: cmake -S . -B build/native")


@pytest.fixture(autouse=True)
def plain_xla(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see what XLA makes of a module, also where the kernels are built, unless marked."""
    if not any(map(request.node.get_closest_marker, ("kernels", "kernels_if_built"))):
        monkeypatch.setenv("RLX_KERNELS", "off")
