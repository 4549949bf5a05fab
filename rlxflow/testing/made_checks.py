"""Makes the block of checks of one lit test anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rlxflow.errors import FlowError, InputError
from rlxflow.testing.check_block import Parts, divide
from rlxflow.testing.check_lines import check_lines
from rlxflow.testing.directives import checker_calls
from rlxflow.testing.lit_files import read_test
from rlxflow.testing.prove import prove, survivors

if TYPE_CHECKING:
    from rlxflow.testing.recording import Recorded


Make = Callable[[str, str], list[str]]
"""Makes the directives for a text with a prefix."""


@dataclass(frozen=True)
class Updated:
    """A test before and after.

    Attributes:
        old: Its text.
        new: Its text with new checks.
        count: Of the made directives.
        prefixes: That have made directives.
        notes: What else there is to say.
    """

    old: str
    new: str
    count: int
    prefixes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.old != self.new


def update(file: Path, params: Mapping[str, str], *, force: bool, mutate: bool) -> Updated:
    """Returns a test with the checks that follow from what its RUN lines print; writes nothing."""
    file = file.resolve()
    old = read_test(file)
    parts = divide(old, str(file))
    calls = checker_calls(old.splitlines())
    enabled = list(dict.fromkeys(name for call in calls for name in call.prefixes))
    parts, kept = _with_room(file, parts, enabled, force=force)
    recorded, folders = _recording(file, params)
    variable = sorted(folders, key=len, reverse=True)

    def make(text: str, prefix: str) -> list[str]:
        return check_lines(text, leader=parts.leader, prefix=prefix, variable=variable)

    groups = _groups(file, [name for name in enabled if name not in kept], recorded, make)
    new = parts.with_checks(list(groups.values()))
    notes = [f"left alone: {', '.join(kept)}"] if kept else []
    mine = [call for call in recorded if {*call.prefixes} & groups.keys()]
    for call in mine:
        prove(str(file), new, call.flags, call.text)
    notes += [_mutated(file, new, mine, variable)] if mutate else []
    count = sum(map(len, groups.values()))
    return Updated(old, new, count, tuple(groups), tuple(notes))


def _with_room(
    file: Path, parts: Parts, enabled: Sequence[str], *, force: bool
) -> tuple[Parts, list[str]]:
    """Returns the parts to put checks into, and the prefixes whose hand-written checks stay."""
    found = parts.hand_written(enabled)
    if force:
        return parts.without(found), []
    kept = list(dict.fromkeys(directive.prefix for directive in found))
    if kept and len(kept) == len(enabled):
        raise InputError(
            f"{file}:{found[0].line}",
            expected="no check lines but those that this program made",
            found=f"hand-written ones of {', '.join(kept)}, which say more than made ones",
            cure="--force replaces them",
        )
    return parts, kept


def _recording(file: Path, params: Mapping[str, str]) -> tuple[list[Recorded], list[str]]:
    try:
        from rlxflow.testing.recording import run_recorded
    except ModuleNotFoundError as error:
        cure = "pip install 'rlxflow[lit]'"
        raise InputError("lit", expected="it installed", found=str(error), cure=cure) from None
    return run_recorded(file, params)


def _groups(
    file: Path, names: Sequence[str], recorded: Sequence[Recorded], make: Make
) -> dict[str, list[str]]:
    """Returns the directives of each prefix; the output of a call is checked under one of its own.

    A prefix that several calls enable is taken where they print the same.
    """
    groups: dict[str, list[str]] = {}
    rest = [call for call in recorded if {*call.prefixes} & {*names}]
    for name in names:
        mine = [call for call in recorded if name in call.prefixes]
        made = [make(call.text, name) for call in mine]
        if mine and all(call in rest for call in mine) and all(one == made[0] for one in made):
            groups[name] = made[0]
            rest = [call for call in rest if call not in mine]
    for call in rest:
        raise InputError(
            str(file),
            expected=f"one output for `{call.prefixes[-1]}`",
            found="RUN lines that print different ones",
            cure="give each a --check-prefix of its own",
        )
    for name in [name for name in groups if not groups[name]]:
        raise InputError(str(file), expected=f"output for `{name}`", found="none")
    return groups


def _mutated(file: Path, test: str, calls: Sequence[Recorded], variable: Sequence[str]) -> str:
    """Returns how many wrong outputs fail; raises FlowError if one passes."""
    count, passed = 0, []
    for call in calls:
        text = call.text
        for part in variable:
            text = text.replace(part, "")
        more, names = survivors(test, call.flags, text)
        count, passed = count + more, passed + names
    if passed:
        found = f"{len(passed)} of {count} that pass, the first with {passed[0]}"
        raise FlowError(str(file), expected="checks that fail on each wrong output", found=found)
    return f"{count} wrong outputs fail"
