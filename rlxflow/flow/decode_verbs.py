"""The fluent methods of whole flows for decode steps: what comes from outside, and which row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Self

from rlxflow.blocks.base import POSITIONS, Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.decode_bindings import BindDecodeInputs
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.tokens import GatherLastToken, Positions
from rlxflow.errors import ConfigError, FlowStructureError, MissingState
from rlxflow.flow.shape import FlowInput, Shape


class DecodeVerbs:
    """Part of `ModelFlow`; every method returns a new flow."""

    inputs: tuple[FlowInput, ...]
    stages: tuple[Stage, ...]

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        raise NotImplementedError(type(self).__name__)

    def input(self, name: str, shape: Shape, *, below: int | None = None) -> Self:
        raise NotImplementedError(type(self).__name__)

    def bind_decode_inputs(
        self,
        num_layers: int,
        custom_mask: bool = False,
        bind_past: bool = True,
        *,
        rope_tables: Sequence[str] = ("rope",),
    ) -> Self:
        """Publishes what decode layers read; declare the inputs first.

        Inputs: `past_k_{i}`, `past_v_{i}` [b, p, k e] of each layer, unless `bind_past=False`;
        `mask` [b, p + t] with `custom_mask`. Cosine and sine are those of the slots, or of the
        inputs `rope_cos`, `rope_sin` [1 or b, r] if nothing was published.

        Raises FlowStructureError if the published tables count from 0 in each call: with earlier
        tokens, this step's stand behind them.
        """
        names = [declared.name for declared in self.inputs]
        writers = {slot: _writer(self.stages, f"{slot}.cos") for slot in rope_tables}
        from_inputs = not any(writers.values()) and {"rope_cos", "rope_sin"} <= {*names}
        for slot, block in writers.items():
            if bind_past and isinstance(block, RopeTables) and not block.positions_slot:
                raise FlowStructureError(
                    "bind_decode_inputs",
                    expected=f"tables `{slot}` of the positions of this step",
                    found="tables that count from 0 in each call",
                    cure="put `.gather_decode_rope(half)` before it, or give the tables positions",
                )
        return self._append(
            BindDecodeInputs(
                num_layers=num_layers,
                custom_mask=custom_mask,
                bind_past=bind_past,
                ropes=tuple(rope_tables),
                rope_inputs=from_inputs,
            )
        )

    def gather_decode_rope(
        self, half: int, *, input: str = "position", rope_table: str = "rope"
    ) -> Self:
        """Turns the tables of `.rope_tables(...)` to the positions that an input gives.

        The input is i32[1] for all rows, or i32[b]; tokens after the first stand behind it.

        Args:
            half: Angles of a head, to be checked.
            input: Name of the input.
            rope_table: First part of the slots.
        """
        tables = _writer(self.stages, f"{rope_table}.cos")
        if not isinstance(tables, RopeTables):
            raise MissingState(
                "gather_decode_rope",
                expected=f"tables `{rope_table}`",
                found="no stage that publishes them" if tables is None else f"a `{tables.kind}`",
                cure="put `.rope_tables(...)` before it",
            )
        if tables.dim != 2 * half:
            expected = f"half of {tables.dim} elements: {tables.dim // 2}"
            raise ConfigError("gather_decode_rope", expected=expected, found=str(half))
        flow = self._append(Positions(input=input))
        return flow._append(replace(tables, positions_slot=POSITIONS), f"{rope_table}.decode")

    def gather_last_token_dynamic(self, batch: int) -> Self:
        """Keeps one token of each row, chosen by the input `last_token_idx` [b].

        The input is declared here unless it is there already.
        """
        name = "last_token_idx"
        known = any(declared.name == name for declared in self.inputs)
        flow = self if known else self.input(name, Shape([batch], "i32"))
        return flow._append(GatherLastToken(input=name, batch=batch))


def _writer(stages: Sequence[Stage], slot: str) -> Block | None:
    """Returns the block that writes a slot last."""
    writers = [block for block in _blocks(stages) if slot in block.contract.writes]
    return writers[-1] if writers else None


def _blocks(stages: Sequence[Stage]) -> Iterator[Block]:
    for stage in stages:
        yield stage.block
        yield from _blocks(stage.stages)
