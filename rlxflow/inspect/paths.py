"""Which stage an instruction belongs to.

XLA keeps the location of an operation as `op_name`: `jit(f)/rlx_module/layers.0/attention/scores`.
What it makes itself has none, or only the last part of it. Such an instruction gets the path of
what it was made from, in this order: the view (a bitcast, say) that follows it, the stage that owns
the weight it reads, the instructions that take its value, those it takes values from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.stage_table import StageTable

ARGUMENTS = "(arguments)"
COPIES = "(copies)"
CONSTANTS = "(constants)"
RESULTS = "(results)"
NO_NAME = "(unattributed: no name, and neither users nor operands with one)"
NO_INSTRUCTION = "(unattributed: measured, but no instruction of the program)"
TWO_STAGES = "(unattributed: no name, and users in several stages)"

_REMAINDERS = {"constant": CONSTANTS, "copy": COPIES}
MODULE_MARK = "rlx_module/"
_VIEWS = frozenset({"bitcast", "reshape", "copy", "transpose", "convert"})
_WRAPPERS = re.compile(r"^(?:(?:jit|pjit|vmap|jvp|transpose)\([^/]*\)/)+")
_ARGUMENT = re.compile(r"^\w+(?:\[[^\]]*\])+$")


def is_remainder(path: str) -> bool:
    """Tells whether a path is a named remainder, `(copies)` for one, instead of a stage."""
    return path.startswith("(")


class Paths:
    """Finds the paths of the instructions of a module."""

    def __init__(self, module: HloModule, table: StageTable) -> None:
        self._module = module
        self._table = table
        self._known: dict[str, dict[str, str]] = {}
        self._arguments = {port.name for port in table.ports}
        names = {one.op_name for c in module.computations.values() for one in c}
        full = [path for path, is_full in map(_stripped, names) if is_full and path]
        self._tops = {path.partition("/")[0] for path in [*table.stages, *full]}
        self._owner = {
            place: owners[0]
            for place, port in enumerate(table.ports)
            if len(owners := table.owners.get(port.name, ())) == 1 and owners[0]
        }

    def of_name(self, op_name: str, around: str) -> str:
        """Returns the path of an op_name; `around` is that of the call it is inside of.

        Returns nothing if the name says nothing.
        """
        names = self._known.setdefault(around, {})
        if op_name not in names:
            path, is_full = _stripped(op_name)
            if path in self._arguments:  # what XLA made of an argument is called like it
                path = ""
            if path and not is_full and around and path.partition("/")[0] not in self._tops:
                path = f"{around}/{path}"
            names[op_name] = path
        return names[op_name]

    def of_computation(self, computation: Computation, around: str) -> dict[str, str]:
        """Returns the path of each instruction of a computation that is run as it stands."""
        found = {one.name: self._own(one, around) for one in computation}
        inner = _Inner(self, found, around)
        missing = [one for one in computation if not found[one.name]]
        entry = computation is self._module.entry
        for one in reversed(missing):  # users before what they use
            owner = self._from_owner(computation, one) if entry else ""
            path, is_view = inner.from_users(self._module, computation, one)
            keep = not owner or (is_view and f"{path}/".startswith(f"{owner}/"))
            found[one.name] = path if keep else owner
        for one in missing:
            if found[one.name] in {"", TWO_STAGES}:
                other = around or _from_operands(one, found) or self._of_argument(computation, one)
                other = other or _of_constants(one, found)
                found[one.name] = other or found[one.name] or NO_NAME
        return found

    def of_fused(self, fused: Computation, outer: str, around: str) -> dict[str, str]:
        """Returns the path of each instruction in a fusion whose own path is `outer`."""
        found = {name: self._own(one, around) for name, one in fused.instructions.items()}
        missing = [fused.instructions[name] for name, path in found.items() if not path]
        for one in reversed(missing):
            users = (found[user.name] for user in fused.users[one.name])
            found[one.name] = next(filter(None, users), "")
        for one in missing:
            found[one.name] = found[one.name] or _from_operands(one, found) or outer
        return found

    def _of_argument(self, computation: Computation, one: Instruction) -> str:
        """Returns the remainder of the arguments for a view of one of them."""
        is_argument = _source(computation, one).opcode == "parameter"
        return ARGUMENTS if is_argument and computation is self._module.entry else ""

    def _own(self, one: Instruction, around: str) -> str:
        path = self.of_name(one.op_name, around) if one.op_name else ""
        if path or one.opcode != "fusion":
            return path
        fused = self._module.called(one)[0]
        for inner in [fused.root, *reversed(list(fused))]:
            if path := self.of_name(inner.op_name, around):
                return path
        return ""

    def _from_owner(self, computation: Computation, one: Instruction) -> str:
        """Returns the stage of the weight that an instruction reads, if there is only one."""
        for operand in computation.operands(one):
            source = _source(computation, operand)
            if source.opcode == "parameter" and source.index in self._owner:
                return self._owner[source.index]
        return ""


class _Inner:
    """Looks at what takes a value, also inside of fusions."""

    def __init__(self, paths: Paths, found: dict[str, str], around: str) -> None:
        self._paths, self._found, self._around = paths, found, around

    def from_users(
        self, module: HloModule, inside: Computation, one: Instruction
    ) -> tuple[str, bool]:
        """Returns the path of a view of the value and True, else that which all users share."""
        if inside is module.entry and (one.opcode == "parameter" or one.root):
            return (ARGUMENTS if one.opcode == "parameter" else RESULTS), False
        seen: dict[str, None] = {}
        for user in inside.users[one.name]:
            for place in _places(user, one.name):
                path, is_view = self._user(module, user, place)
                if is_view and path:
                    return path, True
                seen[path] = None
        seen.pop("", None)
        seen.pop(RESULTS, None)
        paths = list(seen)
        if one.opcode in _REMAINDERS and (len(paths) != 1 or is_remainder(paths[0])):
            return _REMAINDERS[one.opcode], False
        return _shared(paths), False

    def _user(self, module: HloModule, user: Instruction, place: int) -> tuple[str, bool]:
        if user.opcode != "fusion":
            return self._found[user.name], user.opcode in _VIEWS
        fused = module.called(user)[0]
        takers = fused.users[fused.parameters[place].name]
        paths = [(self._paths.of_name(t.op_name, self._around), t.opcode in _VIEWS) for t in takers]
        named = [(path, is_view) for path, is_view in paths if path]
        return min(named, key=lambda pair: not pair[1], default=(self._found[user.name], False))


def _source(computation: Computation, one: Instruction) -> Instruction:
    """Returns what an instruction is a view of, itself if it is none."""
    while one.opcode in _VIEWS:
        one = computation.operands(one)[0]
    return one


def _places(user: Instruction, name: str) -> Iterable[int]:
    return (place for place, operand in enumerate(user.operands) if operand == name)


def _shared(paths: list[str]) -> str:
    """Returns what paths have in common from the start, or why there is no such thing."""
    if len(paths) < 2:
        return paths[0] if paths else ""
    columns = zip(*(path.split("/") for path in paths), strict=False)
    same = []
    for column in columns:
        if len(set(column)) > 1:
            break
        same.append(column[0])
    return "/".join(same) or TWO_STAGES


def _from_operands(one: Instruction, found: dict[str, str]) -> str:
    paths = (found[operand] for operand in one.operands)
    return next((path for path in paths if path and not is_remainder(path)), "")


def _of_constants(one: Instruction, found: dict[str, str]) -> str:
    """Returns the remainder of the constants for what is made of nothing else."""
    made_of = {found[operand] for operand in one.operands}
    return CONSTANTS if made_of == {CONSTANTS} else ""


def _stripped(op_name: str) -> tuple[str, bool]:
    """Returns the path in an op_name, and whether it begins at the outermost stage."""
    name = op_name.partition(";")[0]
    _, mark, after = name.rpartition(MODULE_MARK)
    if mark:
        return after, True
    if name.endswith("rlx_module") or _ARGUMENT.match(name):
        return "", True
    rest = _WRAPPERS.sub("", name)
    return rest, rest != name
