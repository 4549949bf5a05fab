"""Text while it grows: whole characters, stops over the borders of tokens, ends."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_decoder import write_tokenizer

from rlxflow.runtime.generate_text import Row
from rlxflow.runtime.prompts import PromptTokenizer, read_special
from rlxflow.runtime.text import open_tokenizer

END = 257


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PromptTokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return PromptTokenizer(open_tokenizer(folder), read_special(folder))


def pieces(
    tokenizer: PromptTokenizer, answer: bytes, *stop: str, prompt: str = "q", end: bool = False
) -> list[str]:
    """Returns what a row gives for each byte of an answer, and at last for its end."""
    row = Row(tokenizer.encode_prompt(prompt), tokenizer.decode, stop, frozenset([END]))
    given = []
    for token in [*answer, *([END] if end else [])]:
        if not row.done:
            given.append(row.take(token))
    given.append(row.finish())
    assert "".join(given) == row.text
    return given


def test_characters_come_whole(tokenizer: PromptTokenizer) -> None:
    assert pieces(tokenizer, "aé日🙂".encode()) == [
        *("a", "", "é", "", "", "日", "", "", "", "🙂"),
        "",
    ]


def test_broken_character_comes_at_the_end(tokenizer: PromptTokenizer) -> None:
    assert pieces(tokenizer, b"a\xf0\x9f") == ["a", "", "", "\ufffd"]
    assert "".join(pieces(tokenizer, b"a\xf0\x9fb")) == "a\ufffdb"
    assert "".join(pieces(tokenizer, b"\xff\xff")) == "\ufffd\ufffd"


def test_prompt_is_not_part_of_the_answer(tokenizer: PromptTokenizer) -> None:
    assert pieces(tokenizer, b"ab", prompt="日 ab") == ["a", "b", ""]


def test_end_id_ends_without_a_trace(tokenizer: PromptTokenizer) -> None:
    assert pieces(tokenizer, b"ab", end=True) == ["a", "b", "", ""]
    assert pieces(tokenizer, b"", end=True) == ["", ""]
    assert "".join(pieces(tokenizer, b"a\xf0", end=True)) == "a\ufffd"


def test_stop_is_cut_off(tokenizer: PromptTokenizer) -> None:
    assert pieces(tokenizer, b"one. two", ".") == ["o", "n", "e", "", ""]


def test_beginning_of_a_stop_is_held_back(tokenizer: PromptTokenizer) -> None:
    assert pieces(tokenizer, b"a\nUser:b", "\nUser:") == ["a", *[""] * 6, ""]
    assert pieces(tokenizer, b"a\nUs", "\nUser:") == ["a", "", "", "", "\nUs"]
    assert pieces(tokenizer, b"a\nUx", "\nUser:") == ["a", "", "", "\nUx", ""]


def test_beginning_within_a_beginning(tokenizer: PromptTokenizer) -> None:
    assert "".join(pieces(tokenizer, b"xaab!", "ab")) == "xa"
    assert "".join(pieces(tokenizer, b"aaaaab", "aaab")) == "aa"


def test_stop_of_several_bytes(tokenizer: PromptTokenizer) -> None:
    assert "".join(pieces(tokenizer, "für日本".encode(), "日")) == "für"


@pytest.mark.parametrize("stop", [("b", "ab"), ("ab", "b")])
def test_first_place_counts_whatever_the_order(
    tokenizer: PromptTokenizer, stop: tuple[str, ...]
) -> None:
    assert "".join(pieces(tokenizer, b"xxab", *stop)) == "xx"


@pytest.mark.parametrize("stop", [("ab", "abc"), ("abc", "ab")])
def test_of_two_at_one_place_the_shorter_is_complete_first(
    tokenizer: PromptTokenizer, stop: tuple[str, ...]
) -> None:
    assert "".join(pieces(tokenizer, b"xabcd", *stop)) == "x"


def test_stop_of_the_prompt_does_not_count(tokenizer: PromptTokenizer) -> None:
    assert "".join(pieces(tokenizer, b"bc", "ab", prompt="a")) == "bc"


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(
    text=st.text(alphabet="ab€", max_size=12),
    stop=st.lists(st.text(alphabet="ab€", min_size=1, max_size=3), max_size=3),
)
def test_pieces_join_to_the_text_before_the_first_stop(
    tokenizer: PromptTokenizer, text: str, stop: list[str]
) -> None:
    ends = [i + len(word) for word in stop for i in range(len(text)) if text.startswith(word, i)]
    shown = text[: min(ends)] if ends else text  # what is there when the first stop is complete
    places = [place for word in stop if (place := shown.find(word)) >= 0]
    wanted = shown[: min(places)] if places else text
    assert "".join(pieces(tokenizer, text.encode(), *stop)) == wanted


def test_any_bytes_join_to_their_text(tokenizer: PromptTokenizer) -> None:
    draw = random.Random(3)
    for _ in range(50):
        answer = bytes(draw.choices(b"ab\x80\xc3\xa9\xe6\x97\xa5\xf0\xff", k=14))
        whole = answer.decode(errors="replace")
        assert "".join(pieces(tokenizer, answer)) == tokenizer.decode([*b"q", *answer])[1:]
        assert whole.startswith("".join(pieces(tokenizer, answer)).rstrip("\ufffd"))
