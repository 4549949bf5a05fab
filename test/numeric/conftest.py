"""Makes the golden modules importable and keeps jax on the CPU."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
os.environ.setdefault("JAX_PLATFORMS", "cpu")
