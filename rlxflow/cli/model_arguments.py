"""The arguments that say which module of a checkpoint is meant, shared by several commands."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rlxflow.cli.profile_argument import add_profile_argument, read_profile
from rlxflow.errors import InputError

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel


def size(text: str) -> int:
    """Returns the number in an argument if a tensor can have that many rows."""
    number = int(text) if text.isdecimal() and len(text) < 20 else 0
    if not 1 <= number < 2**31:
        raise argparse.ArgumentTypeError(f"expected 1 to {2**31 - 1}, found {text[:40]}")
    return number


def image_size(text: str) -> tuple[int, int]:
    """Returns height and width of an argument `HEIGHTxWIDTH`."""
    height, cross, width = text.partition("x")
    if not cross:
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH, found {text[:40]}")
    return size(height), size(width)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds phase, sizes, element type, modes, and whether weights are looked at."""
    parser.add_argument(
        "--phase", help="encode, prefill, decode, verify, match, image, text, denoise, ..."
    )
    parser.add_argument("--context", type=size, help="positions that the cache holds")
    parser.add_argument("--batch", type=size, default=1, help="rows (default 1)")
    parser.add_argument("--seq", type=size, help="tokens a row (default 128, or all there can be)")
    parser.add_argument("--text-seq", type=size, help="text tokens beside those of an image")
    parser.add_argument(
        "--image-size", type=image_size, metavar="HxW", help="pixels (default: the config's)"
    )
    parser.add_argument("--dtype", choices=("f32", "bf16", "f16"), help="of weights; as stored")
    parser.add_argument(
        "--mode",
        action="append",
        default=[],
        metavar="STAGES=MODE",
        help="fuse, fence or keep stages by path or block:<kind>; shows from stablehlo down",
    )
    add_profile_argument(parser)
    parser.add_argument("--hidden-states", action="store_true", help="output every layer's value")
    parser.add_argument("--no-weights", action="store_true", help="go by config.json alone")


def parse_modes(rules: list[str]) -> dict[str, str]:
    """Returns `{pattern: mode}` of `pattern=mode` arguments; raises InputError if one is not."""
    pairs = [rule.rpartition("=") for rule in rules]
    for rule, (pattern, _, mode) in zip(rules, pairs, strict=True):
        if not pattern or mode not in {"auto", "fuse", "fence", "keep", "kernel"}:
            raise InputError(
                "--mode", expected="STAGES=fuse|fence|keep|kernel|auto", found=f"`{rule}`"
            )
    return {pattern: mode for pattern, _, mode in pairs}


def build_model(arguments: argparse.Namespace, checkpoint: str) -> BuiltModel:
    """Returns the module that the arguments ask for, built; refuses modes that name no stage."""
    from rlxflow.runtime.model import load

    model = load(
        checkpoint,
        device=arguments.device,
        dtype=arguments.dtype,
        profile=read_profile(arguments),
        weights=None if arguments.no_weights else "auto",
    )
    if arguments.image_size and not model.checkpoint.recipe.image_phase:
        found = f"a `{model.checkpoint.raw.get('model_type')}` model"
        raise InputError("--image-size", expected="a model that takes images", found=found)
    opened = model.checkpoint
    usual = opened.recipe.usual_sizes(
        opened.config, opened.variant, arguments.phase or opened.recipe.phases[0]
    )
    if arguments.text_seq and "text_seq" not in usual:
        expected = "a model of two streams, image and text"
        found = f"a `{model.checkpoint.raw.get('model_type')}` model"
        raise InputError("--text-seq", expected=expected, found=found)
    flow = model.flow(
        arguments.phase,
        arguments.batch,
        arguments.seq,
        context=arguments.context,
        hidden_states=arguments.hidden_states,
        image_size=arguments.image_size,
        text_seq=arguments.text_seq,
    )
    if arguments.mode:
        flow = flow.with_modes(parse_modes(arguments.mode))
    built = model.build(flow)
    if arguments.kernels in ("auto", "required"):
        from rlxflow.kernels.built import bind_built

        built = bind_built(built, arguments.device)
    built.dispatch()
    return built
