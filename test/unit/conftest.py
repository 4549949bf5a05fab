"""Runs tensor operations on arrays for the tests of `rlxflow.ir.ops`, and makes a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from hypothesis import settings

import rlxflow as rf
from rlxflow import dtypes
from rlxflow.ir.builder import ModuleBuilder
from rlxflow.ir.types import tensor_type

# Each example compiles a program, so few of them, the same ones each time, without a deadline.
settings.register_profile("compiling", deadline=None, derandomize=True, database=None)
settings.load_profile("compiling")


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps what is cached out of the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLXFLOW_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


Named = tuple[np.ndarray, str]
"""An array and the names of its axes."""
Operations = Callable[[Mapping[str, rf.Value]], Mapping[str, rf.Value]]
Evaluate = Callable[[Operations, Mapping[str, Named]], dict[str, np.ndarray]]


def _evaluate(operations: Operations, arrays: Mapping[str, Named]) -> dict[str, np.ndarray]:
    axes: dict[str, tuple[str, ...]] = {}

    def build(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        made = operations({name: emit.flow_input(name) for name in arrays})
        for name, value in made.items():
            axes[name] = value.axes
            emit.publish_side_output(name, value)
        return x

    flow = rf.ModelFlow("probe")
    for name, (array, names) in arrays.items():
        flow = flow.input(name, rf.Shape(array.shape, dtypes.from_numpy(array.dtype), axes=names))
    model = flow.custom(build, name="probe").build().compile()
    results = model(**{name: array for name, (array, _) in arrays.items()})
    return {name: np.asarray(results[name]) for name in axes}


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    """Returns `evaluate(operations, arrays)`: builds, compiles and runs one program on the CPU."""
    return _evaluate


@pytest.fixture
def make_value() -> Iterator[Callable[..., rf.Value]]:
    """Returns `make_value("f32", t=4, d=6)` for values of a module that is never finished."""
    count = 0
    with ModuleBuilder("probe") as builder:

        def make(dtype: str, **sizes: int) -> rf.Value:
            nonlocal count
            count += 1
            return builder.argument("input", f"x{count}", tensor_type(dtype, sizes))

        yield make


_LLAMA = {
    "model_type": "llama",
    "vocab_size": 96,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.03,
    "tie_word_embeddings": False,
}


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of a small decode step."""
    from rlxflow.runtime import machine as probing

    folder = tmp_path_factory.mktemp("report")
    (folder / "config.json").write_text(json.dumps(_LLAMA))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLXFLOW_CACHE", str(folder / "cache"))
        patch.setattr(probing, "_BUDGET_S", 1e-3)
        model = rf.load(folder, weights=None)
        return model.build(model.flow("decode", context=32)).compile().report()
