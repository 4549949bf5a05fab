"""Compares the weights a module asks for with those a source has, before anything is compiled."""

from __future__ import annotations

from collections.abc import Iterable

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights.cast import cast_steps
from rlxflow.weights.differences import Differences
from rlxflow.weights.names import NameRules, RenamedSource
from rlxflow.weights.panels import Panels, packer
from rlxflow.weights.plan import ParamSpec, PlanEntry, WeightPlan, pack_steps
from rlxflow.weights.source import WeightSource

_NO_RULES = NameRules()


def make_plan(
    params: Iterable[ParamSpec],
    source: WeightSource,
    rules: NameRules = _NO_RULES,
    *,
    allow_unused: bool = False,
) -> WeightPlan:
    """Returns how each of `params` is made from `source`; reads shapes only.

    Args:
        params: What the module asks for; the same weight may be named more than once.
        source: What there is, under the file's names.
        rules: From the file's names to those of `params`.
        allow_unused: Records tensors that nothing asks for instead of refusing the file.

    Raises:
        WeightError: One error with everything that is missing, of another shape or element type,
            or unused without a rule that ignores it.
    """
    wanted = _by_name(params)
    renamed = RenamedSource(source, rules)
    missing = [param for param in wanted.values() if param.name not in renamed]
    found = [_entry(param, renamed) for param in wanted.values() if param.name in renamed]
    spare = [name for name in renamed.names() if name not in wanted]
    ignored = {
        renamed.original(name): reason
        for name in spare
        if (reason := rules.ignored(name)) is not None
    }
    unused = tuple(name for name in map(renamed.original, spare) if name not in ignored)
    differences = Differences(
        missing=missing,
        unfit=[entry for entry, fits in found if not fits],
        unused=[] if allow_unused else list(unused),
    )
    if differences:
        raise differences.error(len(wanted), source)
    entries = tuple(entry for entry, _ in found)
    return WeightPlan(entries=entries, source=source, ignored=ignored, unused=unused)


def _entry(param: ParamSpec, renamed: RenamedSource) -> tuple[PlanEntry, bool]:
    """Returns how the parameter is made, and whether what the file has can become it."""
    info = renamed.info(param.name)
    if param.packed:
        return _packed_entry(param, renamed)
    casts = cast_steps(info.dtype, param.dtype)
    original = renamed.original(param.name)
    steps = (*renamed.steps(param.name), *(casts or ()))
    entry = PlanEntry(param=param, source_name=original, info=info, steps=steps)
    return entry, info.shape == param.shape and casts is not None


def _packed_entry(param: ParamSpec, renamed: RenamedSource) -> tuple[PlanEntry, bool]:
    """Returns the same of a matrix in panels; raises WeightError if its bytes do not fit them."""
    info, panels = renamed.info(param.name), check_bytes(param)
    original, ready = renamed.original(param.name), info == param.info
    steps = () if ready else pack_steps(param)
    entry = PlanEntry(param=param, source_name=original, info=info, steps=steps)
    return entry, ready or (panels.fits(info.shape) and info.dtype in dtypes.FLOATS)


def check_bytes(param: ParamSpec) -> Panels:
    """Returns the layout of a weight in panels; raises WeightError if its bytes do not fit it."""
    panels = Panels.parse(param.packed)
    sizes = [packer().nbytes(panels)]
    if len(param.shape) == 2 and (count := param.shape[0]):  # a stack
        sizes = [count, sizes[0] // len(panels.layers(count))]
    if param.dtype != "ui8" or [*param.shape] != sizes:
        where = f"weight `{param.name}`, packed as {panels}"
        raise WeightError(where, expected=f"ui8{sizes}", found=f"{param.info}")
    return panels


def _by_name(params: Iterable[ParamSpec]) -> dict[str, ParamSpec]:
    wanted: dict[str, ParamSpec] = {}
    for param in params:
        known = wanted.setdefault(param.name, param)
        if known != param:
            raise WeightError(
                f"weight `{param.name}`",
                expected=f"{known.info} as where it is first used",
                found=f"{param.info}",
                cure="one name stands for one tensor: rename one of the two",
            )
    return wanted
