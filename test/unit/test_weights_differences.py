"""The one error for all that does not fit between a module and a weight file."""

from __future__ import annotations

import re

import pytest

from rlxflow.errors import WeightError
from rlxflow.weights import NameRules, ParamSpec, ShapeSource, TensorInfo, make_plan

RULES = NameRules(prefixes=("bert.",), ignore=(("cls.*", "head of pre-training"),))


def shapes(**infos: tuple[str, tuple[int, ...]]) -> ShapeSource:
    return ShapeSource({name: TensorInfo(shape, dtype) for name, (dtype, shape) in infos.items()})


def layers(template: str, count: int, dtype: str = "f32") -> dict[str, tuple[str, tuple[int, ...]]]:
    return {template.format(i): (dtype, (768, 3072)) for i in range(count)}


def params(infos: dict[str, tuple[str, tuple[int, ...]]]) -> list[ParamSpec]:
    return [ParamSpec(name, shape, dtype) for name, (dtype, shape) in infos.items()]


def test_all_differences_come_in_one_error() -> None:
    wanted = params(
        layers("layers.{}.mlp.up.weight", 3)
        | layers("layers.{}.mlp.down.weight", 3)
        | {"lone": ("f32", (1,)), "ids": ("i64", (4,)), "norm": ("f32", (8,))}
    )
    source = shapes(
        **layers("bert.layers.{}.mlp.up_proj.weight", 3),
        **{f"bert.layers.{i}.mlp.down.weight": ("f32", (3072, 768)) for i in range(3)},
        **{"bert.ids": ("f32", (4,)), "bert.norm": ("f32", (9,)), "cls.x": ("f32", ())},
    )
    with pytest.raises(WeightError) as caught:
        make_plan(wanted, source, RULES)
    assert str(caught.value).splitlines() == [
        "shapes only: expected the 9 weights of the module, found 4 missing, 4 of another shape, "
        "1 of another element type, 3 unused; check that config and weights belong together:",
        "missing:",
        "  layers.{0..2}.mlp.up.weight  f32[768, 3072]  x3  "
        "nearest in the file: `bert.layers.{0..2}.mlp.up_proj.weight`",
        "  lone  f32[1]  nothing like it in the file",
        "of another shape:",
        "  bert.layers.{0..2}.mlp.down.weight  x3: "
        "expected [768, 3072], found [3072, 768] (the transpose)",
        "  bert.norm: expected [8], found [9]",
        "of another element type (only floats are cast):",
        "  bert.ids: expected i64, found f32",
        "unused:",
        "  bert.layers.{0..2}.mlp.up_proj.weight  f32[768, 3072]  x3",
    ]


def test_layers_behind_the_last_one_point_at_the_same_kind() -> None:
    with pytest.raises(WeightError, match=re.escape("h.{2,3}.w  f32[768, 3072]  x2  nearest in")):
        make_plan(params(layers("h.{}.w", 4)), shapes(**layers("h.{}.w", 2)))


@pytest.mark.parametrize(("stored", "wanted"), [("f32", "i32"), ("i64", "i32"), ("i1", "f32")])
def test_only_floats_are_cast(stored: str, wanted: str) -> None:
    with pytest.raises(
        WeightError, match=rf"(?s)1 of another element .*w: expected {wanted}, found"
    ):
        make_plan([ParamSpec("w", (2,), wanted)], shapes(w=(stored, (2,))))


def test_long_errors_fit_on_a_screen() -> None:
    wanted = params({f"{chr(97 + i % 26)}{i}": ("f32", (i,)) for i in range(90)})
    source = shapes(**{f"zz{i}": ("f32", (i,)) for i in range(70)}, a0=("f32", (1,)))
    with pytest.raises(WeightError) as caught:
        make_plan(wanted, source)
    lines = str(caught.value).splitlines()
    assert len(lines) == 40
    assert [line for line in lines if "more" in line] == ["  ... and 72 more", "  ... and 54 more"]
    assert "  a0: expected [0], found [1]" in lines
