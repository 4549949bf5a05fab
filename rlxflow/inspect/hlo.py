"""Reads HLO text: a module of computations, each a list of instructions in order.

What is inside an instruction beyond name, shape, opcode and operands is read when it is asked for,
since modules of many layers have tens of thousands of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rlxflow.errors import ParseError
from rlxflow.inspect import hlo_shape
from rlxflow.inspect.hlo_shape import HloShape

_INSTRUCTION = re.compile(
    r"\s+(ROOT )?%?([\w.$~-]+) = (\(.*?\)|[a-z]\w*\[[^ ]*) ([a-z][a-z0-9-]*)\(([^()]*)(.*)"
)
_HEADER = re.compile(r"(ENTRY )?%?([\w.$~-]+) \(.*\) -> .*\{$|(ENTRY )?%?([\w.$~-]+) \{$")
_OPERAND = re.compile(r"%([\w.$~-]+)")
_BARE_OPERAND = re.compile(r"(?:^|[ /])([A-Za-z_][\w.$~-]*)\s*(?:,|$)")
_CALLED = re.compile(
    r"(?:calls|to_apply|body|condition|true_computation|false_computation"
    r"|branch_computations|called_computations|select|scatter)=(\{[^}]*\}|%?[\w.$~-]+)"
)
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"')
_ALIAS = re.compile(r"\{([\d, ]*)\}: \((\d+), \{[\d, ]*\}")
_LEAVES = frozenset({"parameter", "constant"})


@dataclass(eq=False, slots=True)
class Instruction:
    """One instruction: `name = shape opcode(operands), attributes`."""

    name: str
    shape: str
    opcode: str
    operands: tuple[str, ...]
    attributes: str
    argument: str
    """What stands between the parentheses: operands, the value of a constant, a number."""
    root: bool
    op_name: str
    """The location that the instruction came from; empty if XLA made it and says none."""

    def text_of(self, start: str, end: str = '"') -> str:
        """Returns what stands between two texts in the attributes, or nothing."""
        at = self.attributes.find(start)
        if at < 0:
            return ""
        begin = at + len(start)
        return self.attributes[begin : self.attributes.find(end, begin)]

    def integers(self, name: str) -> list[int]:
        """Returns the numbers of an attribute `name={1,2}`."""
        return [int(text) for text in self.text_of(f"{name}={{", "}").split(",") if text]

    @property
    def arrays(self) -> tuple[HloShape, ...]:
        return hlo_shape.arrays(self.shape)

    @property
    def nbytes(self) -> int:
        return hlo_shape.nbytes(self.shape)

    @property
    def elements(self) -> int:
        return hlo_shape.elements(self.shape)

    @property
    def called(self) -> list[str]:
        """The computations that it names: fused, applied, or run."""
        found: list[str] = []
        for group in _CALLED.findall(self.attributes):
            found += re.findall(r"[\w.$~-]+", group)
        return found

    @property
    def index(self) -> int:
        """Which argument a parameter is, or which element a `get-tuple-element` takes."""
        if self.opcode == "parameter":
            return int(self.argument)
        return int(re.findall(r"index=(\d+)", self.attributes)[0])

    @property
    def trip_count(self) -> int | None:
        """How often a loop runs, if XLA found out."""
        match = _TRIPS.search(self.attributes)
        return int(match[1]) if match else None

    @property
    def is_custom_fusion(self) -> bool:
        return self.opcode == "fusion" and "kind=kCustom" in self.attributes


@dataclass(eq=False)
class Computation:
    """A computation: its instructions by name, in the order of the text."""

    name: str
    instructions: dict[str, Instruction] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions.values())

    def operands(self, instruction: Instruction) -> list[Instruction]:
        return [self.instructions[name] for name in instruction.operands]

    @cached_property
    def root(self) -> Instruction:
        """The instruction whose value is that of the computation."""
        last = None
        for last in self:
            if last.root:
                return last
        assert last is not None
        return last

    @cached_property
    def parameters(self) -> list[Instruction]:
        """The parameters in the order of their numbers."""
        found = [one for one in self if one.opcode == "parameter"]
        return sorted(found, key=lambda one: one.index)

    @cached_property
    def users(self) -> dict[str, list[Instruction]]:
        """For each instruction those that take it, each once."""
        found: dict[str, list[Instruction]] = {name: [] for name in self.instructions}
        for one in self.instructions.values():
            for name in one.operands if len(one.operands) < 2 else dict.fromkeys(one.operands):
                found[name].append(one)
        return found


@dataclass(eq=False)
class HloModule:
    """A module of HLO text.

    Attributes:
        name: As XLA calls it.
        computations: By name.
        entry: The computation that the program runs.
        aliases: Results of the entry that use the memory of an argument: result to argument.
    """

    name: str
    computations: dict[str, Computation]
    entry: Computation
    aliases: dict[int, int]
    _called: dict[Instruction, list[Computation]] = field(default_factory=dict, repr=False)

    def called(self, instruction: Instruction) -> list[Computation]:
        """Returns the computations that an instruction names, in order."""
        known = self._called.get(instruction)
        if known is not None:
            return known
        names = instruction.called
        missing = [name for name in names if name not in self.computations]
        if missing:
            found = f"`{missing[0]}`, which is none"
            raise ParseError(f"`{instruction.name}`", expected="computations", found=found)
        found = self._called[instruction] = [self.computations[name] for name in names]
        return found

    @classmethod
    def parse(cls, text: str, name: str = "HLO") -> HloModule:
        """Returns the module of HLO text; raises ParseError with the line that is none."""
        found: dict[str, Computation] = {}
        entry = inside = None
        header = ""
        for number, line in enumerate(text.splitlines(), 1):
            if inside is not None and line[:1] == " ":
                _add(inside, line, f"{name}:{number}")
            elif line[:1] == "}":
                inside = None
            elif line.startswith("HloModule"):
                header = line
            elif line.endswith("{") and (match := _HEADER.match(line)):
                title = match[2] or match[4]
                inside = found[title] = Computation(title)
                entry = inside if match[1] or match[3] else entry
        if not header or entry is None:
            raise ParseError(name, expected="`HloModule` and an ENTRY computation", found="none")
        title = re.split(r"[ ,]", header)[1]
        part = header.partition("input_output_alias={ ")[2].partition(" }")[0]
        aliases = {int(out.split(",")[0] or 0): int(into) for out, into in _ALIAS.findall(part)}
        return cls(title, found, entry, aliases)


def _add(computation: Computation, line: str, where: str) -> None:
    match = _INSTRUCTION.match(line)
    if match is None:
        raise ParseError(where, expected="an HLO instruction", found=f"`{line.strip()[:60]}`")
    root, name, shape, opcode, argument, attributes = match.groups()
    if attributes[:1] != ")":  # there are parentheses between the parentheses
        end = _closing(line, match.start(5))
        argument, attributes = line[match.start(5) : end], line[end:]
    operands: tuple[str, ...] = ()
    if argument and opcode not in _LEAVES:
        operands = _operands(argument)
        for operand in operands:
            if operand not in computation.instructions:
                found = f"`{operand}`, which is none"
                raise ParseError(where, expected="operands that stand before", found=found)
    op_name = attributes.partition('op_name="')[2].partition('"')[0]
    computation.instructions[name] = Instruction(
        name, shape, opcode, operands, attributes, argument, bool(root), op_name
    )


def _operands(argument: str) -> tuple[str, ...]:
    if argument[0] == "%" and "/" not in argument:  # as XLA prints them, and no comments between
        return tuple(argument[1:].split(", %"))
    return tuple(_OPERAND.findall(argument) or _BARE_OPERAND.findall(argument))


def _closing(line: str, begin: int) -> int:
    """Returns where the parenthesis is closed that was opened before `begin`."""
    depth, quoted = 1, False
    for at in range(begin, len(line)):
        letter = line[at]
        if letter == '"' and line[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return at
    return len(line)
