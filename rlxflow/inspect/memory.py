"""What memory a program needs over its schedule, before anything runs.

A value lives from the instruction that makes it to the last that takes it. Views, updates in place,
and the values that a loop carries share the memory of what they are made from. XLA may pack values
tighter, or waste some between them, so its own number of temporaries stands beside ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.hlo_shape import arrays

ALIGNMENT = 64
_SAME = frozenset({"bitcast", "opt-barrier", "while", "domain", "add-dependency"})


class Buffer(NamedTuple):
    """Memory of one value: who makes it, its stage, its bytes, and when it lives.

    `kind` is `argument`, `output` or `temporary`; `born` and `dies` are places in the schedule.
    """

    name: str
    path: str
    nbytes: int
    kind: str
    born: int
    dies: int


@dataclass(frozen=True)
class Memory:
    """The buffers of a program, and the temporary bytes alive at each instruction of the entry.

    Attributes:
        buffers: Those of the entry, in the order they are made.
        schedule: For each instruction of the entry its name, path, and the temporary bytes alive,
            those that a call needs inside of it included.
    """

    buffers: tuple[Buffer, ...]
    schedule: tuple[tuple[str, str, int], ...]

    @property
    def peak(self) -> int:
        """The place in the schedule where the most temporary bytes are alive."""
        return max(range(len(self.schedule)), key=lambda i: self.schedule[i][2], default=0)

    @property
    def peak_bytes(self) -> int:
        return self.schedule[self.peak][2] if self.schedule else 0

    def alive(self, place: int) -> list[Buffer]:
        """Returns the temporaries alive at a place of the schedule, the largest first."""
        found = [b for b in self.buffers if b.kind == "temporary" and b.born <= place <= b.dies]
        return sorted(found, key=lambda buffer: -buffer.nbytes)


def plan_memory(module: HloModule, paths: Mapping[str, Mapping[str, str]]) -> Memory:
    """Returns the memory of a scheduled module; `paths` are those of `read_program`."""
    return _Plan(module, paths).computation(module.entry)


class _Plan:
    def __init__(self, module: HloModule, paths: Mapping[str, Mapping[str, str]]) -> None:
        self._module, self._paths = module, paths
        self._inside: dict[str, int] = {}

    def computation(self, computation: Computation) -> Memory:
        """Returns the memory of a computation; of its results those that it makes are outputs."""
        paths = self._paths.get(computation.name, {})
        order = list(computation)
        leaves = self._leaves(computation)
        last: dict[int, int] = {}
        for place, one in enumerate(order):
            for name in one.operands:
                last.update(dict.fromkeys(leaves[name], place))
        outputs = set(leaves[computation.root.name])
        buffers: dict[int, Buffer] = {}
        for place, one in enumerate(order):
            for leaf, array in zip(leaves[one.name], arrays(one.shape), strict=False):
                if leaf not in buffers and one.opcode != "constant":
                    kind = "argument" if one.opcode == "parameter" else "temporary"
                    kind = "output" if kind == "temporary" and leaf in outputs else kind
                    dies = len(order) - 1 if leaf in outputs else last.get(leaf, place)
                    size = -(-array.nbytes // ALIGNMENT) * ALIGNMENT
                    path = paths.get(one.name, "")
                    buffers[leaf] = Buffer(one.name, path, size, kind, place, dies)
        alive = _alive(list(buffers.values()), len(order))
        rows = [
            (one.name, paths.get(one.name, ""), alive[place] + self._called(one))
            for place, one in enumerate(order)
        ]
        return Memory(tuple(buffers.values()), tuple(rows))

    def _called(self, one: Instruction) -> int:
        """Returns the most temporary bytes that what an instruction runs needs for itself."""
        if one.opcode not in {"call", "while", "conditional"}:
            return 0
        for inner in self._module.called(one):
            if inner.name not in self._inside:
                self._inside[inner.name] = self.computation(inner).peak_bytes
        return max(self._inside[inner.name] for inner in self._module.called(one))

    def _leaves(self, computation: Computation) -> dict[str, list[int]]:
        """Returns for each instruction the numbers of the buffers that hold its arrays."""
        found: dict[str, list[int]] = {}
        count = 0
        for one in computation:
            shared = self._shared(computation, one, found)
            made = []
            for place in range(len(arrays(one.shape))):
                old = shared[place] if shared and place < len(shared) else None
                count += old is None
                made.append(count if old is None else old)
            found[one.name] = made
        return found

    def _shared(
        self, inside: Computation, one: Instruction, found: dict[str, list[int]]
    ) -> list[int | None]:
        """Returns for each array of a result the buffer it shares with an operand, or None."""
        if one.opcode in _SAME:
            return list(found[one.operands[0]])
        if one.opcode == "tuple":
            return [leaf for name in one.operands for leaf in found[name]]
        if one.opcode == "get-tuple-element":
            source = inside.operands(one)[0]
            return self._element(source, one, found)
        if one.opcode == "dynamic-update-slice":
            return list(found[one.operands[0]])
        if one.opcode in {"fusion", "call"}:
            callee = self._module.called(one)[0]
            flat = [leaf for name in one.operands for leaf in found[name]]
            given = self._parameters_behind(callee, fused=one.opcode == "fusion")
            return [None if place is None else flat[place] for place in given]
        return []

    @staticmethod
    def _element(
        source: Instruction, one: Instruction, found: dict[str, list[int]]
    ) -> list[int | None]:
        width = len(arrays(one.shape))
        if width == 1 and len(found[source.name]) > one.index:
            return [found[source.name][one.index]]  # tuples in tuples are rare after optimisation
        return list(found[source.name][:width])

    def _parameters_behind(self, callee: Computation, *, fused: bool) -> list[int | None]:
        """Returns for each result the number of the parameter whose memory it is in, or None.

        A fusion shares the memory of what it updates, a call also that of what it passes through.
        """
        if any(p.shape.startswith("(") for p in callee.parameters):
            return []
        root = callee.root
        results = callee.operands(root) if root.opcode == "tuple" else [root]
        return [self._behind(callee, result, fused) for result in results]

    def _behind(self, callee: Computation, one: Instruction, fused: bool) -> int | None:
        updated = not fused
        while one.opcode in {"bitcast", "dynamic-update-slice"}:
            updated = updated or one.opcode == "dynamic-update-slice"
            one = callee.operands(one)[0]
        if one.opcode == "parameter":
            return one.index if updated else None
        if one.opcode != "fusion":
            return None
        places = self._parameters_behind(self._module.called(one)[0], fused=True)
        if len(places) != 1 or places[0] is None:
            return None
        return self._behind(callee, callee.operands(one)[places[0]], fused=False)


def _alive(buffers: list[Buffer], length: int) -> list[int]:
    """Returns the temporary bytes alive at each place.

    A value that dies where another of its size is born lends it its memory, as XLA does for what is
    computed element by element.
    """
    change = [0] * (length + 1)
    dying: dict[tuple[int, int], int] = {}
    temporaries = [buffer for buffer in buffers if buffer.kind == "temporary"]
    for buffer in temporaries:
        if buffer.dies > buffer.born:
            key = (buffer.dies, buffer.nbytes)
            dying[key] = dying.get(key, 0) + 1
    for buffer in temporaries:
        change[buffer.born] += buffer.nbytes
        change[buffer.dies + 1] -= buffer.nbytes
        key = (buffer.born, buffer.nbytes)
        if dying.get(key, 0):
            dying[key] -= 1
            change[buffer.born] -= buffer.nbytes
            change[buffer.born + 1] += buffer.nbytes
    alive, now = [], 0
    for place in range(length):
        now += change[place]
        alive.append(now)
    return alive
