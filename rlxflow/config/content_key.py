"""Keys by content: equal things have equal keys on every machine, in every version of Python."""

from __future__ import annotations

import hashlib
import json


def content_key(content: object) -> str:
    """Returns sha256, in hexadecimal, of the canonical JSON of anything that JSON can say."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
