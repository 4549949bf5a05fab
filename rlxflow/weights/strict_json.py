"""JSON as weight files use it: one object, no key twice, no text that is not UTF-8."""

from __future__ import annotations

import json
from typing import cast

from rlxflow.errors import WeightError


def parse_object(text: bytes, where: str) -> dict[str, object]:
    """Returns the object that `text` holds.

    Raises:
        WeightError: `text` is not UTF-8 or not JSON, is no object, or names a key twice.
    """

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        result: dict[str, object] = {}
        for key, value in pairs:
            _check_text(key, where)
            if isinstance(value, str):
                _check_text(value, where)
            if key in result:
                raise WeightError(where, expected="every key once", found=f"`{key}` twice")
            result[key] = value
        return result

    try:
        value: object = json.loads(text.decode("utf-8"), object_pairs_hook=unique)
    except UnicodeDecodeError as error:
        raise WeightError(where, expected="UTF-8 text", found=str(error)) from error
    except ValueError as error:
        raise WeightError(where, expected="JSON", found=str(error)) from error
    except RecursionError as error:
        raise WeightError(where, expected="JSON", found="brackets nested too deep") from error
    if not isinstance(value, dict):
        raise WeightError(where, expected="a JSON object", found=f"a {type(value).__name__}")
    return cast("dict[str, object]", value)


def _check_text(text: str, where: str) -> None:
    # Escapes can spell half a surrogate pair: such text can be neither printed nor a file name.
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise WeightError(where, expected="UTF-8 text", found=repr(text)[:80]) from error
