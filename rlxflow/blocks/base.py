"""What a block is, what it declares, and what it may ask of the emitter."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar, cast

import numpy as np

from rlxflow.errors import FlowStructureError
from rlxflow.ir.value import Value

ATTN_MASK = "attn_mask"
ATTN_BIAS = "attn_bias"
POSITIONS = "positions"
LENGTHS = "lengths"
TOKEN_MASK = "token_mask"

PUBLISHERS: Mapping[str, str] = {
    ATTN_MASK: "`.attn_mask_ones(batch, seq)` or `.attn_mask_from_input(name)` (in a decode step "
    "`.bind_decode_inputs(n, custom_mask=True)`)",
    ATTN_BIAS: "`.attn_bias_from_input(name)`",
    POSITIONS: "`.positions(...)`",
    LENGTHS: "`.lengths(...)`",
    TOKEN_MASK: "a `TokenMask` block",
    "rope.cos": "`.rope_tables(...)`",
    "rope.sin": "`.rope_tables(...)`",
    "residual": "`.residual_save()`",
}
"""Slot -> the flow methods that write it. Any other slot is written by a closure."""


def publisher(slot: str) -> str:
    """Returns what puts a value into a slot, for error messages."""
    first, _, rest = slot.partition(".")
    if slot in PUBLISHERS:
        return PUBLISHERS[slot]
    if first == "stream":
        return f'`.store_stream("{rest}")` or `.bind_inputs_to_streams([(input, "{rest}")])`'
    if first == "decode":
        index = rest.partition(".")[0]
        layers = f"more than {index} layers" if index.isdigit() else "num_layers"
        return f"`.bind_decode_inputs({layers})`"
    if first == "gdn":
        return f'a closure with writes=("{slot}",)'
    if rest in {"cos", "sin"}:
        return f'`.rope_tables(RopeTables(slot="{first}", ...))`'
    return f"a stage that writes `{slot}`"


@dataclass(frozen=True, slots=True)
class PortSpec:
    """A state or side output as a contract tells of it before anything is emitted.

    Attributes:
        name: Of the module's argument or result.
        axes: Names and sizes in the order they are stored; a size of None is that of the value
            the stage gets, or is read from the weights.
        dtype: Element type; empty for that of the activations.
    """

    name: str
    axes: tuple[tuple[str, int | None], ...]
    dtype: str = ""

    def sizes(self, batch: int) -> dict[str, int]:
        """Returns the axes with the number of rows filled in where it is open."""
        return {name: batch if size is None else size for name, size in self.axes}

    def __str__(self) -> str:
        axes = ", ".join(name if size is None else f"{name}={size}" for name, size in self.axes)
        return f"{self.name} {self.dtype}[{axes}]" if axes else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a stage takes from outside and leaves behind; checked before anything is emitted.

    Attributes:
        reads: Slots that an earlier stage must have written.
        writes: Slots that later stages may read afterwards.
        inputs: Flow inputs, by name.
        outputs: Side outputs that it publishes.
        states: States that it holds from call to call.
        saves: Whether the stage puts its value on the residual stack.
        takes: Whether the stage takes a value off the residual stack.
        needs_value: Whether there must be a current value before the stage.
        gives_value: Whether there is a current value after it; a stage that neither needs nor
            gives one leaves things as they were.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[PortSpec, ...] = ()
    states: tuple[PortSpec, ...] = ()
    saves: bool = False
    takes: bool = False
    needs_value: bool = True
    gives_value: bool = True


class Emit(Protocol):
    """The emitter as blocks and closures see it."""

    @property
    def compute_dtype(self) -> str:
        """The element type of activations; weights may be stored in another."""
        ...

    def param(self, key: str, axes: Mapping[str, int | None], dtype: str | None = None) -> Value:
        """Returns the weight `key` as an argument of the module, in its stored layout.

        A size of None is read from the weight source; without a source it is an error.
        """
        ...

    def constant(self, value: float | bool, axes: Mapping[str, int], dtype: str) -> Value:
        """Returns a tensor filled with one number."""
        ...

    def flow_input(self, name: str) -> Value:
        """Returns a declared input of the flow."""
        ...

    def named(self, slot: str) -> Value:
        """Returns what an earlier stage published under this name."""
        ...

    def set_named(self, slot: str, value: Value) -> None:
        """Publishes a value for later stages; the stage must declare the slot in `writes`."""
        ...

    def publish_side_output(self, name: str, value: Value) -> None:
        """Adds a named output of the module beside the flow's value."""
        ...

    def state(self, name: str, axes: Mapping[str, int], dtype: str) -> Value:
        """Returns a state of the model, such as a cache, as it is before this step.

        A state is an argument that the caller hands in and gets back under the same name; on a
        device its memory is reused in place.
        """
        ...

    def set_state(self, name: str, value: Value) -> None:
        """Replaces a state by what it is after this step; shape and dtype stay."""
        ...

    def constant_array(self, array: np.ndarray, axes: str) -> Value:
        """Returns a constant tensor with the named axes, for small tables such as frequencies."""
        ...

    def save_residual(self, value: Value) -> None: ...

    def take_residual(self) -> Value: ...

    def run(self, name: str, block: Block, value: Value | None, mode: str = "auto") -> Value | None:
        """Emits a nested stage, as a region of its own."""
        ...

    def jax(self, fn: Callable[..., Any], *values: Value, axes: Any = None) -> Any:
        """Returns what a function of JAX makes of values; its operations become part of the stage.

        The function is traced once, as under `jax.jit`, and may return any structure of arrays;
        Values stand in their places. It must not have effects.

        Args:
            fn: A function of arrays.
            values: Its arguments.
            axes: Names of the axes of what it returns, `"b t"`, or strings in the structure of
                what it returns; None to take those of the first value of the same shape.
        """
        ...

    def load_param(self, key: str, transpose: bool = False, *, axes: str = "") -> Value:
        """Returns the weight `key` with the sizes that the file says, axes `a0`, `a1`, ...

        With `transpose` the axes change places. The weight is one argument however often and
        however it is asked for.
        """
        ...

    def linear(
        self, x: Value, weight_key: str, bias_key: str = "", *, size: int | None = None
    ) -> Value:
        """Returns `x @ W.T + bias` over the axis `d`, for a weight stored [size, d].

        A size of None is read from the weights.
        """
        ...

    def synth_param(self, name: str, data: object, axes: str) -> Value:
        """Returns a constant whose operation has that name; numbers without a type are f32."""
        ...

    def synth_zeros(self, name: str, size: int, axis: str = "d") -> Value:
        """Returns f32 zeros along one axis."""
        ...

    def label(self, name: str) -> AbstractContextManager[None]:
        """Names the operations built inside: `with emit.label("q_proj"): ...`."""
        ...


