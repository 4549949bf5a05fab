"""What makes two operations of one context the same, apart from what they take.

Names of values, locations and the order of attributes do not count.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import STAGE, YIELD, string_of


class Keys:
    """Numbers that are equal for what is equal, in both modules.

    Attributes:
        symbols: By name of a function of the second module that of the first one it stands for.
    """

    def __init__(self, symbols: Mapping[str, str] | None = None) -> None:
        self.symbols = symbols or {}
        self._numbers: dict[Hashable, int] = {}

    def number(self, what: Hashable) -> int:
        """Returns the number of something; a new one for what was not seen before."""
        return self._numbers.setdefault(what, len(self._numbers))

    def fresh(self) -> int:
        """Returns a number that nothing else has."""
        return self.number(("fresh", len(self._numbers)))

    def own(self, op: ir.Operation, *, second: bool) -> int:
        """Returns the number of an operation by kind, attributes and types of results.

        Of a stage only the name counts, since what is inside is compared by itself.
        """
        results = tuple([result.type for result in op.results])
        if op.name == STAGE:
            return self.number((STAGE, string_of(op, "name"), len(results)))
        names = sorted(op.attributes)
        attributes = tuple([(n, self._attribute(op.attributes[n], second)) for n in names])
        known = op.name == YIELD or op.context.is_registered_operation(op.name)
        hidden = None if known else re.sub(r"%[\w#:$.-]+", "%", str(op))
        return self.number((op.name, attributes, results, len(op.regions), hidden))

    def stage(self, op: ir.Operation) -> tuple[Hashable, ...]:
        """Returns what a stage says about itself: its name, then all other attributes."""
        rest = tuple(
            [(name, op.attributes[name]) for name in sorted(op.attributes) if name != "name"]
        )
        return string_of(op, "name"), rest

    def _attribute(self, attribute: ir.Attribute, second: bool) -> Hashable:
        if isinstance(attribute, ir.FlatSymbolRefAttr):
            name = attribute.value
            return "@", self.symbols.get(name, name) if second else name
        return attribute
