"""Makes the golden modules importable, keeps jax on the CPU, and compiles as test/unit does.

`tools/test` runs the tests named goldens with all of LLVM's optimisations.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
