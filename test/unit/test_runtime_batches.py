"""How texts of many lengths become few programs: buckets, batches, padding, tokens."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_tokenizer

from rlxflow.errors import ConfigError, InputError
from rlxflow.runtime.devices import find_device
from rlxflow.runtime.embed import Batch, bucket, pad, plan_batches
from rlxflow.runtime.text import TextTokenizer, Tokens


def test_buckets_are_powers_of_two_up_to_the_limit() -> None:
    assert [bucket(n, 100) for n in (1, 16, 17, 32, 33, 64, 65, 100)] == [
        *(16, 16, 32, 32, 64, 64, 100, 100)
    ]
    assert bucket(5, 8) == 8


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=60),
    batch_size=st.integers(1, 40),
)
def test_every_row_is_in_one_batch_that_holds_it(lengths: list[int], batch_size: int) -> None:
    batches = list(plan_batches(lengths, batch_size, 200))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch.rows) <= batch.batch <= batch_size
        assert max(lengths[row] for row in batch.rows) <= batch.seq <= 200
    shapes = {(batch.batch, batch.seq) for batch in batches}
    assert len(shapes) <= 2 * 5


def test_padding_is_right_and_no_row_is_empty() -> None:
    tokens = [Tokens([5, 6, 7], [0, 1, 1], False), Tokens([8], [0], False), Tokens([9], [0], False)]
    made = pad(tokens, Batch(rows=(2, 0, 1), batch=4, seq=4), pad_id=1)
    assert made["input_ids"].tolist() == [[9, 1, 1, 1], [5, 6, 7, 1], [8, 1, 1, 1], [1, 1, 1, 1]]
    assert made["attention_mask"].sum(axis=1).tolist() == [1, 3, 1, 1]
    assert made["token_type_ids"][1].tolist() == [0, 1, 1, 0]
    assert {array.dtype for array in made.values()} == {np.dtype(np.int32)}


@pytest.fixture
def tokenizer(tmp_path: Path) -> TextTokenizer:
    write_tokenizer(tmp_path)
    return TextTokenizer(tmp_path)


def test_tokens_of_a_text(tokenizer: TextTokenizer) -> None:
    one, two = tokenizer.encode(["Ab!", "abcdefgh"], 6)
    assert one == Tokens([2, 5, 32, 69, 3], [0] * 5, False)
    assert (len(two.ids), two.ids[-1], two.cut) == (6, 3, True)


def test_limit_is_set_anew_at_each_call(tokenizer: TextTokenizer) -> None:
    assert [len(tokenizer.encode(["abcdefgh"], limit)[0].ids) for limit in (4, 20, 3)] == [4, 10, 3]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "a\ud800"])
def test_texts_without_tokens_or_not_utf8(tokenizer: TextTokenizer, text: str) -> None:
    with pytest.raises(InputError, match="text 1: expected"):
        tokenizer.encode(["fine", text], 8)


def test_vocabulary_file_of_old_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nship\nShip\n")
    assert TextTokenizer(tmp_path).encode(["Ship"], 8)[0].ids == [2, 5, 3]
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert TextTokenizer(tmp_path).encode(["Ship"], 8)[0].ids == [2, 6, 3]


def test_damaged_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected tokenizer.json or vocab.txt, found neither"):
        TextTokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ConfigError, match="expected a tokenizer"):
        TextTokenizer(tmp_path)


def test_devices_by_name() -> None:
    assert find_device(None).platform == find_device("cpu").platform == "cpu"
    assert find_device(find_device("cpu")) is find_device("cpu")
    with pytest.raises(InputError, match="device `tpux`: expected one of"):
        find_device("tpux")
