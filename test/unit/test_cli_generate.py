"""`rlxflow generate`: what it prints where, how prompts come in, and what it refuses."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_decoder import TEMPLATE, write_checkpoint, write_config, write_tokenizer

from rlxflow.cli.main import main
from rlxflow.runtime import model as loading
from rlxflow.runtime.model import Model, load

NEW = ["--max-new-tokens", "12"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(write_checkpoint(tmp_path_factory.mktemp("tiny"), TEMPLATE))


@pytest.fixture
def folder(model: Model, monkeypatch: pytest.MonkeyPatch) -> str:
    """The checkpoint's folder; `load` gives the model that has its programs already."""
    monkeypatch.setattr(loading, "load", lambda *_, **__: model)
    return str(model.checkpoint.folder)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """Returns what a successful call prints on standard output and standard error."""
    assert main(["generate", *arguments]) == 0
    said = capsys.readouterr()
    return said.out, said.err


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Returns the message of a call that fails; nothing else is printed."""
    assert main(["generate", *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    return said.err.removeprefix("error: ")


def test_text_and_timing(model: Model, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, folder, "Once", *NEW, "--no-chat")
    assert out == model.generate("Once", max_new_tokens=12, chat=False) + "\n"
    assert "tokens/s" in err
    assert len(err.splitlines()) == 1


def test_answer_of_a_chat(model: Model, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = model.generate("Once", max_new_tokens=12)
    assert run(capsys, folder, "Once", *NEW)[0] == answer + "\n"
    assert run(capsys, folder, "Once", *NEW, "--chat")[0] == answer + "\n"
    assert not answer.startswith("Once")


def test_prompt_from_standard_input(
    folder: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = run(capsys, folder, "Bär\n", *NEW, "--no-chat")[0]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Bär\n".encode()), "utf-8"))
    assert run(capsys, folder, "-", *NEW, "--no-chat")[0] == wanted


def test_standard_input_that_is_no_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\xff"), "utf-8"))
    assert refused(capsys, "x", "-").startswith("standard input: expected UTF-8 text, found ")


def test_several_prompts(model: Model, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = model.generate(["Once", "a"], max_new_tokens=12, chat=False)
    out, _ = run(capsys, folder, "Once", "a", *NEW, "--no-chat")
    assert out == "\n---\n".join(texts) + "\n"


def test_json(model: Model, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, folder, "Once", "a", *NEW, "--no-chat", "--json")
    found = json.loads(out)
    texts = model.generate(["Once", "a"], max_new_tokens=12, chat=False)
    wanted = [{"prompt": "Once", "text": texts[0]}, {"prompt": "a", "text": texts[1]}]
    assert found["rows"] == wanted
    assert found["new_tokens"] == 12
    assert found["decode_s"] > 0
    assert out.count("\n") == 1


def test_options_reach_the_model(
    model: Model, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--temperature", "3", "--top-k", "50", "--top-p", "0.9", "--min-p", "0.01"]
    given += ["--repetition-penalty", "1.5", "--seed", "4", "--stop", "q", "--stop", "zz"]
    wanted = model.generate(
        "Once",
        max_new_tokens=12,
        chat=False,
        temperature=3.0,
        top_k=50,
        top_p=0.9,
        min_p=0.01,
        repetition_penalty=1.5,
        seed=4,
        stop=["q", "zz"],
    )
    assert run(capsys, folder, "Once", *NEW, "--no-chat", *given)[0] == wanted + "\n"


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["generate", "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "rlxflow generate path/to/checkpoint" in out
    assert "--temperature" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "--temperature", "-1"], "temperature: expected at least 0, found -1.0\n"),
        (["a", "--temperature", "nan"], "temperature: expected at least 0, found nan\n"),
        (["a", "--top-p", "1.01"], "top_p: expected above 0, at most 1, found 1.01\n"),
        (["a", "--top-k", "0"], "top_k: expected a whole number from 1, found 0\n"),
        (["a", "--min-p", "2"], "min_p: expected from 0 to 1, found 2.0\n"),
        (["a", "--seed", "-1"], "seed: expected from 0 to 2^64 - 1, found -1\n"),
        (["a", "--max-new-tokens", "0"], "max_new_tokens: expected at least 1, found 0\n"),
        (["a", "--stop", ""], "stop: expected texts, found an empty one\n"),
        ([""], "prompt: expected some text, found none\n"),
        (["a", ""], "prompt: expected some text, found none\n"),
        (["x" * 70], "prompt 0: expected at most 64 tokens with the new ones, found "),
        (["a", "--sliding"], "sliding: expected a model whose layers all have a window, found "),
    ],
)
def test_refused(
    folder: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert refused(capsys, folder, *arguments).startswith(message)


@pytest.mark.parametrize("option", ["--temperature", "--top-k", "--seed", "--max-new-tokens"])
def test_what_is_no_number_is_refused(capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["generate", "x", "a", option, "lots"])
    assert caught.value.code == 1
    assert f"argument {option}: invalid" in capsys.readouterr().err


def test_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "expected a checkpoint folder" in refused(capsys, "nowhere", "a")


def test_folder_without_a_tokenizer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    assert "expected tokenizer.json or vocab.txt, found neither" in refused(
        capsys, str(tmp_path), "a"
    )


def test_unknown_key_of_the_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_config(tmp_path, rms_norm_epsilon=0.1)
    write_tokenizer(tmp_path)
    message = refused(capsys, str(tmp_path), "a")
    assert "`rms_norm_epsilon` is unknown (found 0.1); did you mean `rms_norm_eps`?" in message


def test_weights_that_do_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint(tmp_path)
    write_config(tmp_path, hidden_size=24, num_hidden_layers=90)
    message = refused(capsys, str(tmp_path), "a", *NEW)
    assert "model.embed_tokens.weight" in message
    assert len(message.splitlines()) <= 30
