"""Compares two modules: what they take and give, their functions, their stages."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from rlxflow.difference.change import Change, attribute_changes, attributes_of, entries
from rlxflow.difference.keys import Keys
from rlxflow.difference.numbering import body_number
from rlxflow.difference.pairing import matching
from rlxflow.difference.walk import Lone, Side, Walk
from rlxflow.errors import ParseError
from rlxflow.ir.bindings import func, ir
from rlxflow.ir.module import IrModule, Port
from rlxflow.ir.region import string_of
from rlxflow.ir.summary import type_text

SIGNATURE = ("function_type", "arg_attrs", "res_attrs", "sym_name")


def compare(first: IrModule, second: IrModule) -> list[Change]:
    """Returns what is different, in the order of the text; nothing if the modules are equal."""
    with first.context, ir.Location.unknown():
        other = IrModule(ir.Module.parse(second.bytecode(), first.context))
        return _compare(first, other)


def _compare(first: IrModule, second: IrModule) -> list[Change]:
    mains = main_of(first), main_of(second)
    both = all(mains)
    tops = tuple(_functions(module, without_main=both) for module in (first, second))
    symbols = _renamed(*tops)
    walk = Walk(Keys(symbols))
    own = attributes_of(first.operation), attributes_of(second.operation)
    if details := tuple(attribute_changes(*own)):
        walk.changes.append(Change("changed", "module", details=details))
    if both:
        _main(walk, first, second)
    former = {symbols.get(name, name): name for name in tops[1]}
    for name, function in tops[0].items():
        if name in former:
            _function(walk, function, tops[1][former[name]])
        else:
            walk.changes.append(Change("removed", f"@{name}", details=_signature(function)))
    for name, function in tops[1].items():
        if symbols.get(name, name) not in tops[0]:
            walk.changes.append(Change("added", f"@{name}", details=_signature(function)))
    return [*walk.changes, *_elsewhere(walk)]


def main_of(module: IrModule) -> str:
    """Returns the name of the main function, or nothing if there is none with a body."""
    try:
        main = module.main
    except ParseError:
        return ""
    return main.name.value if len(main.regions[0].blocks) else ""


def _functions(module: IrModule, *, without_main: bool) -> dict[str, ir.Operation]:
    """Returns the functions by name, all but the main one if that is compared by itself."""
    main = main_of(module) if without_main else ""
    found = (op for op in module.module.body.operations if isinstance(op, func.FuncOp))
    return {op.name.value: op.operation for op in found if op.name.value != main}


def _renamed(
    first: Mapping[str, ir.Operation], second: Mapping[str, ir.Operation]
) -> dict[str, str]:
    """Returns for functions whose name only the second module has their names in the first."""
    keys, waiting = Keys(), dict[int, str]()
    for name, function in first.items():
        if name not in second and len(function.regions[0].blocks):
            waiting.setdefault(body_number(keys, function, second=False), name)
    found: dict[str, str] = {}
    for name, function in second.items():
        if name not in first and len(function.regions[0].blocks):
            same = waiting.pop(body_number(keys, function, second=True), None)
            found |= {name: same} if same else {}
    return found


def _main(walk: Walk, first: IrModule, second: IrModule) -> None:
    mains = first.main.operation, second.main.operation
    ports = first.arguments(), second.arguments()
    own = attributes_of(mains[0], *SIGNATURE), attributes_of(mains[1], *SIGNATURE)
    details = [*_names(*mains), *attribute_changes(*own)]
    pairs = paired_ports(*ports)
    details += _ports(mains, "arg_attrs", ports, pairs)
    ours, theirs = (
        _side(op, [f"%{port.name}" for port in found], [port.kind == "param" for port in found])
        for op, found in zip(mains, ports, strict=True)
    )
    _number(walk, ours, theirs, pairs)
    results = first.results(), second.results()
    details += _ports(mains, "res_attrs", results, paired_ports(*results))
    place = len(walk.changes)
    details += walk.body("main", ours, theirs)
    if details:
        walk.changes.insert(place, Change("changed", "main", details=tuple(details)))


def paired_ports(ours: Sequence[Port], theirs: Sequence[Port]) -> list[tuple[int, int]]:
    """Returns which argument or result became which: by kind and name, name, or kind and type."""
    found: dict[int, int] = {}
    keys: Sequence[Callable[[Port], object]] = (
        lambda port: (port.kind, port.name),
        lambda port: port.name,
        lambda port: (port.kind, port.shape, port.dtype),
    )
    for key in keys:
        taken = {*found.values()}
        waiting: dict[object, deque[int]] = defaultdict(deque)
        for j, port in enumerate(theirs):
            if j not in taken:
                waiting[key(port)].append(j)
        for i, port in enumerate(ours):
            if i not in found and waiting[key(port)]:
                found[i] = waiting[key(port)].popleft()
    return sorted(found.items())


def _ports(
    mains: tuple[ir.Operation, ir.Operation],
    side: str,
    ports: tuple[Sequence[Port], Sequence[Port]],
    pairs: Sequence[tuple[int, int]],
) -> Iterator[str]:
    """Yields what differs in the arguments, or the results, of `main`."""
    ours, theirs = ports
    first, second = (_marks(op, side, len(p)) for op, p in zip(mains, ports, strict=True))
    places = [j for _, j in pairs]
    kept = {at for _, j, count in matching(sorted(places), places) for at in places[j : j + count]}
    for i, j in pairs:
        old, new = ours[i], theirs[j]
        if str(old) != str(new):
            yield f"{old} -> {new}"
        if j not in kept:
            yield f"{old.kind} `{old.name}`: place {i} -> {j}"
        skip = ("rlx.input", "rlx.param", "rlx.state", "rlx.output")
        a, b = ({k: v for k, v in one.items() if k not in skip} for one in (first[i], second[j]))
        yield from (f"{new.kind} `{new.name}` {text}" for text in attribute_changes(a, b))
    gone, new = {i for i, _ in pairs}, {j for _, j in pairs}
    yield from (f"- {port}" for i, port in enumerate(ours) if i not in gone)
    yield from (f"+ {port}" for j, port in enumerate(theirs) if j not in new)


def _marks(op: ir.Operation, side: str, count: int) -> list[dict[str, ir.Attribute]]:
    if side not in op.attributes:
        return [{} for _ in range(count)]
    return [entries(ir.DictAttr(one)) for one in ir.ArrayAttr(op.attributes[side])]


def _side(op: ir.Operation, names: Sequence[str], weights: Sequence[bool]) -> Side:
    block = op.regions[0].blocks[0]
    pairs = zip(block.arguments, weights, strict=True)
    named: dict[ir.Value, str] = dict(zip(block.arguments, names, strict=True))
    return Side(block, {}, named, {value for value, weight in pairs if weight})


def _number(walk: Walk, ours: Side, theirs: Side, pairs: Sequence[tuple[int, int]]) -> None:
    """Gives arguments that are the same one number and one name."""
    for side in (ours, theirs):
        side.values.update({value: walk.keys.fresh() for value in side.block.arguments})
    for i, j in pairs:
        old, new = ours.block.arguments[i], theirs.block.arguments[j]
        theirs.values[new], theirs.names[new] = ours.values[old], ours.names[old]


def _function(walk: Walk, old: ir.Operation, new: ir.Operation) -> None:
    """Notes what differs between two functions other than `main`."""
    details = [*attribute_changes(attributes_of(old, *SIGNATURE), attributes_of(new, *SIGNATURE))]
    if _signature(old) != _signature(new):
        details += [f"- {_signature(old)[0]}", f"+ {_signature(new)[0]}"]
    name, before = string_of(new, "sym_name"), string_of(old, "sym_name")
    place = len(walk.changes)
    if all(len(op.regions[0].blocks) for op in (old, new)):
        ours, theirs = (_side(op, *_unnamed(op)) for op in (old, new))
        count = min(len(side.block.arguments) for side in (ours, theirs))
        _number(walk, ours, theirs, [(i, i) for i in range(count)])
        details += walk.body(f"@{name}", ours, theirs)
    if details or name != before:
        kind, was = ("renamed", f"@{before}") if name != before else ("changed", "")
        walk.changes.insert(place, Change(kind, f"@{name}", "", was, tuple(details)))


def _unnamed(op: ir.Operation) -> tuple[list[str], list[bool]]:
    count = len(op.regions[0].blocks[0].arguments)
    return [f"%arg.{i}" for i in range(count)], [False] * count


def _names(old: ir.Operation, new: ir.Operation) -> Iterator[str]:
    names = [string_of(op, "sym_name") for op in (old, new)]
    if names[0] != names[1]:
        yield f"name: @{names[0]} -> @{names[1]}"


def _signature(op: ir.Operation) -> tuple[str, ...]:
    type_ = ir.FunctionType(ir.TypeAttr(op.attributes["function_type"]).value)
    sides = (", ".join(map(type_text, types)) for types in (type_.inputs, type_.results))
    return (" -> ".join(f"({side})" for side in sides),)


def _elsewhere(walk: Walk) -> Iterator[Change]:
    """Yields stages that only one module has, those of equal bodies as moved."""
    waiting: dict[int, list[Lone]] = {}
    for lone in walk.removed:
        waiting.setdefault(body_number(walk.keys, lone.op, second=False), []).append(lone)
    for lone in walk.added:
        same = waiting.get(body_number(walk.keys, lone.op, second=True))
        made = _alone("added", lone)
        yield replace(made, kind="moved", before=same.pop(0).path) if same else made
    yield from (_alone("removed", lone) for rest in waiting.values() for lone in rest)


def _alone(kind: str, lone: Lone) -> Change:
    sides = [lone.op.operands, lone.op.results]
    types = [", ".join(type_text(value.type) for value in side) or "()" for side in sides]
    return Change(kind, lone.path, string_of(lone.op, "block"), details=(" -> ".join(types),))
