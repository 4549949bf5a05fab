"""The names under which stages publish what they make beside the flow's value."""

from __future__ import annotations

import threading
from collections.abc import Iterator


class SideOutputs:
    """A list that layers and taps add to while a flow is written: k0, v0, k1, v1, ...

    It holds names, not values: the values are outputs of every module that is built of the flow.
    `flow.with_extra_outputs(sink.drain())` chooses them.

    Example:
        >>> sink = SideOutputs()
        >>> sink.add_kv(0)
        'present.0'
        >>> sink.drain(), sink.drain()
        (['present.0.key', 'present.0.value'], [])
    """

    def __init__(self, prefix: str = "present") -> None:
        self.prefix = prefix
        self._names: list[str] = []
        self._lock = threading.Lock()

    def add(self, name: str) -> str:
        """Appends a name, unless it is there, and returns it."""
        with self._lock:
            if name not in self._names:
                self._names.append(name)
        return name

    def add_kv(self, index: int) -> str:
        """Appends the keys and the values of a layer; returns what their two names begin with."""
        first = f"{self.prefix}.{index}"
        self.add(f"{first}.key")
        self.add(f"{first}.value")
        return first

    def inner(self) -> list[str]:
        """Returns the names, in order; the list is a copy."""
        with self._lock:
            return [*self._names]

    def is_empty(self) -> bool:
        """Returns whether there are no names."""
        return not self._names

    def drain(self) -> list[str]:
        """Returns the names, in order, and forgets them."""
        with self._lock:
            taken, self._names = self._names, []
        return taken

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.inner())
