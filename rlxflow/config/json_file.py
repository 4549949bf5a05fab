"""JSON files that people edit: every way one can be wrong is an error that names the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from rlxflow.errors import ConfigError


def read_json(path: Path) -> Any:
    """Returns what a JSON file holds; raises ConfigError, with line and column where known."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise ConfigError(place, expected="JSON", found=error.msg.lower()) from None
    except UnicodeDecodeError as error:
        found = f"byte {error.object[error.start]:#x} at {error.start}"
        raise ConfigError(f"{path}", expected="UTF-8 text", found=found) from None
    except OSError as error:
        found = str(error.strerror or error).lower()
        raise ConfigError(f"{path}", expected="a file that can be read", found=found) from None
    except RecursionError:
        raise ConfigError(f"{path}", expected="JSON", found="brackets nested too deep") from None
    except ValueError:  # all that is left: Python refuses integers of more than 4300 digits
        raise ConfigError(f"{path}", expected="JSON", found="a number that is too long") from None


def read_json_object(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file; raises ConfigError if it holds something else."""
    raw = read_json(path)
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}", expected="a JSON object", found=type(raw).__name__)
    return cast("dict[str, Any]", raw)
