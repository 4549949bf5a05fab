"""Arguments of another kind than a method takes, and closures that give nothing: all are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rlxflow as rf
from rlxflow.errors import (
    ConfigError,
    DTypeError,
    FlowStructureError,
    InputError,
    PassError,
    ShapeError,
)
from rlxflow.runtime.checkpoint import open_checkpoint

# pyright: reportArgumentType=false, reportOperatorIssue=false, reportOptionalOperand=false


LLAMA = {"model_type": "llama", "vocab_size": 50, "hidden_size": 48, "intermediate_size": 80}
LLAMA |= {"num_hidden_layers": 1, "num_attention_heads": 4, "max_position_embeddings": 64}


def hidden() -> rf.ModelFlow:
    return rf.ModelFlow("f").input("x", rf.Shape([2, 3, 6]))


def nothing(_: object, x: object) -> Any:
    return None


def summed(_: object, x: Any) -> Any:
    return x.sum("d")


CASES: dict[str, tuple[type[rf.FlowError], str, Callable[[], object]]] = {
    "profile": (
        ConfigError,
        r"expected a CompileProfile, found 'sam2'; use `CompileProfile.preset",
        lambda: hidden().with_profile("sam2"),
    ),
    "a checkpoint by number": (
        InputError,
        "checkpoint: expected the path of a folder or file, found 3",
        lambda: rf.load(3),
    ),
    "a preset by number": (
        ConfigError,
        "preset: expected one of .*found `3`",
        lambda: hidden().profile_preset(3),
    ),
    "a preset by list": (
        ConfigError,
        "preset: expected one of",
        lambda: rf.CompileProfile.preset(["encoder"]),
    ),
    "a tap without a name": (
        FlowStructureError,
        "tap: expected the name of an output, found ''",
        lambda: hidden().tap(""),
    ),
    "a tap by number": (
        FlowStructureError,
        "tap: expected the name of an output, found 7",
        lambda: hidden().tap(7),
    ),
    "an eps below 0": (
        ConfigError,
        r"norm: eps: expected a number from 0 on, found -1\.0",
        lambda: hidden().rms_norm("w", eps=-1.0).build(),
    ),
    "an eps that is no number": (
        ConfigError,
        "norm: eps: expected a number from 0 on, found nan",
        lambda: hidden().layer_norm("w", "b", eps=float("nan")).build(),
    ),
    "more tokens than positions": (
        ShapeError,
        r"rope: expected at most 2 tokens in a row \(max_pos\), found 3",
        lambda: hidden().rope_tables(rf.RopeTables(max_pos=2, head_dim=6)).build(),
    ),
    "layers that no memory holds": (
        ConfigError,
        r"`num_hidden_layers` must be at most 10000 \(found 1000000000000\)",
        lambda: rf.DecoderFlow.from_config(LLAMA | {"num_hidden_layers": 10**12}),
    ),
    "a size that no memory holds": (
        ConfigError,
        r"`hidden_size` must be at most 268435456 \(found 10000000000000000000000\)",
        lambda: rf.DecoderFlow.from_config(LLAMA | {"hidden_size": 10**22}),
    ),
    "extension": (
        PassError,
        r"extension `mine`: expected a pass, .*found function",
        lambda: rf.register_extension("mine", lambda module: None),
    ),
    "extension by number": (
        PassError,
        r"expected a pass, .*found int",
        lambda: hidden().with_extensions([3]),
    ),
    "one extension for a list": (
        PassError,
        r"expected a list of them, found `rlx-verify`",
        lambda: hidden().with_extensions("rlx-verify"),
    ),
    "streams": (
        FlowStructureError,
        r"expected pairs of an input and a stream, .*found 'x'",
        lambda: hidden().bind_inputs_to_streams(["x"]),
    ),
    "closure": (
        FlowStructureError,
        r"expected a function of an emitter and a value, found int",
        lambda: hidden().custom(3),
    ),
    "stage": (
        FlowStructureError,
        r"expected a Stage or a Block, found NoneType",
        lambda: hidden().repeat_layers(2, lambda i: None),
    ),
    "count": (
        FlowStructureError,
        r"repeat_layers: expected 0 or more, found -1",
        lambda: hidden().repeat_layers(-1, lambda i: None),
    ),
    "size": (ShapeError, r"whole numbers or names, found 1.5", lambda: rf.Shape([1.5, 3])),
    "truth as a size": (ShapeError, r"names, found True", lambda: rf.Shape([True, 3])),
    "shape": (
        ShapeError,
        r"input `y`: expected a Shape, found list",
        lambda: hidden().input("y", [1, 4]),
    ),
    "no heads": (
        ConfigError,
        r"a multiple of num_attention_heads, found 6 and 0",
        lambda: hidden().repeat_bert_layers(1, "", rf.BertLayerStyle.BERT, 6, 0, 1e-5),
    ),
    "operand": (
        DTypeError,
        r"(?s)add: expected tensors or numbers, found str.*`mine`",
        lambda: hidden().custom(lambda _, x: x + "a", name="mine").build(),
    ),
    "factor": (
        DTypeError,
        r"(?s)dot: expected tensors, found int.*`mine`",
        lambda: hidden().custom(lambda _, x: x @ 3, name="mine").build(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_method_does_not_take_is_named(case: str) -> None:
    kind, message, call = CASES[case]
    with pytest.raises(kind, match=message):
        call()


def test_a_profile_of_a_checkpoint_is_a_profile(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        '{"model_type": "gpt2", "vocab_size": 9, "n_positions": 8, "n_embd": 4, "n_layer": 1,'
        ' "n_head": 2}'
    )
    with pytest.raises(ConfigError, match="expected a CompileProfile, found 'sam2'"):
        open_checkpoint(tmp_path, weights=None, profile="sam2")


def test_a_closure_that_returns_nothing_is_named_where_its_value_is_missed() -> None:
    layer = hidden().layer("outer", lambda s: s.plugin_named("mine", nothing))
    with pytest.raises(FlowStructureError) as found:
        layer.rms_norm("w", 1e-6).build()
    assert str(found.value).endswith(
        "while emitting stage `rms_norm`, as stage `outer/mine` returned no value"
    )
    with pytest.raises(FlowStructureError, match=r"let stage `outer/mine` return one"):
        layer.build()


def test_an_error_names_the_stage_that_made_the_value() -> None:
    """Stages in between that hand a value on are not those that made it."""
    flow = hidden().layer("outer", lambda s: s.plugin_named("mine", summed)).tap("rows")
    flow = flow.branch("beside", rf.LayerStack.named("b").custom(lambda _, x: x * 2.0).build())
    with pytest.raises(ShapeError) as found:
        flow.rms_norm("w", 1e-6).build()
    assert str(found.value).endswith(
        "while emitting stage `rms_norm` from x: f32[b=2, t=3] of stage `outer/mine`"
    )


def test_a_slot_that_is_declared_and_not_written() -> None:
    flow = hidden().custom(lambda _, x: x, name="gate", writes=("gate",))
    with pytest.raises(FlowStructureError, match=r"stage `gate`: expected slot `gate` to be writ"):
        flow.custom(lambda e, x: e.named("gate"), name="use", reads=("gate",)).build()


def test_an_exception_with_notes_of_its_own_gets_the_path_too() -> None:
    def fail(_: object, x: object) -> Any:
        error = KeyError("k")
        error.add_note("seen before")
        raise error

    with pytest.raises(KeyError) as found:
        hidden().layer("outer", lambda s: s.plugin_named("mine", fail)).build()
    assert found.value.__notes__ == ["seen before", "while emitting stage `outer/mine`"]


GEMMA4 = {"model_type": "gemma4_text", "vocab_size": 9, "hidden_size": 8, "intermediate_size": 8}
GEMMA4 |= {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1}
GEMMA4 |= {
    "max_position_embeddings": 16,
    "head_dim": 4,
    "vocab_size_per_layer_input": 9,
    "hidden_size_per_layer_input": 0,
}
WRONG_KEYS: list[tuple[dict[str, object], str]] = [
    ({"full_attention": 3}, "rope_parameters: full_attention: expected an object of keys, found 3"),
    (
        {"full_attention": {"rope_type": "proportional", "partial_rotary_factor": 1.5}},
        "partial_rotary_factor: expected 0 to 1, found 1.5",
    ),
    ({"full_attention": {"rope_theta": []}}, "rope_theta: expected numbers"),
]


@pytest.mark.parametrize(("rope", "message"), WRONG_KEYS)
def test_keys_of_rotations_of_another_kind(rope: dict[str, object], message: str) -> None:
    flow = rf.DecoderFlow.from_config(GEMMA4).prefill().seq(3)
    assert flow.assemble().stages
    with pytest.raises(ConfigError, match=message):
        rf.DecoderFlow.from_config(GEMMA4 | {"rope_parameters": rope}).prefill().assemble()


def test_architectures_are_a_list_of_names(tmp_path: Path) -> None:
    config = {"model_type": "vit", "architectures": 3}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="architectures: expected a list of names, found 3"):
        open_checkpoint(tmp_path, weights=None)
