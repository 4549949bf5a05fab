"""The cache that grows, padded to buckets: each step gives what it gives without padding."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import InputError
from rlxflow.runtime.compiled import CompiledModel
from rlxflow.runtime.kv_layers import LayerKvCache, bucket_decode_mask

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_decoder

UPPER = 8


def test_defect_14_the_mask_keeps_the_past_and_the_new_token_and_hides_padding() -> None:
    assert bucket_decode_mask(2, 5).tolist() == [[1, 1, 0, 0, 0, 1]]
    assert bucket_decode_mask(0, 2).tolist() == [[0, 0, 1]]
    assert bucket_decode_mask(3, 3).tolist() == [[1, 1, 1, 1]]
    assert bucket_decode_mask([1, 3], 3, new=2).tolist() == [[1, 0, 0, 1, 1], [1, 1, 1, 1, 1]]
    assert bucket_decode_mask(2, 5).dtype == np.int32
    with pytest.raises(InputError, match="past: expected 0 to 5 tokens a row, found 6"):
        bucket_decode_mask(6, 5)


class Programs:
    """Prefill and steps of a tiny model, by size."""

    def __init__(self, folder: Path) -> None:
        tiny_decoder.write_checkpoint(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = folder
        self.made: dict[tuple[int, int], CompiledModel] = {}

    def prefill(self, ids: np.ndarray) -> dict[str, Any]:
        flow = rf.DecoderFlow.for_prefill(self.config, *ids.shape).export_kv()
        counted = np.broadcast_to(np.arange(ids.shape[1], dtype=np.int32), ids.shape)
        model = flow.assemble().build(self.weights).compile()
        return dict(model(input_ids=ids, attention_mask=np.ones_like(ids), position_ids=counted))

    def step(
        self, ids: np.ndarray, cache: LayerKvCache, upper: int
    ) -> tuple[np.ndarray, LayerKvCache]:
        batch = ids.shape[0]
        if (batch, upper) not in self.made:
            flow = rf.DecoderFlow.for_decode(self.config, batch, upper).assemble()
            self.made[batch, upper] = flow.build(self.weights).compile()
        out = self.made[batch, upper](
            input_ids=ids,
            attention_mask=cache.mask(upper),
            positions=cache.positions,
            **cache.pad_layers_to_upper(upper),
        )
        return np.asarray(out["logits"])[:, -1], cache.advance_from_decode_outputs(out, upper)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("decoder"))


IDS = np.random.default_rng(2).integers(3, 200, (2, 7)).astype(np.int32)


def test_defect_14_padded_steps_of_rows_of_different_lengths_equal_one_long_pass(
    programs: Programs,
) -> None:
    whole = np.asarray(programs.prefill(IDS)["logits"])
    lengths = (4, 2)  # of the prompts; the second one is padded on the right
    cache = LayerKvCache.from_layer_outputs(programs.prefill(IDS[:, :4]), lengths)
    for step in range(3):
        places = [length + step for length in lengths]
        new = np.stack([IDS[row, place] for row, place in enumerate(places)])[:, None]
        logits, cache = programs.step(new, cache, UPPER)
        for row, place in enumerate(places):
            assert np.abs(logits[row] - whole[row, place]).max() < 2e-4, (step, row)
    assert cache.lengths == (7, 5)


def test_a_padded_step_keeps_what_an_unpadded_one_keeps(programs: Programs) -> None:
    start = LayerKvCache.from_layer_outputs(programs.prefill(IDS[:, :4]))
    new = IDS[:, 4:5]
    exact, kept = programs.step(new, start, 4)  # the past has 4 tokens: nothing is padded
    padded, also = programs.step(new, start, UPPER)
    assert np.abs(exact - padded).max() < 2e-5
    assert kept.lengths == also.lengths == (5, 5)
    for one, other in zip((*kept.keys, *kept.values), (*also.keys, *also.values), strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).max() < 2e-5
        assert np.abs(other[:, 4]).max() > 0.01  # the new row, not padding


def test_new_rows_go_to_the_end_of_each_row_s_past() -> None:
    past = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    cache = LayerKvCache.from_layer_outputs([past, -past], lengths=(3, 1))
    step = np.full((2, 6, 2), 99, np.float32)
    step[:, 4:] = [[[101, 102], [103, 104]], [[201, 202], [203, 204]]]
    grown = cache.advance_from_decode_outputs([step, -step], upper=4)
    assert grown.lengths == (5, 3)
    assert grown.keys[0][0].tolist() == [[0, 1], [2, 3], [4, 5], [101, 102], [103, 104]]
    assert grown.keys[0][1, :3].tolist() == [[6, 7], [201, 202], [203, 204]]
    assert np.array_equal(grown.values[0], -grown.keys[0])
    padded = grown.pad_layers_to_upper(6)
    assert list(padded) == ["past_k_0", "past_v_0"]
    assert padded["past_k_0"].shape == (2, 6, 2)
    assert not padded["past_k_0"][0, 5].any()


def test_what_does_not_fit_is_refused() -> None:
    past = np.zeros((2, 3, 2), np.float32)
    cache = LayerKvCache.from_layer_outputs([past, past])
    with pytest.raises(InputError, match="past: expected at most 2 tokens, found 3"):
        cache.pad_layers_to_upper(2)
    with pytest.raises(InputError, match="step: expected 1 layers of 2 rows, over 4 tokens"):
        cache.advance_from_decode_outputs([past, past], upper=4)
    with pytest.raises(InputError, match="layers: expected a key and a value each, found 0"):
        LayerKvCache.from_layer_outputs({"logits": past})
    with pytest.raises(InputError, match="layers: expected keys and values of 2 rows and 4"):
        LayerKvCache.from_layer_outputs([past, past], lengths=(4, 1))
