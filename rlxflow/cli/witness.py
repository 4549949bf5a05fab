"""A second opinion on what a module computes: the reference interpreter, or IREE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rlxflow.errors import CompileError, InputError

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule

Witness = Callable[["IrModule", Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one output is from what the witness says.

    Attributes:
        name: Of the output.
        largest: Largest absolute difference of numbers that are finite in both.
        relative: The same, divided by the largest absolute value of the witness.
        place: Where it stands.
        not_finite: Elements that are finite in only one of the two, or infinite in other ways.
    """

    name: str
    largest: float
    relative: float
    place: tuple[int, ...]
    not_finite: int

    def within(self, tolerance: float) -> bool:
        """Whether the output is as near to the witness as asked for."""
        return not self.not_finite and self.largest <= tolerance * max(1.0, self._scale)

    @property
    def _scale(self) -> float:
        return self.largest / self.relative if self.relative else 0.0

    def __str__(self) -> str:
        bad = f", {self.not_finite} not finite in one of them" if self.not_finite else ""
        where = f" at {list(self.place)}" if self.largest else ""
        return (
            f"{self.name}: max error {self.largest:.3g}{where}, relative {self.relative:.3g}{bad}"
        )


def compare(name: str, found: np.ndarray, wanted: np.ndarray) -> Difference:
    """Returns how far two arrays of one shape are apart; raises InputError if shapes differ."""
    if found.shape != wanted.shape:
        shapes = f"shape {list(wanted.shape)}", str(list(found.shape))
        raise InputError(f"output `{name}`", expected=shapes[0], found=shapes[1])
    ours, theirs = found.astype(np.float64), wanted.astype(np.float64)
    both = np.isfinite(ours) & np.isfinite(theirs)
    same = both | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    apart = np.where(both, np.abs(np.where(both, ours, 0) - np.where(both, theirs, 0)), 0)
    largest = float(apart.max(initial=0))
    scale = float(np.abs(np.where(both, theirs, 0)).max(initial=0))
    place = np.unravel_index(int(apart.argmax()), apart.shape) if apart.size else ()
    relative = largest / scale if scale else largest
    return Difference(name, largest, relative, tuple(int(i) for i in place), int((~same).sum()))


def find_witness(name: str) -> Witness:
    """Returns a witness by name: `interpreter` or `iree`."""
    from rlxflow.ir.interpreter import interpret

    return {"interpreter": interpret, "iree": _iree}[name]


def differences(
    witness: Witness,
    module: IrModule,
    arrays: Sequence[np.ndarray],
    found: Mapping[str, np.ndarray],
) -> list[Difference]:
    """Returns for each output how far it is from what a witness makes of the same arguments."""
    wanted = witness(module, arrays)
    pairs = zip(found.items(), wanted, strict=True)
    return [compare(name, array, other) for (name, array), other in pairs]


def _iree(module: IrModule, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Returns the results of IREE's CPU compiler."""
    try:
        from iree import compiler, runtime  # pyright: ignore
    except ImportError:
        raise CompileError(
            "witness `iree`",
            expected="IREE",
            found="none installed",
            cure="pip install iree-base-compiler iree-base-runtime",
        ) from None
    tools: Any = compiler
    vm: Any = runtime
    options = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu"]
    try:
        binary = tools.compile_str(
            module.text(),
            input_type="stablehlo",
            extra_args=[*options, "--iree-llvmcpu-target-cpu=host"],
        )
    except tools.CompilerToolError as error:
        lines = [line for line in str(error).splitlines() if "error:" in line]
        raise CompileError("witness `iree`", found=(lines or ["a refusal"])[0]) from None
    loaded: Any = vm.load_vm_flatbuffer(binary, driver="local-task")
    made = loaded[module.main.name.value](*arrays)
    results: Any = made if isinstance(made, (list, tuple)) else [made]
    return [np.asarray(result.to_host()) for result in results]
