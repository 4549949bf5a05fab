"""The ledger of a compiled model: its program, XLA's counts, the machine, and measured times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.ledger import Ledger, Totals
from rlxflow.inspect.report import report
from rlxflow.inspect.source import Source
from rlxflow.runtime.inputs import check_inputs
from rlxflow.runtime.machine import this_machine
from rlxflow.runtime.measure import Measurement, example_inputs, measure, runner
from rlxflow.weights.quant_error import QuantError

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel
    from rlxflow.runtime.compiled import CompiledModel


def source_of(
    built: BuiltModel, errors: Callable[[], Mapping[str, QuantError]] = dict[str, QuantError]
) -> Source:
    """Returns where the program of a built model comes from.

    Args:
        built: The model.
        errors: Returns what quantising changed in its weights so far, by name.
    """
    return Source(built.module, built.lowered, lambda: built.dispatch(errors()))


def program_ledger(
    compiled: CompiledModel, measured: Measurement | None, *, predict: bool = True
) -> Ledger:
    """Returns the ledger of a program, with times if it was measured."""
    cost = compiled.cost()
    totals = Totals(
        cost.get("flops", 0.0),
        cost.get("transcendentals", 0.0),
        cost.get("bytes accessed", 0.0),
        compiled.memory()["temporaries"],
    )
    return make_ledger(
        compiled.hlo(),
        compiled.name,
        table=compiled.source.table(),
        machine=this_machine(compiled.weights.device) if predict else None,
        xla=totals if cost else None,
        measured=measured.per_call() if measured else None,
        step_s=measured.step_s if measured else None,
    )


def program_report(compiled: CompiledModel, ledger: Ledger) -> str:
    """Returns the ledger of a program as an HTML page, with the text of each stage."""
    entries = compiled.plan.entries if compiled.plan else ()
    made_of = {
        entry.param.name: ", ".join([f"{entry.source_name} {entry.info}", *entry.steps])
        for entry in entries
    }
    return report(ledger, compiled.source.pieces(), made_of)


def measure_program(
    compiled: CompiledModel, inputs: Mapping[str, object] | None = None
) -> Measurement:
    """Returns the times of a program's instructions, on inputs of its shapes unless given."""
    given = {**example_inputs(compiled.inputs), **(inputs or {})}
    check_inputs(given, compiled.inputs)
    module = compiled.hlo().partition("HloModule ")[2].partition(",")[0]
    return measure(runner(compiled, given, compiled.new_states()), module)
