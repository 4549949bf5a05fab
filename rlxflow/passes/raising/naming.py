"""What a stage is called: after the model's own words where there are any."""

from __future__ import annotations

import re
from collections import Counter

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import is_stage, string_of

_WRAPPED = re.compile(r"\w+\(.*\)")  # jit(step), vmap(f), transpose(jvp(g))
_LAST = re.compile(r"\.?(weight|kernel|bias|scale|embedding)$")


class Names:
    """Gives stages names that differ from those of their neighbours."""

    def __init__(self) -> None:
        self._taken: dict[ir.Block, set[str]] = {}
        self._counts: Counter[tuple[ir.Block, str]] = Counter()

    def take(self, block: ir.Block, wanted: str, kind: str) -> str:
        """Returns `wanted`, or `wanted_1`, ...; `<kind>_0`, `<kind>_1`, ... if it is empty."""
        if block not in self._taken:
            inside = [view.operation for view in block.operations]
            self._taken[block] = {string_of(op, "name") for op in inside if is_stage(op)}
        taken = self._taken[block]
        name = wanted
        while not name or name in taken:
            count = self._counts[block, wanted or kind]
            self._counts[block, wanted or kind] += 1
            name = f"{wanted}_{count + 1}" if wanted else f"{kind}_{count}"
        taken.add(name)
        return name


def words(location: ir.Location, op_name: str) -> list[str]:
    """Returns the module names in a location: `layers_0`, `q_proj` of jit(f)/layers_0/q_proj/dot.

    What is no name of a module is left out: transformations of jax, and the operation itself.
    """
    if not isinstance(location, ir.NameLoc):
        return []
    parts = [part for part in location.name_str.split("/") if part]
    kept = [part for part in parts if not _WRAPPED.fullmatch(part)]
    if len(kept) < len(parts) or (kept and kept[-1] == op_name):
        kept = kept[:-1]  # of jax: the last is the primitive
    return kept


def weight_word(weight: str) -> str:
    """Returns the word of a weight's name that says whose it is: `q_proj` of a.q_proj.weight."""
    plain = re.sub(r"\[['\"]?([^\]'\"]*)['\"]?\]", r".\1", weight)
    return _LAST.sub("", plain).rpartition(".")[2].replace("/", ".")
