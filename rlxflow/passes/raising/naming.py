"""What a stage is called: after the model's own words where there are any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import is_stage, string_of
from rlxflow.passes.raising.match import Match

_WRAPPED = re.compile(r"[\w.<>]+\(.*\)")  # jit(step), vmap(f), transpose(jvp(g))
_WORD = re.compile(r"[A-Za-z_][\w.\-]*")
_LAST = re.compile(r"\.?(weight|kernel|bias|scale|embedding|w|g|b|gamma|beta)$")
_OWN = ("linear", "rms_norm", "layer_norm")  # one weight, so its name is the stage's


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


def stage_name(found: Match, ops: Iterable[ir.Operation]) -> str:
    """Returns what the operations or weights of a match are called together: `layers_0.mlp`.

    Empty if nothing has a name, so that stages can be counted instead.
    """
    if found.block == "mlp":
        named = [
            string_of(op, "name").split(".") for op in ops if string_of(op, "block") == "linear"
        ]
        common = _common(named)
    else:
        plain = [op for op in ops if not is_stage(op)]
        named = [path for op in plain if (path := words(op.location, _short(op)))]
        common = _common(named)
    if found.block in _OWN:
        weight = weight_words(found.weight)
        if len(weight) > len(common):
            return ".".join(weight)
        own = weight[-1:] if weight[-1:] != common[-1:] else []
        return ".".join([*common, *own])
    if not common:
        return ""
    last = common[-1]
    says_it = {"attention": "att" in last.lower(), "mlp": not last[-1].isdigit()}
    return ".".join(common if says_it.get(found.block, False) else [*common, found.block])


def inner_name(name: str, block: str, outer: str) -> str:
    """Returns a stage's name inside another: `gate` in `layers_0.mlp` for `layers_0.mlp.gate`."""
    if re.fullmatch(rf"{block}_\d+", name):
        return block
    for prefix in (f"{outer}.", f"{outer.rpartition('.')[0]}."):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def words(location: ir.Location, op_name: str) -> list[str]:
    """Returns the module names in a location: `layers_0`, `q_proj` of jit(f)/layers_0/q_proj/dot.

    What is no name of a module is left out: transformations of jax, patterns of einsum, and the
    operation itself.
    """
    if not isinstance(location, ir.NameLoc):
        return []
    parts = [part for part in _split(location.name_str) if part]
    kept = [part for part in parts if not _WRAPPED.fullmatch(part)]
    if len(kept) < len(parts) or (kept and kept[-1] == op_name):
        kept = kept[:-1]  # of jax: the last is the primitive
    return [part for part in kept if _WORD.fullmatch(part)]


def weight_words(weight: str) -> list[str]:
    """Returns the module names in a weight's: `layers_0`, `q` of p['layers_0']['q']['kernel']."""
    plain = re.sub(r"\[['\"]?([^\]'\"]*)['\"]?\]", r".\1", weight)
    parts = [part for part in _LAST.sub("", plain).replace("/", ".").split(".") if part]
    parts = parts[1:] if "[" in weight else parts  # of jax: the first is the argument
    fit = all(_WORD.fullmatch(part) or part.isdigit() for part in parts)
    return parts if fit and not all(part.isdigit() for part in parts) else []


def _split(name: str) -> list[str]:
    """Splits at the `/` that stand in no brackets."""
    parts, depth = [""], 0
    for char in name:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _common(paths: list[list[str]]) -> list[str]:
    """Returns the words that all paths begin with."""
    common: list[str] = []
    for each in zip(*paths, strict=False):
        if len(set(each)) > 1:
            break
        common.append(each[0])
    return common


def _short(op: ir.Operation) -> str:
    return op.name.partition(".")[2]
