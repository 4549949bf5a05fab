"""The text of a module cut into pieces by stage, so that a stage can be shown at each level.

A piece is a path and lines; what belongs to a stage are, in order, the pieces whose path is its own
or leads into it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.kernels import Program
from rlxflow.ir.module import IrModule


class Piece(NamedTuple):
    """Lines of a module that belong to a path; the empty path is outside of all stages."""

    path: str
    text: str


_STAGE = re.compile(r'^(\s*)(?:%\S+ = )?"rlx\.stage"\(')
_NAME = re.compile(r'\bname = "((?:[^"\\]|\\.)*)"')
_FUNCTION = re.compile(r"^\s*func\.func .*?@([\w.$-]+|\"[^\"]+\")\(")
_LOCATION = re.compile(r" loc\((#loc\d*|\"(?:[^\"\\]|\\.)*\"|unknown)[^\n]*?\)$")
_DEFINITION = re.compile(r'^(#loc\d*) = loc\("((?:[^"\\]|\\.)*)"(?:\(#loc\d*\))?\)$')
_CONTROL = re.compile(r"= \"?stablehlo\.(?:while|if|case)\b")
_CALLEE = re.compile(r"(?:call|decomposition =) @([\w.$-]+)")
_MODULE_INDENT = "  "


def flow_pieces(module: IrModule) -> list[Piece]:
    """Returns the pieces of a module at flow level: what is in a stage, and not in an inner one."""
    lines = module.text().splitlines()
    names = _stage_names(lines)
    found: list[Piece] = []
    open_stages: list[tuple[str, str]] = []  # indentation and path
    for number, line in enumerate(lines):
        path = open_stages[-1][1] if open_stages else ""
        if number in names:
            path = f"{path}/{names[number]}" if path else names[number]
            open_stages.append((line[: len(line) - len(line.lstrip())], path))
            _append(found, path, line, new=True)
        elif open_stages and line.startswith(open_stages[-1][0] + "}) "):
            _append(found, open_stages.pop()[1], line)
        else:
            _append(found, path, line)
    return found


def _stage_names(lines: list[str]) -> dict[int, str]:
    """Returns the name of each stage by the number of the line it begins at; it ends the stage."""
    found: dict[int, str] = {}
    begun: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        if match := _STAGE.match(line):
            begun.append((number, match[1]))
        elif begun and line.startswith(begun[-1][1] + "}) "):
            name = _NAME.search(line)
            found[begun.pop()[0]] = name[1] if name else "?"
    return found


def _append(found: list[Piece], path: str, line: str, *, new: bool = False) -> None:
    if found and found[-1].path == path and not new:
        found[-1] = Piece(path, f"{found[-1].text}\n{line}")
    else:
        found.append(Piece(path, line))


def located_pieces(module: IrModule) -> list[Piece]:
    """Returns the pieces of a module without stages, by the locations of its operations.

    What a call or a composite runs follows it, under the path that the call gives it.
    """
    functions = _functions(module.text(debug_info=True))
    main = "main" if "main" in functions else next(iter(functions))
    return list(_run(functions, main, "", ""))


def _run(functions: dict[str, list[Piece]], name: str, around: str, indent: str) -> Iterator[Piece]:
    for piece in functions[name]:
        path = f"{around}/{piece.path}" if around and piece.path else around or piece.path
        yield Piece(path, textwrap.indent(piece.text, indent))
        callee = _CALLEE.search(piece.text)
        if callee and callee[1] in functions:
            yield from _run(functions, callee[1], path, indent + _MODULE_INDENT)


def _functions(text: str) -> dict[str, list[Piece]]:
    """Returns the operations of each function, each with the path in its location."""
    lines = text.splitlines()
    known = {m[1]: m[2] for line in lines if (m := _DEFINITION.match(line))}
    bodies: dict[str, list[str]] = {}
    body: list[str] = []
    for line in lines:
        if match := _FUNCTION.match(line):
            body = bodies.setdefault(match[1].strip('"'), [])
        elif bodies and line.startswith(_MODULE_INDENT * 2):
            body.append(line.removeprefix(_MODULE_INDENT))
    return {name: list(_cut(body, known)) for name, body in bodies.items()}


def _cut(lines: list[str], known: dict[str, str]) -> Iterator[Piece]:
    """Yields a piece an operation; what is inside of a loop or a branch has pieces of its own."""
    at = 0
    while at < len(lines):
        end = _end(lines, at)
        location = _LOCATION.search(lines[end])
        path = known.get(location[1], location[1].strip('"')) if location else ""
        path = "" if path.startswith("#") else path
        if _CONTROL.search(lines[at]):
            yield Piece(path, lines[at])
            for line in _regions(lines[at + 1 : end]):
                if isinstance(line, str):
                    yield Piece(path, line)
                else:
                    yield from _cut(line, known)
            yield Piece(path, _plain(lines[end]))
        else:
            yield Piece(path, "\n".join(map(_plain, lines[at : end + 1])))
        at = end + 1


def _end(lines: list[str], at: int) -> int:
    """Returns the last line of the operation that begins at a line."""
    indent = _indent(lines[at])
    for end in range(at, len(lines)):
        if _indent(lines[end]) == indent and _LOCATION.search(lines[end]):
            return end
    return len(lines) - 1


def _regions(lines: list[str]) -> Iterator[str | list[str]]:
    """Yields what opens and closes the regions of an operation, and the lines between."""
    between: list[str] = []
    outer = min(map(_indent, lines), default=0)
    for line in lines:
        if _indent(line) == outer or line.lstrip().startswith("^"):
            if between:
                yield between
            between = []
            yield line
        else:
            between.append(line)
    if between:
        yield between


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _plain(line: str) -> str:
    location = _LOCATION.search(line)
    return line[: location.start()] if location else line


def hlo_pieces(program: Program) -> list[Piece]:
    """Returns the kernels of a program, each for every path that has a part in it."""
    return [
        Piece(path, text)
        for kernel in program.kernels
        for text in [kernel_text(program.module, kernel.computation, kernel.name)]
        for path in kernel.parts
    ]


def kernel_text(module: HloModule, computation: str, name: str) -> str:
    """Returns an instruction and what is fused in it, without what is only for XLA."""
    inside = module.computations[computation]
    one = inside.instructions[name]
    lines = [instruction_text(one)]
    if one.opcode == "fusion":
        lines += _body(module.called(one)[0])
    return "\n".join(lines)


def _body(fused: Computation) -> list[str]:
    return [f"  {instruction_text(one)}" for one in fused]


def instruction_text(one: Instruction) -> str:
    """Returns an instruction with its shape, operands and what it computes by."""
    rest = one.attributes.removeprefix(")").partition(", metadata={")[0]
    rest = re.sub(r", (?:backend_config|frontend_attributes|sharding)=.*$", "", rest)
    root = "ROOT " if one.root else ""
    argument = one.argument if len(one.argument) <= 200 else f"{one.argument[:200]} ..."
    return f"{root}%{one.name} = {one.shape} {one.opcode}({argument}){rest}"
