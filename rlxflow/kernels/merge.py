"""Stages that one call does together: products of one x, gates, attention that writes its cache.

Before:
    %0 = "rlx.stage"(%x, %wq) ({ ... }) {block = "linear", name = "q_proj", ...}
    %1 = "rlx.stage"(%x, %wk) ({ ... }) {block = "linear", name = "k_proj", ...}
After:
    %0:2 = "rlx.stage"(%x, %wq, %wk) ({ ... custom_call @rlxflow.linear.v1 ... })
        {block = "linears", name = "q_proj-k_proj", origin = ["q_proj", "k_proj"], ...}

x is made ready once, and the threads are called once. Two products that end in `act(gate) * up`
become a stage `linear_glu`. An attention and the stage that writes the new rows into its caches
become a stage `attend`, which does so in place. Numbers are those of the single calls, but that a
gated product rounds once, at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlxflow.ir.attributes import to_attribute
from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import enclose
from rlxflow.ir.region import YIELD, string_of
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.candidates import Candidate
from rlxflow.kernels.decode import emit_decode
from rlxflow.kernels.found import Decode, Product, Sizes
from rlxflow.kernels.gates import Gate, find_gate
from rlxflow.kernels.linear import Operands, emit_gated, emit_products
from rlxflow.kernels.trace import owner_of
from rlxflow.lazy import load_attribute
from rlxflow.passes.raising.closing import own_constants

if TYPE_CHECKING:
    from rlxflow.kernels.writes import Write

MOST = 8  # matrices of one call


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Stages that become one.

    Attributes:
        members: Those with a kernel of their own.
        names: What all are called.
        ops: All operations that become part of it.
        block: What it is.
        before: Where it is put.
        emit: Builds its call at the insertion point; returns what it yields.
    """

    members: tuple[Candidate, ...]
    names: tuple[str, ...]
    ops: tuple[ir.Operation, ...]
    block: str
    before: ir.Operation | None
    emit: Callable[[Sizes], list[ir.Value]]

    def replace(self, sizes: Sizes) -> None:
        """Makes the stage, with the call as its body."""
        op = enclose(self.ops, name="-".join(self.names), block=self.block, before=self.before)
        around = self.members[0].stage.path.rpartition("/")[0]
        paths = [f"{around}/{name}" if around else name for name in self.names]
        op.attributes["origin"] = to_attribute(paths)
        fill(op, self.emit, sizes)


def fill(stage: ir.Operation, emit: Callable[[Sizes], list[ir.Value]], sizes: Sizes) -> None:
    """Makes a call the body of a stage."""
    *old, end = [view.operation for view in stage.regions[0].blocks[0].operations]
    assert end.name == YIELD
    with ir.InsertionPoint(end):
        made = emit(sizes)
    for index, value in enumerate(made):
        end.operands[index] = value
    for op in reversed(old):
        op.erase()
    stage.attributes["mode"] = ir.Attribute.parse("#rlx.mode<kernel>")


def merge(
    kept: Sequence[Candidate], ruled: Collection[ir.Operation], bodies: Bodies
) -> tuple[list[Merged], list[Candidate]]:
    """Returns the stages that become one, and those that stay alone.

    `ruled` are stages that are not to become part of others: the user says what becomes of them.
    """
    products = [each for each in kept if isinstance(each.found.part, Product)]
    gates = list(_gates(products))
    taken = {member.stage.op for gate in gates for member in gate.members}
    left = [each for each in products if each.stage.op not in taken]
    made = [*gates, *_groups(left), *_writes(kept, ruled, bodies)]
    taken = {member.stage.op for each in made for member in each.members}
    return made, [each for each in kept if each.stage.op not in taken]


def _gates(products: Sequence[Candidate]) -> Iterator[Merged]:
    by_op = {each.stage.op: each for each in products}
    for candidate in products:
        found = find_gate(candidate.stage.op)
        up = by_op.get(found.up) if found else None
        if found and up and _key(up) == _key(candidate) and _rows(up) == _rows(candidate):
            yield _gated(candidate, up, found)


