"""Objects named as `module:attribute`, imported when they are first needed."""

from __future__ import annotations

import importlib
from typing import Any


def load_attribute(path: str) -> Any:
    """Returns what `package.module:attribute` names."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
