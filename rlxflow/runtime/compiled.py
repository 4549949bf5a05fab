"""A compiled program with its weights on a device: call it with names, get names."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.stages import Compiled, Lowered

from rlxflow import dtypes
from rlxflow.config.clean_pattern import parse_pattern
from rlxflow.errors import CompileError, KernelError
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.params import param_specs
from rlxflow.inspect.clean import check_clean
from rlxflow.inspect.clean_patterns import pattern_rule
from rlxflow.inspect.ledger import Ledger
from rlxflow.inspect.notebook import framed
from rlxflow.inspect.source import Source
from rlxflow.ir.module import IrModule, Port
from rlxflow.kernels.built import bind_built
from rlxflow.lazy import load_attribute
from rlxflow.passes.composite_to_call import CompositeToCall
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.runtime.device_weights import DeviceWeights
from rlxflow.runtime.devices import Device, find_device
from rlxflow.runtime.inputs import check_inputs
from rlxflow.runtime.ledger import measure_program, program_ledger, program_report, source_of
from rlxflow.runtime.loaded import LoadedProgram
from rlxflow.runtime.options import xla_options
from rlxflow.runtime.primitive import BoundModule, shape_struct
from rlxflow.weights import NameRules, WeightPlan


@dataclass(frozen=True)
class CompiledModel:
    """A program that XLA compiled, and what it needs to be called by name.

    Call it with the flow's inputs as keywords; it returns `{output name: jax.Array}`. A program
    with states takes them as keywords, too, and gives them back under the same names; their memory
    is reused, so those that were handed in are gone.
    """

    name: str
    bound: BoundModule
    lowered: Lowered | None
    program: Compiled | LoadedProgram
    weights: DeviceWeights
    plan: WeightPlan | None
    source: Source
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    def __call__(self, **inputs: object) -> dict[str, jax.Array]:
        """Runs the program.

        Raises:
            InputError: Names, shapes, types or ids do not fit.
            KernelError: A kernel refuses what the module gives it, before it computes.
        """
        wanted = [port for port in self.bound.arguments if port.kind != "param"]
        given = check_inputs(inputs, wanted)
        device = self.weights.device  # the program puts numpy arrays there itself, which is faster
        placed = iter([jax.device_put(a, device) if isinstance(a, jax.Array) else a for a in given])
        params = iter(self._arrays)
        results = self._run(
            *(next(params if port.kind == "param" else placed) for port in self.bound.arguments)
        )
        return dict(zip([port.name for port in self.bound.results], results, strict=True))

    def _run(self, *arguments: object) -> Sequence[jax.Array]:
        """Runs it on arrays; one that calls kernels is waited for, to hear what they refuse."""
        if not self.bound.kernels:
            return self.program(*arguments)
        try:
            return jax.block_until_ready(self.program(*arguments))
        except jax.errors.JaxRuntimeError as error:
            kind, _, message = str(error).partition(": ")
            if kind != "INVALID_ARGUMENT":
                raise
            said = "; ".join(message.splitlines())
            raise KernelError(f"program `{self.name}`: kernel {said}") from error

    def new_states(self) -> dict[str, jax.Array]:
        """Returns empty states, such as caches, to begin with; see `__call__`."""
        with jax.default_device(self.weights.device):
            return {
                port.name: jnp.zeros(port.shape, dtypes.to_numpy(port.dtype))
                for port in self.bound.arguments
                if port.kind == "state"
            }

    @property
    def inputs(self) -> list[Port]:
        return [port for port in self.bound.arguments if port.kind == "input"]

    @functools.cached_property
    def _arrays(self) -> list[jax.Array]:
        return self.weights.place(param_specs(self.bound.arguments), self.plan)

    def hlo(self, *, optimized: bool = True) -> str:
        """Returns the HLO text that XLA runs, or the one it was given."""
        if optimized:
            return self.program.as_text() or ""
        lowered = self.lowered or lower(self.bound, self.weights.device)
        return lowered.as_text(dialect="hlo", debug_info=True)

    def save(self, path: str | Path) -> Path:
        """Writes the program, without its weights, to a `.rlx` file that `load` reads."""
        return load_attribute("rlxflow.runtime.stored:save_program")(self, path)

    @staticmethod
    def load(
        path: str | Path,
        weights: object = None,
        device: object = None,
        rules: NameRules | None = None,
    ) -> CompiledModel:
        """Returns a program that was saved.

        Machine code in the file is used where device and versions are those it was made for, else
        the module in it is compiled. Code runs as it stands in the file: load only what you trust.

        Args:
            path: A `.rlx` file.
            weights: A source, path or mapping, as for `ModelFlow.build`; it may hold more.
            device: The kind it was made for if None.
            rules: How names in the weights differ from those of the program.

        Raises ParseError if the file is no saved program, WeightError if weights do not fit.
        """
        return load_attribute("rlxflow.runtime.stored:load_program")(path, weights, device, rules)

    def cost(self) -> dict[str, float]:
        """Returns XLA's own count: `flops`, `bytes accessed`, `transcendentals`."""
        analysis: Any = self.program.cost_analysis()
        return {key: float(value) for key, value in dict(analysis or {}).items()}

    def memory(self) -> dict[str, int]:
        """Returns bytes of `arguments`, `outputs`, `temporaries` and `code`."""
        stats: Any = self.program.memory_analysis()
        return {
            "arguments": stats.argument_size_in_bytes,
            "outputs": stats.output_size_in_bytes,
            "temporaries": stats.temp_size_in_bytes,
            "code": stats.generated_code_size_in_bytes,
        }

    def dispatch(self) -> Sequence[Dispatch]:
        """Returns for each stage the mode it was lowered by, and why.

        Once the program has run, also what quantising changed in the weights that a stage reads.
        """
        return self.source.decisions()

    def ledger(
        self, *, measure: bool = False, inputs: Mapping[str, object] | None = None
    ) -> Ledger:
        """Returns what every stage of the program costs; print it, or see `Ledger.rows`.

        Args:
            measure: Whether to run the program under the profiler; needs weights.
            inputs: What to run it on; anything of the right shapes if not given.

        The first ledger on a machine measures what it can do, which takes some seconds.
        """
        return program_ledger(self, measure_program(self, inputs) if measure else None)

    def report(self, ledger: Ledger | None = None) -> str:
        """Returns the ledger as an HTML page of its own: pictures, table, text of each stage."""
        return program_report(self, ledger or self.ledger())

    def _repr_html_(self) -> str:
        return framed(self.report())


