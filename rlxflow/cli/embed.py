"""`rlxflow embed`: texts and images to vectors."""

from __future__ import annotations

import argparse
import io
import json
import sys
from typing import TYPE_CHECKING

from rlxflow.cli.output import check_target, deliver
from rlxflow.cli.profile_argument import add_profile_argument, read_profile
from rlxflow.errors import FileError, InputError
from rlxflow.files import read_bytes

if TYPE_CHECKING:
    import numpy as np

    from rlxflow.runtime.model import Model

EPILOG = """examples:
  rlxflow embed path/to/checkpoint "A man eats bread." "Someone has a meal." "It rains."
  rlxflow embed path/to/checkpoint --file texts.txt --format npy -o vectors.npy
  rlxflow embed path/to/checkpoint --file - --format json < texts.txt
  rlxflow embed path/to/clip cat.png "a photo of a cat" "a photo of a dog"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("checkpoint", metavar="DIR", help="an encoder of texts, images or both")
    parser.add_argument(
        "texts", metavar="TEXT|IMAGE", nargs="*", help="image files by their ending"
    )
    parser.add_argument(
        "--file", metavar="FILE", help="one text or image a line; - for standard input"
    )
    parser.add_argument(
        "--format",
        choices=("table", "json", "npy"),
        default="table",
        help="table of cosine similarities (default), json, or npy (needs -o)",
    )
    parser.add_argument("--max-length", type=int, help="tokens a text is cut at")
    parser.add_argument("--batch-size", type=int, default=32, help="rows at once (default 32)")
    parser.add_argument("--dtype", choices=("f32", "bf16", "f16"), help="of weights; as stored")
    add_profile_argument(parser)
    parser.add_argument("--device", default="cpu", help="cpu (default), gpu, tpu")
    parser.add_argument("-o", "--output", metavar="FILE", help="standard output if not given")


def run(arguments: argparse.Namespace) -> None:
    """Embeds and writes."""
    texts = [*arguments.texts, *_lines(arguments.file)]
    if not texts:
        raise InputError("embed", expected="texts or images as arguments or --file", found="none")
    if arguments.format == "npy" and arguments.output in (None, "-"):
        raise InputError("--format npy", expected="-o FILE", found="none")
    check_target(arguments.output)
    vectors, kinds = _embed(arguments, texts)
    if arguments.format == "table":
        _print_table(texts, vectors, arguments.output)
    elif arguments.format == "json":
        rows = [
            {kind: text, "embedding": vector.tolist()}
            for kind, text, vector in zip(kinds, texts, vectors, strict=True)
        ]
        deliver(json.dumps(rows, ensure_ascii=False) + "\n", arguments.output)
    else:
        deliver(_npy(vectors), arguments.output)


def _embed(arguments: argparse.Namespace, texts: list[str]) -> tuple[np.ndarray, list[str]]:
    """Returns the vectors, and of each argument whether it is a `text` or an `image`."""
    import numpy as np
    from rich.console import Console
    from rich.progress import Progress

    from rlxflow.runtime.model import load

    profile = read_profile(arguments)
    model = load(
        arguments.checkpoint, device=arguments.device, dtype=arguments.dtype, profile=profile
    )
    kinds = [_kind(model, text) for text in texts]
    images = [i for i, kind in enumerate(kinds) if kind == "image"]
    words = [i for i, kind in enumerate(kinds) if kind == "text"]
    hidden = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=hidden) as progress:
        task = progress.add_task("embedding", total=len(texts))

        def advance(done: int) -> None:
            progress.advance(task, done)

        parts: list[np.ndarray] = []
        if images:
            files, rows = [texts[i] for i in images], arguments.batch_size
            parts.append(model.embed_images(files, batch_size=rows, progress=advance))
        if words:
            parts.append(
                model.embed(
                    [texts[i] for i in words],
                    max_length=arguments.max_length,
                    batch_size=arguments.batch_size,
                    progress=advance,
                )
            )
    vectors = np.empty((len(texts), parts[0].shape[1]), np.float32)
    vectors[[*images, *words]] = np.concatenate(parts)
    return vectors, kinds


def _kind(model: Model, text: str) -> str:
    """Returns whether an argument is an `image` or a `text`: by the model, else by its ending."""
    from rlxflow.runtime.images import SUFFIXES

    recipe = model.checkpoint.recipe
    if not recipe.image_phase or not recipe.text_phase:
        return "image" if recipe.image_phase else "text"
    return "image" if text.lower().endswith(SUFFIXES) else "text"


def _lines(file: str | None) -> list[str]:
    """Returns the lines of a file that are not blank."""
    if file is None:
        return []
    try:
        text = sys.stdin.read() if file == "-" else read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(file, expected="UTF-8 text", found=str(error)) from None
    return [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]


def _npy(vectors: np.ndarray) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, vectors)
    return stream.getvalue()


def _print_table(texts: list[str], vectors: np.ndarray, target: str | None) -> None:
    """Prints how alike the texts are: the cosine of each pair."""
    import numpy as np
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    table = Table(title="cosine similarity", show_lines=False)
    table.add_column("", justify="right")
    table.add_column("text or image", max_width=48)
    for i in range(len(texts)):
        table.add_column(str(i + 1), justify="right", no_wrap=True)
    for i, (text, row) in enumerate(zip(texts, unit @ unit.T, strict=True)):
        table.add_row(str(i + 1), escape(text), *(f"{value:.2f}" for value in row))
    stream = io.StringIO()
    width = None if sys.stdout.isatty() and target is None else 60 + 7 * len(texts)
    Console(file=stream, width=width, force_terminal=False).print(table)
    deliver(stream.getvalue(), target)
