"""`Model.generate`: prompts of every form, ends, limits, and what it refuses before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_decoder import TEMPLATE, WINDOWED, write_checkpoint, write_config

from rlxflow.errors import ConfigError, InputError, WeightError
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.generator import end_ids
from rlxflow.runtime.model import Model, load

pytestmark = pytest.mark.numeric
PROMPTS = ["Once upon", "a", "der Bär"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load(folder)


@pytest.fixture(scope="module")
def windowed(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(write_checkpoint(tmp_path_factory.mktemp("windowed"), **WINDOWED))


@pytest.fixture
def untouched(folder: Path) -> Model:
    """A model that nothing was run on."""
    return load(folder)


def is_greedy(model: Model, ids: np.ndarray, prompt: int) -> bool:
    """Whether each id after the prompt has the best score of a plain run over the whole row."""
    logits = np.asarray(model(input_ids=ids)["logits"])
    return np.array_equal(logits[:, prompt - 1 : -1].argmax(-1), ids[:, prompt:])


def test_ids_go_on_with_the_best(model: Model) -> None:
    prompt = np.arange(40, 49).reshape(1, 9)
    found = model.generate(prompt, max_new_tokens=20)
    assert (found.shape, found.dtype) == ((1, 29), np.int32)
    assert np.array_equal(found[:, :9], prompt)
    assert is_greedy(model, found, 9)
    assert np.array_equal(model.generate(prompt.tolist(), max_new_tokens=20), found)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_rows_go_on_as_they_would_alone(model: Model, side: str) -> None:
    rows = [np.arange(40, 49), np.arange(60, 64)]
    alone = [model.generate(row[None], max_new_tokens=6)[0, len(row) :] for row in rows]
    ids, mask = np.full((2, 9), 3), np.zeros((2, 9), int)
    for i, row in enumerate(rows):
        place = slice(9 - len(row), 9) if side == "left" else slice(0, len(row))
        ids[i, place], mask[i, place] = row, 1
    found = model.generate(ids, attention_mask=mask, max_new_tokens=6)
    assert np.array_equal(found[:, :9], ids)
    assert np.array_equal(found[:, 9:], np.stack(alone))


def test_mask_of_another_shape_is_refused(model: Model) -> None:
    with pytest.raises(InputError, match=r"attention_mask: expected integers \[1, 3\], found"):
        model.generate(np.array([[5, 6, 7]]), attention_mask=[[1, 1]])
    with pytest.raises(InputError, match="prompt 1: expected at least one token, found none"):
        model.generate(np.array([[5, 6], [7, 8]]), attention_mask=[[1, 1], [0, 0]])


def test_text_is_the_prompt_and_what_follows(model: Model) -> None:
    found = model.generate(PROMPTS[0], max_new_tokens=20)
    ids = model.generate([[256, *PROMPTS[0].encode()]], max_new_tokens=20)
    assert found == model.prompts.decode(ids[0].tolist())
    assert found.startswith(PROMPTS[0])
    assert len(found) > len(PROMPTS[0])


def test_batch_of_different_lengths_equals_one_by_one(model: Model) -> None:
    together = model.generate(PROMPTS, max_new_tokens=20)
    assert together == [model.generate(prompt, max_new_tokens=20) for prompt in PROMPTS]
    assert len(set(together)) == 3


def test_pieces_join_to_the_text(model: Model) -> None:
    whole = model.generate(PROMPTS[2], max_new_tokens=20)
    assert PROMPTS[2] + "".join(model.generate(PROMPTS[2], max_new_tokens=20, stream=True)) == whole


def test_first_piece_comes_before_the_last_token(model: Model) -> None:
    stream = model.generate(PROMPTS[0], max_new_tokens=20, stream=True)
    next(stream)
    assert model.generator.timing.new_tokens < 19
    stream.close()


def test_stop_ends_the_text(model: Model) -> None:
    whole = model.generate(PROMPTS[0], max_new_tokens=20)
    answer = whole[len(PROMPTS[0]) :]
    word = answer[3:5]
    place = answer.find(word)
    found = model.generate(PROMPTS[0], max_new_tokens=20, stop=[word, "never said"])
    assert found == PROMPTS[0] + answer[:place]
    assert model.generate(PROMPTS[0], max_new_tokens=20, stop=word) == found


def test_end_id_ends_ids_and_pads_the_rest(model: Model) -> None:
    prompt = np.arange(40, 49).reshape(1, 9)
    plain = model.generate(prompt, max_new_tokens=20)[0]
    end = int(plain[12])
    place = 9 + int(np.flatnonzero(plain[9:] == end)[0])
    for ends in (end, [end], np.int64(end)):
        found = model.generate(prompt, max_new_tokens=20, eos_token_id=ends)[0]
        assert np.array_equal(found[: place + 1], plain[: place + 1])
        assert (found[place + 1 :] == 257).all()  # pad_token_id
        assert found.shape == (29,)


def test_row_that_has_ended_leaves_the_others_alone(model: Model) -> None:
    rows = np.array([[256, *b"Once upon"], [256, *b"some more"], [256, *b"and third"]])
    plain = model.generate(rows, max_new_tokens=20)
    end = int(plain[0, 12])
    found = model.generate(rows, max_new_tokens=20, eos_token_id=end)
    for row, whole in zip(found, plain, strict=True):
        places = np.flatnonzero(whole[10:] == end)
        count = 10 + (int(places[0]) + 1 if places.size else 20)
        assert np.array_equal(row[:count], whole[:count])
        assert (row[count:] == 257).all()


def test_checkpoint_says_what_ends_a_text(model: Model) -> None:
    ids = model.generate([[256, *PROMPTS[0].encode()]], max_new_tokens=20)[0]
    first = int(np.flatnonzero(ids[10:] == ids[13])[0])
    said = model.checkpoint.folder / "generation_config.json"
    said.write_text(json.dumps({"eos_token_id": [300, int(ids[13])]}))
    try:
        found = model.generate(PROMPTS[0], max_new_tokens=20)
    finally:
        said.unlink()
    assert found == model.prompts.decode(ids[: 10 + first].tolist())


@pytest.mark.parametrize(
    ("config", "settings", "ends"),
    [
        ({}, None, {257}),
        ({"eos_token_id": [1, 2]}, None, {1, 2}),
        ({"eos_token_id": None}, None, set()),
        ({}, {"eos_token_id": 5}, {5}),
        ({}, {"temperature": 1.0}, {257}),
    ],
)
def test_where_a_checkpoint_says_it(
    tmp_path: Path, config: dict[str, Any], settings: dict[str, Any] | None, ends: set[int]
) -> None:
    write_config(tmp_path, **config)
    if settings is not None:
        (tmp_path / "generation_config.json").write_text(json.dumps(settings))
    assert end_ids(open_checkpoint(tmp_path, weights=None)) == ends


def test_seed_decides(model: Model) -> None:
    hot = {"max_new_tokens": 20, "temperature": 5.0}
    texts = [model.generate(PROMPTS[0], seed=seed, **hot) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    batch = model.generate([PROMPTS[0]] * 3, seed=1, **hot)
    assert len(set(batch)) == 3


def test_other_numbers_need_no_other_program(model: Model) -> None:
    """Other cuts of the same kind neither."""
    model.generate(PROMPTS[0], max_new_tokens=20, temperature=0.5)
    model.generate(PROMPTS[0], max_new_tokens=20, temperature=0.5, top_k=9)
    before = dict(model.generator._programs)
    for options in (
        {"temperature": 2.0},
        {"temperature": 2.0, "top_k": 5},
        {"temperature": 1.0, "top_k": 7, "top_p": 0.5, "seed": 8},
    ):
        model.generate(PROMPTS[0], max_new_tokens=17, **options)
    assert model.generator._programs == before


def test_penalty_avoids_what_was_said(model: Model) -> None:
    prompt = np.arange(40, 49).reshape(1, 9)
    found = model.generate(prompt, max_new_tokens=20, repetition_penalty=1e6)[0]
    assert len(set(found.tolist())) == 29


def test_timing_counts_the_tokens(model: Model) -> None:
    model.generate(PROMPTS, max_new_tokens=20)
    timing = model.generator.timing
    assert timing.prompt_tokens == sum(len(text.encode()) + 1 for text in PROMPTS)
    assert 1 <= timing.new_tokens <= 20
    assert "tokens/s" in str(timing)


# Chat


@pytest.fixture(scope="module")
def chatting(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(write_checkpoint(tmp_path_factory.mktemp("chat"), TEMPLATE))


def test_template_asks_and_the_answer_is_alone(chatting: Model) -> None:
    question = [256, 258, *b"Hi", 259, *b">"]
    ids = chatting.generate([question], max_new_tokens=12)[0]
    answer = chatting.prompts.decode(ids.tolist())[len("Hi>") :]
    assert chatting.generate(" Hi ", max_new_tokens=12) == answer
    assert chatting.generate(["Hi"], max_new_tokens=12, chat=True) == [answer]


def test_template_can_be_left_out(chatting: Model, model: Model) -> None:
    found = chatting.generate(PROMPTS[0], max_new_tokens=20, chat=False)
    assert found == model.generate(PROMPTS[0], max_new_tokens=20)


# Limits


def test_context_can_be_filled_to_the_last_position(model: Model) -> None:
    prompt = np.arange(100, 160).reshape(1, 60)
    found = model.generate(prompt, max_new_tokens=4)
    assert found.shape == (1, 64)
    assert is_greedy(model, found, 60)


def test_windowed_model_slides_beyond_its_positions(windowed: Model, tmp_path: Path) -> None:
    """The same as a plain run of a model that says it has more of them."""
    longer = {**WINDOWED, "max_position_embeddings": 256}
    plain = load(write_config(tmp_path, **longer), weights=windowed.checkpoint.folder)
    prompt = np.arange(100, 170).reshape(1, 70)
    found = windowed.generate(prompt, max_new_tokens=80, sliding=True)
    assert is_greedy(plain, found, 70)
    with pytest.raises(InputError, match=r"^prompt 0: expected at most 64 tokens with the new"):
        windowed.generate(prompt, max_new_tokens=80)


BAD: list[tuple[Any, dict[str, Any], str]] = [
    ("", {}, "^prompt: expected some text, found none$"),
    (["a", ""], {}, "^prompt: expected some text, found none$"),
    ([], {}, "^prompts: expected at least one, found none$"),
    ([[]], {}, "expected at least one token, found none$|^ids: expected integers"),
    (np.zeros((1, 0), int), {}, "^prompt 0: expected at least one token, found none$"),
    (np.zeros((0, 5), int), {}, "^prompts: expected at least one, found none$"),
    ([[1, 260]], {}, "^prompt 0: expected ids below 260, found 260$"),
    ([[1, 2], [-1, 3]], {}, "^prompt 1: expected ids below 260, found -1$"),
    ([[0.5, 1.0]], {}, r"^ids: expected integers \[b, t\], found float64\[1, 2\]$"),
    ([1, 2, 3], {}, r"^ids: expected integers \[b, t\], found int64\[3\]$"),
    ([[1, 2], [3]], {}, r"^ids: expected integers \[b, t\], found rows of different lengths"),
    (["a", 3], {}, r"^ids: expected integers \[b, t\]"),
    (None, {}, r"^ids: expected integers \[b, t\]"),
    ("x" * 60, {"max_new_tokens": 4}, "^prompt 0: expected at most 64 tokens with the new ones, "
     "found 61 and 4 new; shorten the prompt or ask for fewer tokens$"),
    (["a", "x" * 70], {}, "^prompt 1: expected at most 64 tokens with the new ones"),
    ("a", {"eos_token_id": "end"}, "^eos_token_id: expected an id or a list of ids, found 'end'$"),
    ("a", {"max_new_tokens": 0}, "^max_new_tokens: expected at least 1, found 0$"),
    ("a", {"temperature": -1.0}, "^temperature: expected at least 0, found -1.0$"),
    ("a", {"top_p": 1.5}, "^top_p: expected above 0, at most 1, found 1.5$"),
    ("a", {"top_k": 0}, "^top_k: expected a whole number from 1, found 0$"),
    ("a", {"stop": ""}, "^stop: expected texts, found an empty one$"),
    ("a", {"stop": ["b", ""]}, "^stop: expected texts, found an empty one$"),
    ("a", {"max_tokens": 3}, "found `max_tokens`; did you mean `max_new_tokens`"),
    (["a", "b"], {"stream": True}, "^stream: expected one prompt, found 2$"),
    ("a", {"chat": True}, "^chat: expected a checkpoint with a chat template, found none$"),
    ("a\udc80", {}, "^prompt: expected UTF-8 text"),
    ("a", {"sliding": True}, "^sliding: expected a model whose layers all have a window, found "),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "options", "message"), BAD)
def test_refused_before_anything_is_placed(
    untouched: Model, prompt: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        untouched.generate(prompt, **options)
    assert untouched.weights.on_device._placed == {}


def test_encoder_does_not_generate(tmp_path: Path) -> None:
    from tiny_checkpoint import write_config as write_bert

    encoder = load(write_bert(tmp_path), weights=None)
    with pytest.raises(ConfigError, match=r"expected a causal language model, found `bert`$"):
        encoder.generate([[1, 2]])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"hidden_size": 24, "head_dim": 4}, "model.embed_tokens.weight"),
        ({"num_hidden_layers": 40}, "model.layers.{1..39}.input_layernorm.weight"),
        ({"tie_word_embeddings": False, "vocab_size": 300}, "model.embed_tokens.weight"),
        ({"num_key_value_heads": 4}, "model.layers.0.self_attn.k_proj.weight"),
        ({"num_hidden_layers": 0}, "model.layers.0."),
        ({"attention_bias": True}, "model.layers.0.self_attn.q_proj.bias"),
    ],
)
def test_config_and_tensors_that_disagree_are_refused(
    folder: Path, tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    other = load(write_config(tmp_path, **changes), weights=folder)
    with pytest.raises(WeightError) as caught:
        other.generate([[1, 2, 3]])
    assert named in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 30
    assert other.weights.on_device._placed == {}
