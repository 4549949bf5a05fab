"""A compiled program as the kernels it runs: each with what it computes and moves, by stage.

A kernel is an instruction that does work when the program runs: a fusion, a product, a copy, a call
of a library. One that was fused from operations of several stages has a part for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.kernel_calls import TARGET, call_dtype
from rlxflow.inspect.opcodes import CALLERS, FREE
from rlxflow.inspect.operations import NOTHING, Counter
from rlxflow.inspect.paths import Paths
from rlxflow.inspect.stage_table import StageTable
from rlxflow.inspect.traffic import transfers


@dataclass(slots=True)
class Part:
    """What one path has in one run of a kernel."""

    path: str
    instructions: int = 0
    flops: int = 0
    transcendentals: int = 0
    read: int = 0
    written: int = 0
    spared: int = 0


@dataclass(eq=False)
class Kernel:
    """An instruction that runs.

    Attributes:
        name: Of the instruction; profilers call it so.
        opcode: Its opcode.
        path: The stage that its result belongs to.
        dtype: Element type of what it computes with.
        runs: How often it runs in a call of the program; 0 in a branch that is not the dearest.
        parts: By path what one run costs.
        computation: The computation it stands in.
        target: What a custom call calls.
    """

    name: str
    opcode: str
    path: str
    dtype: str
    runs: int
    parts: dict[str, Part]
    computation: str
    target: str = ""

    def part(self, path: str) -> Part:
        """Returns the part of a path, an empty one if there was none."""
        if path not in self.parts:
            self.parts[path] = Part(path)
        return self.parts[path]

    @property
    def flops(self) -> int:
        return sum(part.flops for part in self.parts.values())

    @property
    def nbytes(self) -> int:
        return sum(part.read + part.written for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class Call:
    """An instruction that runs other computations: a call, a loop, a branch."""

    name: str
    path: str
    computations: tuple[str, ...]


@dataclass(eq=False)
class Program:
    """What a module runs.

    Attributes:
        module: The module.
        kernels: In the order of the schedule, those of loops and calls in their place.
        calls: What runs other computations.
        free: By path the number of instructions that do no work.
        paths: By computation and instruction the path.
        notes: What could not be known, in sentences.
    """

    module: HloModule
    kernels: list[Kernel] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    free: dict[str, int] = field(default_factory=dict)
    paths: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_program(module: HloModule, table: StageTable | None = None) -> Program:
    """Returns the kernels of a module; with a table, instructions of no name find their stage."""
    walk = _Walk(module, Paths(module, table or StageTable()))
    walk.run(module.entry, "", 1)
    return walk.program


class _Walk:
    def __init__(self, module: HloModule, paths: Paths) -> None:
        self._module, self._paths, self._counter = module, paths, Counter(module)
        self.program = Program(module)

    def run(self, computation: Computation, around: str, runs: int) -> None:
        """Adds what a computation runs; `around` is the path of what calls it."""
        paths = self._paths.of_computation(computation, around)
        self.program.paths[computation.name] = paths
        for one in computation:
            path = paths[one.name]
            if one.opcode in CALLERS:
                self._free(path)
                self.program.calls.append(Call(one.name, path, tuple(one.called)))
                for inner, count in self._called(one, path):
                    self.run(inner, path, runs * count)
            else:
                if one.opcode in FREE:
                    self._free(path)
                if one.opcode not in FREE or one.opcode == "tuple":
                    self._kernel(computation, one, path, around, runs)

    def _free(self, path: str) -> None:
        self.program.free[path] = self.program.free.get(path, 0) + 1

    def _called(self, one: Instruction, path: str) -> Iterator[tuple[Computation, int]]:
        called = self._module.called(one)
        if one.opcode == "while":
            trips = one.trip_count
            if trips is None:
                note = (
                    f"loop `{one.name}` in `{path}`: how often it runs is not known; counted once"
                )
                self.program.notes.append(note)
            yield from ((inner, 1 if trips is None else trips) for inner in called)
        elif one.opcode == "conditional":
            costs = [self._counter.computation(inner) for inner in called]
            dearest = costs.index(max(costs))
            note = f"branch `{one.name}` in `{path}`: only the dearest of {len(called)} is counted"
            self.program.notes.append(note)
            yield from ((inner, int(i == dearest)) for i, inner in enumerate(called))
        else:
            yield from ((inner, 1) for inner in called)

    def _kernel(
        self, inside: Computation, one: Instruction, path: str, around: str, runs: int
    ) -> None:
        kernel = Kernel(one.name, one.opcode, path, _dtype(one), runs, {}, inside.name)
        owners: dict[Instruction, str] = {}
        if one.opcode == "fusion":
            kernel.part(path).instructions += 1
            kernel.dtype = self._fused(kernel, self._module.called(one)[0], around, owners)
        elif one.opcode != "tuple":
            self._add(kernel.part(path), inside, one)
        if one.opcode == "custom-call":
            kernel.target = one.text_of(TARGET)
            kernel.dtype = call_dtype(one)
        for moved in transfers(self._module, inside, one):
            part = kernel.part(owners.get(moved.by, path))
            part.read += moved.read
            part.written += moved.written
            part.spared += moved.spared
        if kernel.parts:
            self.program.kernels.append(kernel)

    def _fused(
        self, kernel: Kernel, fused: Computation, around: str, owners: dict[Instruction, str]
    ) -> str:
        """Adds what is fused to a kernel; returns the element type of the largest product."""
        paths = self._paths.of_fused(fused, kernel.path, around)
        dtype, largest = kernel.dtype, 0
        for one in fused:
            path = owners[one] = paths[one.name]
            if one.opcode == "fusion":
                kernel.part(path).instructions += 1
                dtype = self._fused(kernel, self._module.called(one)[0], around, owners)
                continue
            flops = self._add(kernel.part(path), fused, one)
            if one.opcode in {"dot", "convolution"} and flops > largest:
                largest, dtype = flops, _dtype(fused.operands(one)[0])
        return dtype

    def _add(self, part: Part, inside: Computation, one: Instruction) -> int:
        work = self._counter.instruction(inside, one)
        part.instructions += 1
        if work is not NOTHING:
            part.flops += work.flops
            part.transcendentals += work.transcendentals
        return work.flops


def _dtype(one: Instruction) -> str:
    return one.arrays[0].dtype if one.arrays else ""
