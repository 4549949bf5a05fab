"""Every block of rotary tables takes its sines once, however many rotations read them."""

from __future__ import annotations

import re
from typing import Any

import pytest

import rlxflow as rf
from rlxflow.blocks.axes_rope import AxesRope
from rlxflow.blocks.base import Block
from rlxflow.blocks.grid_rope import GridRope
from rlxflow.blocks.mrope import MRopeTables
from rlxflow.blocks.rope import RopeTables, rotate

ROTATIONS, TOKENS, DIM = 3, 6, 8
TABLES = ("turn.cos", "turn.sin")
NUMBERS: dict[str, Any] = {"max_pos": 64, "head_dim": DIM, "theta": 70.0, "slot": "turn"}
PLACED = NUMBERS | {"positions_slot": "placed"}
BLOCKS: dict[str, tuple[Block, str, tuple[int, ...]]] = {
    "positions": (RopeTables(**PLACED), "bt", (2, TOKENS)),
    "mrope": (MRopeTables(**PLACED, sections=(2, 1, 1)), "nbt", (3, 2, TOKENS)),
    "axes": (AxesRope(inputs=("ids",), dims=(2, 6), theta=70.0, slot="turn"), "tn", (TOKENS, 2)),
    "grid": (GridRope(grid=(2, 3), head_dim=DIM, theta=70.0, slot="turn"), "t", (TOKENS,)),
}


def place(emit: Any, x: Any) -> Any:
    emit.set_named("placed", emit.flow_input("ids"))
    return x


def turn(emit: Any, x: Any) -> Any:
    """Rotates, and multiplies, which XLA keeps apart from other rotations."""
    turned = rotate(x, *(emit.named(name) for name in TABLES))
    return rf.ops.rename(rf.ops.dot(turned, emit.flow_input("matrix"), over="e"), f="e")


def program(kind: str, fuse: str = "") -> str:
    """Returns the optimised program of tables and the rotations that read them."""
    block, axes, sizes = BLOCKS[kind]
    flow = (
        rf.ModelFlow("ropes")
        .input("x", rf.Shape((2, TOKENS, DIM), axes=("b", "t", "e")))
        .input("ids", rf.Shape(sizes, "f32" if kind == "axes" else "i32", axes=tuple(axes)))
        .input("matrix", rf.Shape((DIM, DIM), axes=("e", "f")))
        .custom(place, name="place", writes=("placed",))
        .stage("tables", block)
    )
    for index in range(ROTATIONS):
        flow = flow.custom(turn, name=f"turn{index}", reads=TABLES)
    return flow.with_modes({fuse: "fuse"} if fuse else {}).build().compile().hlo()


@pytest.mark.parametrize("kind", BLOCKS)
def test_sines_are_taken_once_for_all_rotations(kind: str) -> None:
    """Without fences each rotation takes sines of its own."""
    for text, times in ((program(kind), 1), (program(kind, fuse="tables**"), ROTATIONS)):
        found = [len(re.findall(rf" {op}\(", text)) for op in ("sine", "cosine")]
        assert found == [times, times]
