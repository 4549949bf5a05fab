"""Gives the arguments and results of a module names, in the attributes that `IrModule` reads."""

from __future__ import annotations

from collections.abc import Sequence

from rlxflow.errors import FlowStructureError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule


def name_ports(
    module: IrModule,
    arguments: Sequence[tuple[str, str]] | None = None,
    results: Sequence[str] | None = None,
) -> None:
    """Names ports in place: (kind, name) of each argument, name of each result.

    Names they had before are gone; other attributes stay. None leaves that side as it is.

    Raises FlowStructureError for another number of names, or one that occurs twice.
    """
    main = module.main
    with module.context:
        if arguments is not None:
            marks = [(f"rlx.{kind}", name) for kind, name in arguments]
            _mark(main.operation, "arg_attrs", marks, len(main.type.inputs))
        if results is not None:
            named = [("rlx.output", name) for name in results]
            _mark(main.operation, "res_attrs", named, len(main.type.results))


def _mark(op: ir.Operation, side: str, marks: list[tuple[str, str]], count: int) -> None:
    names = [name for _, name in marks]
    if len(marks) != count or len(set(marks)) != count:
        what = "arguments" if side == "arg_attrs" else "results"
        raise FlowStructureError(
            f"names of {what}", expected=f"{count} that differ", found=", ".join(names) or "none"
        )
    known = (
        [ir.DictAttr(a) for a in ir.ArrayAttr(op.attributes[side])] if side in op.attributes else []
    )
    drop = ("rlx.input", "rlx.param", "rlx.state", "rlx.output", "jax.")
    made: list[ir.Attribute] = []
    for i, (key, name) in enumerate(marks):
        rest = {e.name: e.attr for e in known[i]} if known else {}
        rest = {k: v for k, v in rest.items() if not k.startswith(drop)}
        made.append(ir.DictAttr.get({**rest, key: ir.StringAttr.get(name)}))
    op.attributes[side] = ir.ArrayAttr.get(made)
