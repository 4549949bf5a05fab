"""Typed, counted access to the metadata of a GGUF file: a key nobody asked for is an error."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import cast

import numpy as np

from rlxflow.errors import ConfigError

_HARMLESS = frozenset(
    {
        "attention.layer_norm_epsilon",
        "rope.scaling.finetuned",
        "rope.scaling.yarn_log_multiplier",
        "tensor_data_layout",
        "use_parallel_residual",
    }
)
"""Keys that cannot change a result of the architectures that are read."""

_ONLY_AT: Mapping[str, object] = {
    "attention.causal": True,
    "expert_gating_func": 1,  # softmax
    "expert_weights_scale": 1.0,
    "rope.scaling.yarn_attn_factor": 1.0,
    "rope.scaling.yarn_ext_factor": 1.0,
}
"""Keys that are understood at one value; every key may also be 0, false or empty, which is off."""


class Metadata:
    """The keys of one architecture, without its name in front.

    Attributes:
        where: The file, for messages.
        architecture: What the keys start with.
    """

    def __init__(self, raw: Mapping[str, object], architecture: str, where: str) -> None:
        self.where = where
        self.architecture = architecture
        self._raw = raw
        self._asked: set[str] = set()

    def get(self, key: str) -> object:
        """Returns the value, one number for an array of equal ones, or None; it counts as read."""
        self._asked.add(key)
        value = self._raw.get(f"{self.architecture}.{key}")
        if not isinstance(value, np.ndarray):
            return value
        array = cast("np.ndarray", value)
        return array[0].item() if array.size and (array == array[0]).all() else array

    def array(self, key: str) -> list[object] | None:
        """Returns the elements of an array, or None if the value is none; it counts as read."""
        self._asked.add(key)
        value = self._raw.get(f"{self.architecture}.{key}")
        return list(value.tolist()) if isinstance(value, np.ndarray) else None

    def integer(self, key: str, default: int | None = None, least: int = 1) -> int:
        """Returns an integer of at least `least`; without a default the key has to be there."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise self.wrong(key, f"an integer of {least} or more", value)

    def number(self, key: str, default: float | None = None) -> float:
        """Returns a finite number above 0; without a default the key has to be there."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e30:
            return shortest(float(value))
        raise self.wrong(key, "a number above 0", value)

    def off(self, key: str) -> bool:
        """Returns whether the key is missing or 0; it counts as read."""
        value = self.get(key)
        return value is None or (isinstance(value, int | float) and value == 0)

    def wrong(self, key: str, expected: str, found: object) -> ConfigError:
        """Returns the error for a key that is missing or does not fit."""
        if isinstance(found, np.ndarray):
            array = cast("np.ndarray", found)
            text = f"different values: {reprlib.repr(array.tolist())}"
        else:
            text = "no such key" if found is None else repr(found)[:80]
        return ConfigError(self.place(key), expected=expected, found=text)

    def place(self, key: str) -> str:
        """Returns what messages call a key."""
        return f"{self.where}: metadata `{self.architecture}.{key}`"

    def refuse_unread(self) -> None:
        """Raises ConfigError that lists the architecture's keys that nobody read."""
        prefix, unread = f"{self.architecture}.", list[str]()
        for name, value in self._raw.items():
            key = name.removeprefix(prefix)
            if name.startswith(prefix) and key not in self._asked and not _off(key, value):
                unread.append(f"`{name[:100]}` = {value!r}"[:180])
        if unread:
            shown = "".join(f"\n  {line}" for line in unread[:20])
            raise ConfigError(f"{self.where}: {len(unread)} metadata key(s) are unknown:{shown}")


def shortest(value: float) -> float:
    """Returns the number that was meant by a float32: 0.01 for 0.00999999978."""
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value


def sliding_window(meta: Metadata, default: int = 0) -> int | None:
    """Returns the sliding window in tokens, or None if there is none."""
    return meta.integer("attention.sliding_window", default, least=0) or None


def _off(key: str, value: object) -> bool:
    if key in _HARMLESS or (key in _ONLY_AT and value == _ONLY_AT[key]):
        return True
    return not value.any() if isinstance(value, np.ndarray) else not value
