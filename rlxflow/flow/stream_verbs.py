"""The fluent methods for streams, values that run beside the flow's own: each appends one stage.

Blocks are imported by the methods that need them, since most flows have no streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from rlxflow.blocks.base import Block
from rlxflow.errors import FlowStructureError

if TYPE_CHECKING:
    from rlxflow.blocks.streams import PairClosure, TwoStream


class StreamVerbs:
    """Part of `Verbs`; every method returns a new object."""

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        raise NotImplementedError(type(self).__name__)

    def store_stream(self, stream: str) -> Self:
        """Makes the current value the stream of that name; the value passes through."""
        from rlxflow.blocks.streams import StoreStream

        return self._append(StoreStream(stream=stream))

    def load_stream(self, stream: str) -> Self:
        """Drops the current value and goes on with a stream."""
        from rlxflow.blocks.streams import LoadStream

        return self._append(LoadStream(stream=stream))

    def bind_inputs_to_streams(self, pairs: Iterable[tuple[str, str]]) -> Self:
        """Makes inputs streams: `[("hidden", "img"), ("encoder", "txt")]`."""
        from rlxflow.blocks.streams import BindStreams

        bound = tuple(pairs)
        for pair in bound:
            if isinstance(pair, str) or len(pair) != 2:
                raise FlowStructureError(
                    "bind_inputs_to_streams",
                    expected='pairs of an input and a stream, ("hidden", "img")',
                    found=f"{pair!r}",
                )
        streams = [stream for _, stream in bound]
        twice = sorted({stream for stream in streams if streams.count(stream) > 1})
        if twice:
            raise FlowStructureError(
                "bind_inputs_to_streams",
                expected="each stream once",
                found=f"`{twice[0]}` twice",
            )
        return self._append(BindStreams(pairs=bound))

    def dual_stream(
        self,
        name: str,
        a: str,
        b: str,
        change: PairClosure | TwoStream,
        *,
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        mode: str = "auto",
    ) -> Self:
        """Changes two streams in place by `change(emit, a, b) -> (a, b)`, or by a block.

        The current value passes through. Slots that a closure reads or writes are declared; a
        block declares its own.
        """
        from rlxflow.blocks.streams import DualStream, TwoStream

        if isinstance(change, TwoStream):
            if reads or writes:
                raise FlowStructureError(
                    f"stage `{name}`",
                    expected="the block itself to declare its slots",
                    found=f"{', '.join([*reads, *writes])}",
                    cure="define `also` in the block",
                )
            return self._append(replace(change, a=a, b=b), name, mode)
        block = DualStream(a=a, b=b, fn=change, reads=tuple(reads), writes=tuple(writes))
        return self._append(block, name, mode)

    def cfg_combine(
        self,
        scale: float | None = None,
        *,
        positive: str = "pos",
        negative: str = "neg",
        input: str = "",
    ) -> Self:
        """Drops the value and goes on with `negative + scale (positive - negative)` of streams.

        The scale is a number, or an input with one for each row.
        """
        from rlxflow.blocks.guidance import CfgCombine

        return self._append(
            CfgCombine(positive=positive, negative=negative, scale=scale, input=input)
        )
