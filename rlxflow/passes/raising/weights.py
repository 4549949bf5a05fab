"""Which values of a module are weights, however deep in stages, loops and layout changes."""

from __future__ import annotations

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import is_stage
from rlxflow.passes.raising.numbers import neutral

LAYOUT = ("convert", "transpose", "reshape", "broadcast_in_dim")
_SLICING = ("slice", "dynamic_slice")  # a loop over layers takes a layer's weight so


class Weights:
    """The weights of one module.

    They are the arguments marked `rlx.param` or, where no argument carries a mark, all arguments
    of floats and all constants that are not one number.
    """

    def __init__(self, module: IrModule) -> None:
        body = module.main.operation.regions[0].blocks[0]
        ports = module.arguments()
        listed = module.main.attributes
        self.marked = "arg_attrs" in listed and "rlx." in str(listed["arg_attrs"])
        self._names = {
            argument: port.name if self.marked else _named(argument)
            for argument, port in zip(body.arguments, ports, strict=True)
            if (port.kind == "param" if self.marked else _is_float(port.dtype))
        }

    def name(self, value: ir.Value) -> str | None:
        """Returns the name of the weight that a value is a form of, or None if it is of none."""
        while True:
            if value in self._names:
                return self._names[value]
            owner = value.owner
            if isinstance(owner, ir.Block):
                around = owner.owner.operation
                if not is_stage(around) and around.name != "stablehlo.while":
                    return None
                value = around.operands[ir.BlockArgument(value).arg_number]
                continue
            kind = owner.operation.name.removeprefix("stablehlo.")
            if (kept := neutral(owner.operation, {})) is not None:
                value = owner.operation.operands[kept]
                continue
            if kind == "constant" and not self.marked:
                return "" if _is_table(owner.operation) else None
            if kind not in (*LAYOUT, *_SLICING):
                return None
            value = owner.operation.operands[0]


def _named(argument: ir.BlockArgument) -> str:
    """Returns the name that an argument has in the source: p['layers_0']['query']['kernel']."""
    return argument.location.name_str if isinstance(argument.location, ir.NameLoc) else ""


def _is_float(dtype: str) -> bool:
    return dtype.startswith(("f", "bf"))


def _is_table(op: ir.Operation) -> bool:
    value = op.attributes["value"]
    floats = isinstance(value.type, ir.RankedTensorType) and _is_float(str(value.type.element_type))
    return floats and not (isinstance(value, ir.DenseElementsAttr) and value.is_splat)
