"""Makes the golden modules importable, keeps jax on the CPU, and compiles as test/unit does.

`tools/test` runs the tests named goldens with all of LLVM's optimisations.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import pytest


@pytest.fixture(autouse=True)
def plain_xla(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see what XLA makes of a module, also where the kernels are built, but for their own."""
    if "kernels" not in request.path.name and "gguf_oracle" not in request.path.name:
        monkeypatch.setenv("RLX_KERNELS", "off")
