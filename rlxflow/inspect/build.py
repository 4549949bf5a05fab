"""Makes a ledger of optimised HLO text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlxflow.errors import FlowError, ParseError
from rlxflow.inspect.cost import Cost
from rlxflow.inspect.hlo import HloModule
from rlxflow.inspect.kernels import Kernel, Program, read_program
from rlxflow.inspect.ledger import Ledger, Totals
from rlxflow.inspect.machine import Machine
from rlxflow.inspect.memory import Memory, plan_memory
from rlxflow.inspect.paths import ARGUMENTS, NO_INSTRUCTION, is_remainder
from rlxflow.inspect.stage_table import StageTable


def ledger_of_text(hlo: str, name: str) -> Ledger:
    """Returns the ledger of HLO text from a file; raises ParseError where it is damaged."""
    try:
        return make_ledger(hlo, name)
    except FlowError:
        raise
    except (ArithmeticError, AssertionError, LookupError, RecursionError, ValueError) as error:
        found = f"{type(error).__name__}: {error}"[:100]
        expected = "optimised HLO as XLA prints it"
        raise ParseError(name, expected=expected, found=f"what cannot be ({found})") from error


def make_ledger(
    hlo: str,
    name: str = "",
    *,
    table: StageTable | None = None,
    machine: Machine | None = None,
    xla: Totals | None = None,
    measured: Mapping[str, float] | None = None,
    step_s: float | None = None,
) -> Ledger:
    """Returns the ledger of a compiled module.

    Args:
        hlo: Its optimised HLO.
        name: Of the program; the module's if not given.
        table: Its stages and arguments; without them only what the HLO says is known.
        machine: Whose roofline predicts times.
        xla: What XLA's own analysis counts.
        measured: Seconds of each instruction in one call, by name.
        step_s: Seconds of one call.

    Raises ParseError if the text is not HLO.
    """
    known = table or StageTable()
    module = HloModule.parse(hlo, name or "HLO")
    program = read_program(module, known)
    memory = plan_memory(module, program.paths)
    costs: dict[str, Cost] = {}
    for kernel in program.kernels:
        _add_kernel(costs, kernel, machine)
    for path, count in program.free.items():
        _cost(costs, path).instructions += count
    if measured:
        for path, time in stage_times(program, measured, machine):
            if time:
                _cost(costs, path).measured_s += time
    _add_memory(costs, memory)
    _add_arguments(costs, program, known)
    return Ledger(
        name or module.name,
        program,
        known,
        costs,
        memory,
        machine,
        xla,
        step_s,
        tuple(program.notes),
    )


def _cost(costs: dict[str, Cost], path: str) -> Cost:
    if path not in costs:
        costs[path] = Cost()
    return costs[path]


def _add_kernel(costs: dict[str, Cost], kernel: Kernel, machine: Machine | None) -> None:
    own = _cost(costs, kernel.path)
    if kernel.opcode != "tuple":
        own.kernels += 1
        own.fusions += kernel.opcode == "fusion"
    predicted = kernel_seconds(kernel, machine) if machine else 0.0
    shares = kernel_shares(kernel, machine)
    for path, part in kernel.parts.items():
        cost = _cost(costs, path)
        cost.instructions += part.instructions
        cost.flops += part.flops * kernel.runs
        cost.transcendentals += part.transcendentals * kernel.runs
        cost.read += part.read * kernel.runs
        cost.written += part.written * kernel.runs
        cost.predicted_s += predicted * shares[path] * kernel.runs


def stage_times(
    program: Program, measured: Mapping[str, float], machine: Machine | None
) -> Iterator[tuple[str, float]]:
    """Yields paths with seconds that add up to all that was measured.

    A call or loop has what is left of its time when that of the instructions in it is taken off. A
    kernel that stands in a computation called from several places is divided between them.
    """
    runs: dict[str, int] = {}
    for kernel in program.kernels:
        runs[kernel.name] = runs.get(kernel.name, 0) + kernel.runs
    for kernel in program.kernels:
        share = kernel.runs / runs[kernel.name] if runs[kernel.name] else 0.0
        for path, part in kernel_shares(kernel, machine).items():
            yield path, measured.get(kernel.name, 0.0) * share * part
    for call in program.calls:
        inside = [
            name for c in call.computations for name in program.module.computations[c].instructions
        ]
        left = measured.get(call.name, 0.0) - sum(measured.get(name, 0.0) for name in inside)
        yield call.path, max(0.0, left)
    known = {*runs, *(call.name for call in program.calls)}
    yield NO_INSTRUCTION, sum(time for name, time in measured.items() if name not in known)


def kernel_seconds(kernel: Kernel, machine: Machine) -> float:
    """Returns the time of one run of a kernel by the roofline."""
    parts = kernel.parts.values()
    functions = sum(part.transcendentals for part in parts)
    return machine.seconds(kernel.flops, functions, kernel.nbytes, kernel.dtype)


def kernel_shares(kernel: Kernel, machine: Machine | None) -> dict[str, float]:
    """Returns how the time of a kernel is divided between its stages; the shares add up to 1."""
    if len(kernel.parts) == 1:
        return dict.fromkeys(kernel.parts, 1.0)
    weights = {
        path: machine.seconds(
            part.flops, part.transcendentals, part.read + part.written, kernel.dtype
        )
        if machine
        else float(part.read + part.written)
        for path, part in kernel.parts.items()
    }
    whole = sum(weights.values())
    if not whole:
        return {path: float(path == kernel.path) for path in kernel.parts}
    return {path: weight / whole for path, weight in weights.items()}


def _add_memory(costs: dict[str, Cost], memory: Memory) -> None:
    for buffer in memory.buffers:
        if buffer.kind == "temporary":
            _cost(costs, buffer.path).temporaries += buffer.nbytes


def _add_arguments(costs: dict[str, Cost], program: Program, table: StageTable) -> None:
    """Adds weights and states to the stage that uses them, the first of several."""
    readers = _readers(program) if table.ports else {}
    for place, port in enumerate(table.ports):
        if port.kind not in {"param", "state"}:
            continue
        owners = [path for path in table.owners.get(port.name, ()) if path]
        path = next(iter(owners), "") or readers.get(place, ARGUMENTS)
        cost = _cost(costs, path)
        if port.kind == "param":
            cost.weights += port.nbytes
        else:
            cost.states += port.nbytes


def _readers(program: Program) -> dict[int, str]:
    """Returns for each argument the path of the first instruction that takes it."""
    entry, found = program.module.entry, {}
    paths = program.paths[entry.name]
    for parameter in entry.parameters:
        users = (paths[user.name] for user in entry.users[parameter.name])
        path = next((path for path in users if not is_remainder(path)), "")
        if path:
            found[parameter.index] = path
    return found
