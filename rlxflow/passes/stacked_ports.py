"""Arguments and results of `main` put together: those of single layers become one `[l, ...]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.ir.attributes import to_attribute
from rlxflow.ir.bindings import func, ir
from rlxflow.ir.module import IrModule, Port
from rlxflow.passes.slices import stacked_type
from rlxflow.passes.stack_names import joined


@dataclass(frozen=True, eq=False)
class _Stack:
    """A new argument and the numbers of those that it stands for."""

    argument: ir.BlockArgument
    parts: tuple[int, ...]
    port: Port  # of the first part


class MainPorts:
    """The signature of `main` while layers are rolled; `finish` makes it true again."""

    def __init__(self, module: IrModule) -> None:
        self._main = module.main
        self._block = self._main.regions[0].blocks[0]
        self.arguments, self.results = module.arguments(), module.results()
        self._stacks: dict[tuple[int, ...], _Stack] = {}
        self._whole: dict[str, str] = {}  # name of a result that is part of another -> that one

    @property
    def end(self) -> ir.Operation:
        """The return of `main`."""
        return self._block.operations[len(self._block.operations) - 1].operation

    def port_of(self, value: ir.Value) -> Port | None:
        """Returns which argument of `main` a value is; None if it is none, or is not named."""
        if not isinstance(value, ir.BlockArgument) or value.owner != self._block:
            return None
        return self.arguments[value.arg_number]

    def result_of(self, name: str) -> ir.Value | None:
        """Returns what `main` gives back under a name."""
        for i, port in enumerate(self.results):
            if port.name == name:
                return self.end.operands[i]
        return None

    def is_result(self, name: str, value: ir.Value) -> bool:
        """Tells whether `main` gives back this value under this name."""
        given = self.result_of(name)
        return given is not None and given == value

    def names(self, values: Sequence[ir.Value]) -> list[str]:
        """Returns the names of arguments of `main`."""
        return [self.arguments[ir.BlockArgument(value).arg_number].name for value in values]

    def gives(self, use: tuple[ir.Operation, int], name: str) -> bool:
        """Tells whether a use is that of `main` giving a value back under this name."""
        op, number = use
        return op == self.end and self.results[number].name == name

    def unchanged(self, states: Sequence[ir.Value]) -> bool:
        """Tells whether `main` gives these states back as they came."""
        names = self.names(states)
        return all(self.is_result(n, state) for n, state in zip(names, states, strict=True))

    def unread_states(self, values: Sequence[ir.Value]) -> list[ir.Value]:
        """Returns the states, used by nothing, as which `main` gives these values back.

        Nothing unless there is one for each.
        """
        states = {
            port.name: argument
            for port, argument in zip(self.arguments, self._block.arguments, strict=False)
            if port.kind == "state" and not list(argument.uses)
        }
        found: list[ir.Value] = []
        for value in values:
            names = [self.results[u.operand_number].name for u in value.uses if self._ends(u)]
            found += [states[name] for name in names if name in states][:1]
        return found if len(set(found)) == len(values) else []

    def _ends(self, use: ir.OpOperand) -> bool:
        return use.owner.operation == self.end

    def stack(self, values: Sequence[ir.Value]) -> ir.Value:
        """Returns the new argument that holds these weights or states."""
        parts = tuple(ir.BlockArgument(value).arg_number for value in values)
        if parts not in self._stacks:
            port = self.arguments[parts[0]]
            name = joined([self.arguments[i].name for i in parts])
            type_ = stacked_type(values[0].type, len(parts))
            label = re.sub(r"\{.*?\}", "all", name)
            made = self._block.add_argument(type_, ir.Location.name(label))
            self._stacks[parts] = _Stack(ir.BlockArgument(made), parts, port)
        return self._stacks[parts].argument

    def give_back(self, states: Sequence[ir.Value], value: ir.Value) -> None:
        """Lets one result take the place of those of single states."""
        names = self.names(states)
        self._whole |= dict.fromkeys(names, joined(names))
        for i, port in enumerate(self.results):
            if port.name in names:
                self.end.operands[i] = value

    def finish(self) -> None:
        """Drops the parts, puts each stack where its first part stood, and renames all."""
        if not self._stacks:
            return
        if self._whole:
            self._finish_results()
        kept = self._order()
        count = len(self.arguments)
        marks = self._marks(kept, count)
        types = [value.type for value in kept]
        for value in kept:
            made = self._block.add_argument(value.type, value.location)
            value.replace_all_uses_with(made)
        for i in reversed(range(count + len(self._stacks))):
            self._block.erase_argument(i)
        results = [value.type for value in self.end.operands]
        signature = ir.FunctionType.get(types, results)
        self._main.attributes["function_type"] = ir.TypeAttr.get(signature)
        self._main.attributes["arg_attrs"] = ir.ArrayAttr.get(marks)

    def _order(self) -> list[ir.BlockArgument]:
        stacks = {stack.parts[0]: stack.argument for stack in self._stacks.values()}
        parts = {i for stack in self._stacks.values() for i in stack.parts}
        old = list(self._block.arguments)[: len(self.arguments)]
        kept = [i for i in range(len(old)) if i in stacks or i not in parts]
        return [stacks[i] if i in stacks else old[i] for i in kept]

    def _marks(self, kept: Sequence[ir.BlockArgument], count: int) -> list[ir.Attribute]:
        stacks = {stack.argument.arg_number: stack for stack in self._stacks.values()}
        before = ir.ArrayAttr(self._main.attributes["arg_attrs"])
        marks: list[ir.Attribute] = []
        for argument in kept:
            if argument.arg_number < count:
                marks.append(before[argument.arg_number])
                continue
            stack = stacks[argument.arg_number]
            names = [self.arguments[i].name for i in stack.parts]
            marks.append(
                to_attribute({f"rlx.{stack.port.kind}": joined(names), "rlx.parts": names})
            )
        return marks

    def _finish_results(self) -> None:
        """Returns one value for each name that is left, in the place of the first of its parts."""
        old, before = self.end, ir.ArrayAttr(self._main.attributes["res_attrs"])
        given: dict[str, ir.Value] = {}
        marks: list[ir.Attribute] = []
        for port, value, mark in zip(self.results, old.operands, before, strict=True):
            name = self._whole.get(port.name, port.name)
            if name not in given:
                given[name] = value
                marks.append(mark if name == port.name else to_attribute({"rlx.output": name}))
        func.ReturnOp(list(given.values()), loc=old.location, ip=ir.InsertionPoint(old))
        old.erase()
        self._main.attributes["res_attrs"] = ir.ArrayAttr.get(marks)