class Block:
    """Base of all blocks: frozen dataclasses of numbers and weight names, with an `emit`.

    By convention the fields named `prefix`, `key` or `*_key` are names of weights; all others are
    the block's numbers and appear in the `params` of its region.
    """

    usual_mode: ClassVar[str] = "auto"
    """The mode of its stage where none is given: `fence` where XLA would else compute the stage
    again for everything that reads it."""

    @property
    def contract(self) -> Contract:
        """What the block reads and writes beside its value."""
        return Contract()

    @property
    def kind(self) -> str:
        """The block's name in the IR: its class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def numbers(self) -> dict[str, object]:
        """Returns the fields that are not names of weights."""
        assert dataclasses.is_dataclass(self)
        fields = [f.name for f in dataclasses.fields(self) if f.repr]
        return {name: getattr(self, name) for name in fields if not _names_a_weight(name)}

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Builds the block's operations and returns its value."""
        raise NotImplementedError(type(self).__name__)


BlockT = TypeVar("BlockT", bound=Block)


def _names_a_weight(field: str) -> bool:
    return field in {"prefix", "key"} or field.endswith("_key")


def under(block: BlockT, prefix: str) -> BlockT:
    """Returns the block with its weight names put under a prefix: `q_proj` -> `prefix.q_proj`.

    The names of blocks inside it as well.
    """
    assert dataclasses.is_dataclass(block)
    inner = {
        field.name: under(value, prefix)
        for field in dataclasses.fields(block)
        if isinstance(value := getattr(block, field.name), Block)
    }
    names = {
        field.name: f"{prefix}.{getattr(block, field.name)}"
        for field in dataclasses.fields(block)
        if _names_a_weight(field.name) and getattr(block, field.name)
    }
    return cast(BlockT, dataclasses.replace(block, **names, **inner))


def required(x: Value | None, block: Block) -> Value:
    """Returns the current value of a stage that cannot do without one."""
    if x is None:
        raise FlowStructureError(
            f"block `{block.kind}`", expected="a current value", found="none", cure="embed first"
        )
    return x
