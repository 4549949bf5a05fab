"""Weights read ahead: each once, in order, before a device asks for them."""

from __future__ import annotations

import threading
from collections.abc import Collection

import numpy as np
import pytest

from rlxflow.errors import WeightError
from rlxflow.runtime.host_weights import HostWeights
from rlxflow.weights import NameRules, ParamSpec, TensorInfo, make_plan
from rlxflow.weights.plan import WeightPlan

PATIENCE = 60  # seconds
SHAPES = {"a": (3, 5), "b": (7,), "c": (2, 9)}


class Source:
    """Three tensors; tells what was read, and waits for an event before each."""

    where = "three.bin"

    def __init__(self) -> None:
        self.read_names: list[str] = []
        self.go = threading.Event()
        self.broken: set[str] = set()

    def names(self) -> Collection[str]:
        return SHAPES.keys()

    def __contains__(self, name: object) -> bool:
        return name in SHAPES

    def info(self, name: str) -> TensorInfo:
        return TensorInfo(SHAPES[name], "f32")

    def read(self, name: str) -> np.ndarray:
        assert self.go.wait(PATIENCE)
        self.read_names.append(name)
        if name in self.broken:
            raise WeightError(name, expected="whole", found="torn")
        return np.full(SHAPES[name], ord(name), np.float32)


def planned(source: Source) -> tuple[tuple[ParamSpec, ...], WeightPlan]:
    params = tuple(ParamSpec(name, shape, "f32") for name, shape in SHAPES.items())
    return params, make_plan(params, source, NameRules())


def test_weights_are_read_once_in_order_before_anybody_waits() -> None:
    source, told = Source(), list[tuple[int, int]]()
    (a, b, c), plan = planned(source)
    host = HostWeights(lambda done, total: told.append((done, total)))
    host.begin((b, a), plan)
    host.begin((a, c, b), plan)  # others are not asked for again
    assert not source.read_names
    source.go.set()
    assert [host.wait(each).array[..., 0].max() for each in (c, a, b)] == [99, 97, 98]
    for each in (a, b, c):
        host.release(each)
    host.begin((c, b, a), plan)  # nor once they are on a device
    assert source.read_names == ["b", "a", "c"]
    assert told == [(28, 88), (88, 88), (72, 72)]


def test_what_could_not_be_read_is_read_again_and_ends_what_comes_after_it() -> None:
    source = Source()
    (a, b, c), plan = planned(source)
    source.go.set()
    source.broken = {"b"}
    host = HostWeights()
    host.begin((a, b, c), plan)
    for each in (b, c):
        with pytest.raises(WeightError, match=r"b: expected whole, found torn"):
            host.wait(each)
    assert source.read_names == ["a", "b"]
    source.broken = set()
    host.begin((a, b, c), plan)
    assert [int(host.wait(each).array.max()) for each in (a, b, c)] == [97, 98, 99]
    assert source.read_names == ["a", "b", "b", "c"]


def test_shapes_alone_have_nothing_to_read() -> None:
    with pytest.raises(WeightError, match=r"weight `a`: expected weights, found a model built"):
        HostWeights().begin((ParamSpec("a", (3, 5), "f32"),), None)
