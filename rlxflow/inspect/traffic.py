"""Bytes that an instruction reads and writes; those of a fusion are counted at its border.

The rules are those of XLA's own cost analysis: a slice reads what it gives, an update in place
writes what is new, a value that several instructions of a fusion take is read once. Two are added:
a gather inside a fusion reads the rows that it takes, where XLA counts the whole table; and a view
of a value (`bitcast`) is looked through, where XLA counts the whole value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.hlo_shape import content_bytes, elements, nbytes
from rlxflow.inspect.kernel_calls import kernel_cost, kernel_written
from rlxflow.inspect.opcodes import CALLERS, FREE

SMALL_CONSTANT = 8
"""Elements of a constant that is part of the code instead of being read."""


class Transfer(NamedTuple):
    """Bytes over the border of a kernel, and the instruction inside that reads or writes them."""

    by: Instruction
    read: int
    written: int
    spared: int = 0
    """Bytes that XLA's analysis counts on top, since it does not look that far."""


def transfers(module: HloModule, inside: Computation, one: Instruction) -> list[Transfer]:
    """Returns what crosses the border of an instruction that runs as one kernel."""
    if one.opcode in FREE or one.opcode in CALLERS:
        written = one.nbytes if one.opcode == "tuple" else 0
        return [Transfer(one, 0, written)] if written else []
    if one.opcode == "fusion":
        return list(_fusion(module, one))
    rule = _RULES.get(one.opcode)
    if rule is not None:
        return [Transfer(one, *rule(inside, one))]
    return [Transfer(one, sum(each.nbytes for each in inside.operands(one)), one.nbytes)]


def _fusion(module: HloModule, one: Instruction) -> Iterator[Transfer]:
    fused = module.called(one)[0]
    if one.is_custom_fusion:
        for inner in fused:
            if inner.opcode in {"gather", "scatter"}:
                yield Transfer(inner, *_RULES[inner.opcode](fused, inner))
                return
    yield from _results(fused)
    for inner in fused:
        if inner.opcode == "constant" and elements(inner.shape) > SMALL_CONSTANT:
            yield Transfer(inner, inner.nbytes, 0)
    for parameter in fused.parameters:
        yield from _reads(module, fused, parameter)


def _results(fused: Computation) -> Iterator[Transfer]:
    root = fused.root
    for result in fused.operands(root) if root.opcode == "tuple" else [root]:
        whole, made = content_bytes(result.shape), result
        while made.opcode == "bitcast":
            made = fused.instructions[made.operands[0]]
        if made.opcode == "dynamic-update-slice":
            new = nbytes(fused.instructions[made.operands[1]].shape)
            yield Transfer(made, 0, new, 0 if made is result else whole - new)
        else:
            yield Transfer(result, 0, whole)


def _reads(module: HloModule, fused: Computation, value: Instruction) -> Iterator[Transfer]:
    """Yields who in a fusion reads a parameter, and how much of it."""
    if value.shape.startswith("("):
        for user in fused.users[value.name]:
            if user.opcode == "get-tuple-element":
                yield from _reads(module, fused, user)
        return
    shared = False  # whether it was read whole already
    for user in fused.users[value.name]:
        part = _partly(module, user, value)
        if part is not None:
            yield from part
        elif not shared:
            shared = True
            yield from _through(module, fused, user, value)


def _partly(module: HloModule, user: Instruction, value: Instruction) -> list[Transfer] | None:
    """Returns what an instruction reads that does not share one reading with others, else None."""
    first = user.operands[0] == value.name
    match user.opcode:
        case "fusion":
            inner = module.called(user)[0]
            places = [place for place, name in enumerate(user.operands) if name == value.name]
            found = [_reads(module, inner, inner.parameters[place]) for place in places]
            return [each for part in found for each in part]
        case "slice":
            return [Transfer(user, user.nbytes, 0)]
        case "dynamic-slice" if first:
            return [Transfer(user, user.nbytes, 0)]
        case "dynamic-update-slice" if first:
            return []  # the result has the same memory
        case "broadcast" | "reshape":
            return [Transfer(user, value.nbytes, 0)]
        case _:
            return None


def _through(
    module: HloModule, fused: Computation, user: Instruction, value: Instruction
) -> list[Transfer]:
    """Returns what is read of a value that XLA takes to be read whole, and what that spares."""
    if user.opcode == "gather" and user.operands[0] == value.name:
        found = [Transfer(user, min(user.nbytes, value.nbytes), 0)]
    elif user.opcode == "bitcast":
        found = list(_reads(module, fused, user))
    else:
        return [Transfer(user, value.nbytes, 0)]
    spared = value.nbytes - sum(each.read + each.spared for each in found)
    if spared < 0:
        return [Transfer(user, value.nbytes, 0)]
    return [*found, Transfer(user, 0, 0, spared)] if spared else found


_Rule = Callable[[Computation, Instruction], tuple[int, int]]


def _operand(inside: Computation, one: Instruction, place: int) -> int:
    return nbytes(inside.instructions[one.operands[place]].shape)


def _slice(_: Computation, one: Instruction) -> tuple[int, int]:
    return one.nbytes, one.nbytes


def _dynamic_slice(inside: Computation, one: Instruction) -> tuple[int, int]:
    return one.nbytes + _operand(inside, one, 1), one.nbytes


def _update(inside: Computation, one: Instruction) -> tuple[int, int]:
    new = _operand(inside, one, 1)
    return new + _operand(inside, one, 2), new


def _gather(inside: Computation, one: Instruction) -> tuple[int, int]:
    return one.nbytes + _operand(inside, one, 1), one.nbytes


def _scatter(inside: Computation, one: Instruction) -> tuple[int, int]:
    count = len(one.operands) // 2
    new = sum(_operand(inside, one, place) for place in range(count + 1, len(one.operands)))
    return 2 * new + _operand(inside, one, count), new


def _cholesky(inside: Computation, one: Instruction) -> tuple[int, int]:
    half = _operand(inside, one, 0) // 2
    return half, half


def _custom_call(inside: Computation, one: Instruction) -> tuple[int, int]:
    return kernel_cost(inside, one).read, kernel_written(inside, one)


_RULES: dict[str, _Rule] = {
    "slice": _slice,
    "dynamic-slice": _dynamic_slice,
    "dynamic-update-slice": _update,
    "gather": _gather,
    "scatter": _scatter,
    "cholesky": _cholesky,
    "custom-call": _custom_call,
}