def compile_module(
    name: str,
    module: IrModule,
    weights: DeviceWeights,
    plan: WeightPlan | None = None,
    options: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> CompiledModel:
    """Returns a `stablehlo` level module compiled for the device of the weights.

    Args:
        name: Of the program.
        module: The module.
        weights: Where weights are placed.
        plan: What the weights are made of; None if there are none to run with.
        options: XLA's own, such as `xla_disable_hlo_passes`.
        source: Where the module comes from, for its ledger; without it stages are what the
            locations of operations say.

    Raises CompileError with XLA's message.
    """
    bound = BoundModule(name, module)
    try:
        lowered = lower(bound, weights.device)
        program = lowered.compile(compiler_options=dict(options) if options else None)
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        raise CompileError(f"module `{name}`", found=str(error).splitlines()[0]) from error
    made_from = source or Source.of_module(module)
    return CompiledModel(name, bound, lowered, program, weights, plan, made_from, options or {})


def lower(bound: BoundModule, device: Device) -> Lowered:
    """Returns a module as JAX hands it to XLA, its states donated."""
    sharding = jax.sharding.SingleDeviceSharding(device)
    shapes = [shape_struct(port) for port in bound.arguments]
    avals = [jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=sharding) for s in shapes]

    def run(*arguments: jax.Array) -> tuple[jax.Array, ...]:
        return bound(*arguments)

    run.__name__ = bound.name  # jax names the program after the function
    states = tuple(i for i, port in enumerate(bound.arguments) if port.kind == "state")
    return jax.jit(run, keep_unused=True, donate_argnums=states).lower(*avals)


def compile_built(
    built: BuiltModel, device: object, weights: DeviceWeights | None = None
) -> CompiledModel:
    """Returns a built model compiled; `weights` that are on the device already are shared."""
    placed = weights or DeviceWeights(find_device(device))
    platform = str(placed.device.platform)
    resolved = bind_built(built.on_platform(platform), platform)
    lowered = resolved.lowered("stablehlo")
    CompositeToCall().run(lowered)  # XLA inlines both, but keeps the path of a call only
    made = compile_module(
        built.name,
        lowered,
        placed,
        resolved.plan,
        xla_options(resolved.profile, platform),
        source_of(resolved, lambda: placed.errors(resolved.params)),
    )
    if resolved.profile.assert_clean:
        texts = resolved.profile.clean.items()
        own = [pattern_rule(**asdict(parse_pattern(name, text))) for name, text in texts]
        check_clean(built.name, made.hlo(), made.source.table(), resolved.dispatch(), own)
    return made
