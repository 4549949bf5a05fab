"""Rules that users wrote: an opcode, an element type, a stage, a size, and how many are fine."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from rlxflow.inspect.clean import CleanRule, Facts, Place
from rlxflow.inspect.hlo_shape import content_bytes
from rlxflow.inspect.hlo_walk import Run
from rlxflow.ir.region import path_matches


def pattern_rule(
    name: str, op: str = "*", dtype: str = "*", stage: str = "**", nbytes: int = 0, at_most: int = 0
) -> CleanRule:
    """Returns a rule that finds instructions by patterns, beyond a number that is fine in a stage.

    Args:
        name: Of the rule.
        op: Glob of the opcode.
        dtype: Glob of the element type of what it makes.
        stage: Glob of the path of the innermost stage.
        nbytes: How many bytes it makes at least.
        at_most: How many are fine in each stage.
    """

    def fits(run: Run, path: str) -> bool:
        dtypes = [array.dtype for array in run.one.arrays] or [""]
        return (
            fnmatchcase(run.one.opcode, op)
            and any(fnmatchcase(each, dtype) for each in dtypes)
            and content_bytes(run.one.shape) >= nbytes
            and path_matches(stage, path)
        )

    def find(facts: Facts) -> Iterable[Place]:
        counts: dict[str, int] = {}
        for run in facts.runs:
            path = facts.table.inside(run.path) or run.path
            if fits(run, path):
                counts[path] = counts.get(path, 0) + 1
                if counts[path] > at_most:
                    yield Place(path, run.one.name, content_bytes(run.one.shape))

    terms = [f"op={op}", f"dtype={dtype}", f"stage={stage}"]
    terms = [term for term in terms if not term.endswith(("=*", "=**"))]
    terms += [f"bytes={nbytes}"] if nbytes else []
    limit = f", more than {at_most} in a stage" if at_most else ""
    return CleanRule(name, f"{' '.join(terms)}{limit}", "it is a rule of the profile", find)