def _gated(gate: Candidate, up: Candidate, found: Gate) -> Merged:
    result = found.multiply.results[0].type

    def emit(sizes: Sizes) -> list[ir.Value]:
        formats = _formats([gate, up])
        return emit_gated(_operands(gate), _operands(up), found.act, result, formats, sizes)

    ops = own_constants((gate.stage.op, up.stage.op, *found.ops), found.multiply)
    return Merged(
        (gate, up), (gate.stage.name, up.stage.name), tuple(ops), "linear_glu", None, emit
    )


def _groups(products: Sequence[Candidate]) -> Iterator[Merged]:
    """Yields products of the same x that stand in one block."""
    blocks = {each.stage.op.block: None for each in products}
    for block in blocks:
        inside = [each for each in products if each.stage.op.block == block]
        for group in _of_one_x(inside):
            if len(group) > 1:
                yield _grouped(tuple(group))


def _of_one_x(products: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    groups: list[list[Candidate]] = []
    for each in products:
        if not [*each.stage.op.results[0].uses]:
            continue
        for group in groups:
            if _key(group[0]) == _key(each) and len(group) < MOST and _movable(each, group[0]):
                group.append(each)
                break
        else:
            groups.append([each])
    yield from groups


def _grouped(group: tuple[Candidate, ...]) -> Merged:
    def emit(sizes: Sizes) -> list[ir.Value]:
        return emit_products([_operands(each) for each in group], _formats(group), sizes)

    ops = tuple(each.stage.op for each in group)
    return Merged(group, tuple(each.stage.name for each in group), ops, "linears", ops[0], emit)


def _writes(
    kept: Sequence[Candidate], ruled: Collection[ir.Operation], bodies: Bodies
) -> Iterator[Merged]:
    """Yields attentions with what writes their caches."""
    for each in kept:
        if isinstance(part := each.found.part, Decode):
            find_write = load_attribute("rlxflow.kernels.writes:find_write")  # it knows blocks
            found: Write | None = find_write(each.stage.op, part, bodies)
            if found and found.stage not in ruled:
                yield _writing(each, part, found)


def _writing(attend: Candidate, part: Decode, found: Write) -> Merged:
    def emit(sizes: Sizes) -> list[ir.Value]:
        given = found.stage.operands
        caches, rows = ([given[i] for i in each] for each in (found.caches, found.rows))
        positions, queries = (attend.stage.op.operands[place] for place in part.operands[:2])
        out, *changed = emit_decode(part, [positions, queries, *caches], rows, sizes)
        return [*changed, out]

    names = (string_of(found.stage, "name"), attend.stage.name)
    ops = (found.stage, attend.stage.op)
    return Merged((attend,), names, ops, "attend", None, emit)


def _key(candidate: Candidate) -> tuple[ir.Value, bool]:
    """Returns what products of one call have in common: x, and whether they have a bias."""
    product = _product(candidate)
    return candidate.stage.op.operands[product.x], product.bias is not None


def _product(candidate: Candidate) -> Product:
    assert isinstance(candidate.found.part, Product)
    return candidate.found.part


def _rows(candidate: Candidate) -> int:
    return _product(candidate).matrix.rows


def _movable(candidate: Candidate, first: Candidate) -> bool:
    """Returns whether all that a stage takes is there before another one."""
    block = first.stage.op.block
    makers = [owner_of(value) for value in candidate.stage.op.operands]
    return all(
        maker is None or maker.block != block or maker.is_before_in_block(first.stage.op)
        for maker in makers
    )


def _operands(candidate: Candidate) -> Operands:
    return Operands.of(_product(candidate), list(candidate.stage.op.operands))


def _formats(group: Sequence[Candidate]) -> list[str]:
    return [weight.panels.format for each in group for weight in each.weights]
