"""The StableHLO reference interpreter as a witness: slow, simple, and not XLA.

It ends the process at an operation that it does not know, so it runs in one of its own:
`python -m rlxflow.ir.interpreter MODULE.mlirbc IN.npz OUT.npz`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import CompileError
from rlxflow.ir.bindings import func, ir, passmanager, stablehlo
from rlxflow.ir.module import IrModule

CARRIERS = {
    **dict.fromkeys(("f32", "f64", "i8", "i16", "i32", "i64"), ""),
    **dict.fromkeys(("ui8", "ui16", "ui32", "ui64"), ""),
    "i1": "i8",
}
"""Element type -> the type it crosses the border in; empty where that is itself. Others: f32."""

INNER = "inside_the_border"
LEGALIZE = (
    "builtin.module(func.func(stablehlo-legalize-composite-to-call),"
    "func.func(chlo-legalize-to-stablehlo))"
)


def interpret(
    module: IrModule, arrays: Sequence[np.ndarray], timeout_s: float = 300.0
) -> list[np.ndarray]:
    """Returns the results of `main`, in order, as numpy arrays (narrow floats as f32).

    Args:
        module: At `stablehlo` level; it stays as it is.
        arrays: One for each argument of `main`, of its element type.
        timeout_s: After which the interpreter is stopped.

    Raises CompileError for an operation that the interpreter does not know, or if time runs out.
    """
    prepared = _prepare(module)
    with tempfile.TemporaryDirectory(prefix="rlxflow") as folder:
        code, given, made = (Path(folder) / name for name in ("m.mlirbc", "in.npz", "out.npz"))
        code.write_bytes(prepared.bytecode())
        carried: Any = {f"arg{i}": _carry(array) for i, array in enumerate(arrays)}
        np.savez(given, **carried)
        command = [sys.executable, "-m", "rlxflow.ir.interpreter", *map(str, (code, given, made))]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=timeout_s
            )
        except subprocess.TimeoutExpired:
            cure = "smaller inputs, or more time"
            raise CompileError(
                "interpreter", expected=f"an answer in {timeout_s:g} s", found="none", cure=cure
            ) from None
        if done.returncode or not made.is_file():
            raise CompileError("interpreter", found=_reason(done.stderr))
        with np.load(made) as results:
            return [results[f"out{i}"] for i in range(len(results.files))]


def _reason(log: str) -> str:
    """Returns what the interpreter said before it ended the process."""
    unknown = re.search(r"Unsupported op: (?:\S*\s*=\s*)?\"?([\w.]+)", log)
    if unknown:
        return f"`{unknown[1]}`, an operation that it does not know"
    lines = [line for line in log.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "an end without a word"


def _carry(array: np.ndarray) -> np.ndarray:
    """Returns the array in the type it crosses the border in."""
    carrier = CARRIERS.get(dtypes.from_numpy(array.dtype), "f32")
    return array.astype(dtypes.to_numpy(carrier)) if carrier else array


def _prepare(module: IrModule) -> IrModule:
    """Returns a copy with known operations only, whose `main` takes and gives carried types."""
    copy = module.clone()
    with copy.context, ir.Location.unknown():
        passmanager.PassManager.parse(LEGALIZE).run(copy.operation)
        inner = copy.main
        inner.attributes["sym_name"] = ir.StringAttr.get(INNER)
        inner.attributes["sym_visibility"] = ir.StringAttr.get("private")
        takes, gives = inner.type.inputs, inner.type.results
        types = [_carried(type_) for type_ in takes], [_carried(type_) for type_ in gives]
        outer = func.FuncOp("main", types, ip=ir.InsertionPoint(copy.module.body))
        place = ir.InsertionPoint(outer.add_entry_block())
        pairs = zip(outer.arguments, takes, strict=True)
        given = [_convert(value, type_, place) for value, type_ in pairs]
        call = func.CallOp(gives, ir.FlatSymbolRefAttr.get(INNER), given, ip=place)
        pairs = zip(call.results, types[1], strict=True)
        func.ReturnOp([_convert(value, type_, place) for value, type_ in pairs], ip=place)
    copy.verify()
    return copy


def _carried(type_: ir.Type) -> ir.Type:
    tensor = ir.RankedTensorType(type_)
    carrier = CARRIERS.get(str(tensor.element_type), "f32")
    return ir.RankedTensorType.get(tensor.shape, ir.Type.parse(carrier)) if carrier else type_


def _convert(value: ir.Value, type_: ir.Type, place: ir.InsertionPoint) -> ir.Value:
    if value.type == type_:
        return value
    name = "stablehlo.convert"
    return ir.Operation.create(name, results=[type_], operands=[value], ip=place).results[0]


def _evaluate(module: IrModule, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    with module.context, ir.Location.unknown():
        given: list[ir.Attribute] = []
        for i, type_ in enumerate(module.main.type.inputs):
            tensor = ir.RankedTensorType(type_)
            array: Any = np.ascontiguousarray(arrays[f"arg{i}"])
            given.append(
                ir.DenseElementsAttr.get(array, type=tensor.element_type, shape=[*tensor.shape])
            )
        made = cast("list[Any]", stablehlo.eval_module(module.module, cast(Any, given)))
        types = [ir.RankedTensorType(type_) for type_ in module.main.type.results]
        return [np.array(v).reshape(t.shape) for v, t in zip(made, types, strict=True)]


def main(code: str, given: str, made: str) -> None:
    """Reads a prepared module and its inputs, and writes its results."""
    with np.load(given) as arrays:
        results = _evaluate(IrModule.parse(Path(code).read_bytes(), code), dict(arrays))
    named: Any = {f"out{i}": result for i, result in enumerate(results)}
    np.savez(made, **named)


if __name__ == "__main__":
    main(*sys.argv[1:])
