"""Splitting a file, reading what it expects, and comparing that with what was said."""

import pytest

from rlxflow.cli.diagnostic import Diagnostic
from rlxflow.cli.expected import Expected, compare, expectations
from rlxflow.cli.split_file import split_file


def test_parts_keep_the_line_numbers_of_the_file():
    assert split_file("a\n// -----\nb\nc\n// -----  \n\nd") == ["a", "\n\nb\nc", "\n\n\n\n\n\nd"]


@pytest.mark.parametrize("text", ["a\n", "// ------\n", " // -----\n", "x // -----\n", ""])
def test_other_lines_divide_nothing(text):
    assert split_file(text) == [text]


def test_every_way_to_name_a_line():
    text = "\n".join(
        [
            "op // expected-error {{here}}",
            "// expected-warning@+2 {{two below}}",
            "// expected-error@below {{next}} expected-note@-2{{above}}",
            "op",
            "// expected-remark@above {{with (brackets) and {braces}}}",
            "// expected-error@above {{also above}}",
            "// expected-error@unknown {{nowhere}}",
        ]
    )
    assert expectations(text) == [
        Expected("error", 1, "here", 1),
        Expected("warning", 4, "two below", 2),
        Expected("error", 4, "next", 3),
        Expected("note", 1, "above", 3),
        Expected("remark", 4, "with (brackets) and {braces", 5),
        Expected("error", 4, "also above", 6),
        Expected("error", 0, "nowhere", 7),
    ]


def test_a_part_of_the_message_is_enough_and_each_expectation_counts_once():
    expected = [Expected("error", 3, "bad", 2)]
    said = [Diagnostic("error", 3, 5, "this is bad"), Diagnostic("error", 3, 5, "this is bad")]
    assert compare(expected, said[:1], "f.mlir") == []
    assert compare(expected, said, "f.mlir") == ["f.mlir:3:5: error: unexpected error: this is bad"]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (Diagnostic("error", 4, 1, "bad"), "f:4:1: error: unexpected error: bad"),
        (Diagnostic("warning", 3, 1, "bad"), "f:3:1: error: unexpected warning: bad"),
        (Diagnostic("error", 3, 1, "good"), "f:3:1: error: unexpected error: good"),
        (Diagnostic("error", 0, 0, "bad"), "f: error: unexpected error: bad"),
    ],
)
def test_line_severity_and_text_must_agree(said, complaint):
    missing = 'f:2: error: expected error "bad" at line 3 was not produced'
    assert compare([Expected("error", 3, "bad", 2)], [said], "f") == [complaint, missing]


def test_notes_are_compared_only_if_expected():
    note = Diagnostic("note", 3, 1, "see here")
    assert compare([], [note], "f") == []
    assert compare([Expected("note", 3, "see", 3)], [note], "f") == []
    assert compare([Expected("note", 3, "look", 3)], [note], "f") == [
        'f:3: error: expected note "look" was not produced'
    ]


def test_a_diagnostic_without_a_place_names_none():
    assert Diagnostic("error", 0, 0, "bad").render("f") == "error: bad"
    assert Diagnostic("error", 2, 7, "bad").render("f") == "f:2:7: error: bad"
