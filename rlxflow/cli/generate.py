"""`rlxflow generate`: continue a prompt."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rlxflow.cli.output import deliver
from rlxflow.cli.profile_argument import add_profile_argument, read_profile
from rlxflow.cli.weights_bar import weights_bar
from rlxflow.errors import InputError

if TYPE_CHECKING:
    from rlxflow.runtime.model import Model

EPILOG = """The text appears as it is made; tokens/s stand on standard error at the end.
A checkpoint with a chat template answers as to a question; --no-chat continues the text.

examples:
  rlxflow generate path/to/checkpoint "Once upon a time" --max-new-tokens 64
  rlxflow generate model.gguf "Name three rivers." --temperature 0.7 --top-p 0.9 --seed 3
  rlxflow generate model.gguf "Once upon a time" --kernels required
  echo "Once upon a time" | rlxflow generate path/to/checkpoint -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("checkpoint", metavar="DIR|FILE.gguf", help="a causal language model")
    add("prompt", metavar="PROMPT", nargs="+", help="- for standard input; several are a batch")
    add("--max-new-tokens", type=int, default=64, metavar="N", help="at most (default 64)")
    add("--temperature", type=float, default=0.0, help="0 takes the best token (default)")
    add("--top-k", type=int, help="choose among the k best")
    add("--top-p", type=float, help="choose among the fewest that reach p together")
    add("--min-p", type=float, help="leave out tokens below this fraction of the best one")
    add("--repetition-penalty", type=float, default=1.0, help="above 1 avoids repeating")
    add("--seed", type=int, default=0, help="of the choice (default 0)")
    add("--stop", action="append", default=[], metavar="TEXT", help="ends the answer; repeatable")
    add("--chat", action=argparse.BooleanOptionalAction, help="use the chat template")
    add("--sliding", action="store_true", help="go on beyond the longest sequence")
    add("--dtype", choices=("f32", "bf16", "f16"), help="of weights and cache; as stored")
    add_profile_argument(parser)
    add("--device", default="cpu", help="cpu (default), gpu, tpu")
    add("--json", action="store_true", help="prompts, texts and timing as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Generates and prints."""
    from rlxflow.runtime.model import load

    prompts = [_standard_input() if text == "-" else text for text in arguments.prompt]
    if any(not text for text in prompts):
        raise InputError("prompt", expected="some text", found="none")
    profile, options = read_profile(arguments), _options(arguments)
    with weights_bar() as progress:
        model = load(
            arguments.checkpoint,
            device=arguments.device,
            dtype=arguments.dtype,
            profile=profile,
            progress=progress,
        )
        pieces = None
        if arguments.json or len(prompts) > 1:
            texts = model.generate(prompts, **options)
        else:
            pieces = model.generate(prompts[0], stream=True, **options)
            texts = [next(pieces, "")]  # so that nothing is printed of what cannot run
    if pieces is None:
        _whole(model, prompts, texts, as_json=arguments.json)
    else:
        _stream(model, prompts[0], texts[0], pieces, options)
    print(model.generator.timing, file=sys.stderr)


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "max_new_tokens": arguments.max_new_tokens,
        "temperature": arguments.temperature,
        "top_k": arguments.top_k,
        "top_p": arguments.top_p,
        "min_p": arguments.min_p,
        "repetition_penalty": arguments.repetition_penalty,
        "seed": arguments.seed,
        "stop": arguments.stop,
        "chat": arguments.chat,
        "sliding": arguments.sliding,
    }


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InputError("standard input", expected="UTF-8 text", found=str(error)) from None


def _stream(
    model: Model, prompt: str, first: str, pieces: Iterator[str], options: dict[str, Any]
) -> None:
    answers = model.prompts.chat_template is not None and options["chat"] is not False
    sys.stdout.write(first if answers else prompt + first)
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")


def _whole(model: Model, prompts: list[str], texts: list[str], *, as_json: bool) -> None:
    if not as_json:
        deliver("\n---\n".join(texts) + "\n", None)
        return
    timing = model.generator.timing
    rows = [{"prompt": p, "text": t} for p, t in zip(prompts, texts, strict=True)]
    facts = {
        "rows": rows,
        "prompt_s": timing.prompt_s,
        "decode_s": timing.decode_s,
        "new_tokens": timing.new_tokens,
    }
    deliver(json.dumps(facts, ensure_ascii=False) + "\n", None)
