"""Streams: values that run beside the flow's own, such as image and text tokens of one model.

A stream is the slot `stream.<name>`: stages declare which streams they read and write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from rlxflow.blocks import stream_id
from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.errors import FlowStructureError
from rlxflow.ir.value import Value

PairClosure = Callable[[Emit, Value, Value], tuple[Value, Value]]


def stream_slot(name: str) -> str:
    """Returns the slot of a stream."""
    if not name:
        raise FlowStructureError("stream", expected="a name", found="an empty one")
    return f"stream.{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStream(Block):
    """Makes the current value a stream; the value passes through.

    Attributes:
        stream: Its name.
    """

    stream: str

    @property
    def contract(self) -> Contract:
        return Contract(writes=(stream_slot(self.stream),))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[...] -> [...]."""
        x = required(x, self)
        emit.set_named(stream_slot(self.stream), x)
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStream(Block):
    """Drops the current value and goes on with a stream.

    Attributes:
        stream: Its name.
    """

    stream: str

    @property
    def contract(self) -> Contract:
        return Contract(reads=(stream_slot(self.stream),), needs_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Any -> [...]."""
        return emit.named(stream_slot(self.stream))


@dataclass(frozen=True, slots=True, kw_only=True)
class BindStreams(Block):
    """Makes flow inputs streams; the current value passes through.

    Attributes:
        pairs: Input and stream, by name.
    """

    pairs: tuple[tuple[str, str], ...]

    @property
    def contract(self) -> Contract:
        return Contract(
            inputs=tuple(name for name, _ in self.pairs),
            writes=tuple(stream_slot(stream) for _, stream in self.pairs),
            needs_value=False,
            gives_value=False,
        )

    def numbers(self) -> dict[str, object]:
        return {}

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        for name, stream in self.pairs:
            emit.set_named(stream_slot(stream), emit.flow_input(name))
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStream(Block):
    """Base of blocks that change two streams together; the current value passes through.

    A block defines `change`, which may run nested stages on either value:
    `a = emit.run("norm", RmsNorm(...), a)`. What else it reads or writes stands in `also`.

    Attributes:
        a: Name of the first stream.
        b: Name of the second stream.
    """

    a: str = stream_id.IMG
    b: str = stream_id.TXT

    @property
    def also(self) -> Contract:
        """Slots and inputs beside the two streams."""
        return Contract()

    @property
    def contract(self) -> Contract:
        if self.a == self.b:
            raise FlowStructureError("streams", expected="two names", found=f"`{self.a}` twice")
        slots, also = (stream_slot(self.a), stream_slot(self.b)), self.also
        return Contract(
            reads=(*slots, *also.reads),
            writes=(*slots, *also.writes),
            inputs=also.inputs,
            needs_value=False,
            gives_value=False,
        )

    def change(self, emit: Emit, a: Value, b: Value) -> tuple[Value, Value]:
        """Returns both streams as they are after the stage."""
        raise NotImplementedError(type(self).__name__)

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        slots = (stream_slot(self.a), stream_slot(self.b))
        made = cast(object, self.change(emit, emit.named(slots[0]), emit.named(slots[1])))
        pair = cast("tuple[object, ...]", made if isinstance(made, tuple) else (made,))
        if len(pair) != 2 or not all(isinstance(value, Value) for value in pair):
            raise FlowStructureError(
                f"streams `{self.a}` and `{self.b}`",
                expected="two Values to be returned",
                found=", ".join(type(value).__name__ for value in pair),
            )
        for slot, value in zip(slots, pair, strict=True):
            emit.set_named(slot, cast(Value, value))
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class DualStream(TwoStream):
    """Changes two streams by a closure: `fn(emit, a, b) -> (a, b)`.

    Attributes:
        fn: Called once a build; must not depend on anything that changes between builds.
        reads: Other slots it asks for with `emit.named`.
        writes: Other slots it publishes with `emit.set_named`.
    """

    fn: PairClosure = field(repr=False)
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def also(self) -> Contract:
        return Contract(reads=self.reads, writes=self.writes)

    def numbers(self) -> dict[str, object]:
        return {"a": self.a, "b": self.b}

    def change(self, emit: Emit, a: Value, b: Value) -> tuple[Value, Value]:
        return self.fn(emit, a, b)
