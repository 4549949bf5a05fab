"""`rlxflow explain`: what a checkpoint's config and weights become."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from rlxflow.cli.output import deliver
from rlxflow.config.model_config import read_config
from rlxflow.errors import ConfigError

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel

EPILOG = """example:
  rlxflow explain path/to/checkpoint
  rlxflow explain path/to/checkpoint --json | python -m json.tool
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("checkpoint", metavar="DIR|FILE.gguf", help="a checkpoint")
    parser.add_argument("--no-weights", action="store_true", help="go by config.json alone")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Prints the account; a config that is not supported is an error after the account."""
    from pathlib import Path

    from rlxflow.config.gguf import open_gguf
    from rlxflow.recipes import family_of, find_recipe

    folder = Path(arguments.checkpoint)
    raw = open_gguf(folder)[0] if folder.suffix == ".gguf" else read_config(folder)
    recipe = find_recipe(raw, str(folder))
    facts: dict[str, Any] = {
        "model_type": family_of(raw),
        "config": recipe.config_class.account(raw),
    }
    if not facts["config"]["unsupported"]:
        facts |= _model_facts(arguments)
    deliver(json.dumps(facts, indent=2) + "\n" if arguments.json else _text(facts), None)
    if facts["config"]["unsupported"]:
        count = len(facts["config"]["unsupported"])
        raise ConfigError(f"{folder}/config.json", found=f"{count} key(s) that are not supported")


def _model_facts(arguments: argparse.Namespace) -> dict[str, Any]:
    from rlxflow.runtime.model import load

    model = load(arguments.checkpoint, weights=None if arguments.no_weights else "auto")
    built = model.build(model.flow())
    return {
        "variant": model.checkpoint.variant,
        "inputs": [str(port) for port in built.module.arguments() if port.kind == "input"],
        "outputs": [str(port) for port in built.module.results()],
        "weights": built.plan.describe().splitlines() if built.plan else _shapes(built),
        "stages": built.summary().splitlines(),
        "manifest": built.manifest().as_dict(),
        "operations": built.reflect().as_dict()["ops"],
    }


def _shapes(built: BuiltModel) -> list[str]:
    return [f"{param.name}  {param.info}" for param in built.params]


def _text(facts: dict[str, Any]) -> str:
    lines = [f"family {facts['model_type']}, variant {facts.get('variant', 'unknown')}"]
    sections = {f"config, {fate}": rows for fate, rows in facts["config"].items()}
    sections |= {k: facts[k] for k in ("inputs", "outputs", "weights", "stages") if k in facts}
    for title, rows in sections.items():
        lines += ["", f"{title}:", *(f"  {row}" for row in rows or ["none"])]
    return "\n".join(lines) + "\n"
