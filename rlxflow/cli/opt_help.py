"""What `rlxflow-opt` says about passes: all of them shortly, or one in full."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator

from rlxflow.cli.opt_form import KINDS
from rlxflow.passes import PASSES, find
from rlxflow.passes.base import Pass, text_of
from rlxflow.passes.mlir_pass import KNOWN
from rlxflow.passes.parse import parse_pass

_EXAMPLES = """\
examples:
  rlxflow-opt model.mlir --rlx-outline-stages --cse
  rlxflow-opt model.mlir --rlx-lower-stage-modes='policy=skip modes=block:rms_norm=keep'
  rlxflow-opt model.mlir --pass-pipeline='builtin.module(rlx-inline-stages,func.func(cse))'
  rlxflow-opt model.mlir --rlx-lower-stage-modes --emit=hlo -o model.hlo
  rlxflow-opt model.mlir --rlx-outline-stages --emit=vhlo --target-version=1.0.0 -o model.vhlo
  rlxflow-opt invalid.mlir --split-input-file --verify-diagnostics
  cat model.mlir | rlxflow-opt --emit=summary

exit codes: 0 success, 1 an error in the input or the arguments, 2 a bug of this program
"""
_SHOWN = re.compile(r"^(?:Before|After):\n(?:[ \t]+.*\n|\n(?=[ \t]))+", re.MULTILINE)


def about_all(usage: str) -> str:
    """Returns the whole help: usage, forms, examples, each pass with its options and effect."""
    forms = "".join(f"  {kind:<10}{about}\n" for kind, about in KINDS.items())
    ours = "\n".join("".join(_short(find(name))) for name in PASSES)
    theirs = "".join(_line(name, about) for name, about in KNOWN.items())
    return (
        f"{usage}\nforms:\n{forms}\n{_EXAMPLES}\npasses of rlxflow:\n\n{ours}\n"
        f"passes of MLIR and StableHLO (every other one that jaxlib has works, too):\n{theirs}"
    )


def about_pass(name: str) -> str:
    """Returns all about one pass; raises PassError if there is none of this name."""
    if name in KNOWN:
        return f"--{name}\n    {KNOWN[name]}\n"
    parse_pass(name)  # a pass of jaxlib that we do not list is left to MLIR's own pages
    if name not in PASSES:
        return f"--{name}\n    a pass of jaxlib; see the pages of MLIR, StableHLO or Shardy\n"
    cls = find(name)
    return "".join([f"--{name}\n", *_options(cls), "\n", _docstring(cls).strip(), "\n"])


def list_passes() -> str:
    """Returns one line a pass."""
    ours = {name: _summary(find(name)) for name in PASSES}
    return "".join(_line(name, about) for name, about in (ours | KNOWN).items())


def before_and_after(cls: type[Pass]) -> str:
    """Returns the parts of a pass's description that show its effect."""
    return "".join(found[0].rstrip() + "\n" for found in _SHOWN.finditer(_docstring(cls)))


def _line(name: str, about: str) -> str:
    return f"  --{name:<40} {about}\n"


def _short(cls: type[Pass]) -> Iterator[str]:
    yield f"  --{cls.name}\n      {_summary(cls)}\n"
    yield from (f"  {line}" for line in _options(cls))
    yield from (f"      {line}\n".rstrip(" ") for line in before_and_after(cls).splitlines())


def _options(cls: type[Pass]) -> Iterator[str]:
    for field in dataclasses.fields(cls):
        choices = " | ".join(field.metadata["choices"])
        about = field.metadata["about"] + (f": {choices}" if choices else "")
        yield f"    {field.name}={text_of(field.default)}\n        {about}\n"


def _summary(cls: type[Pass]) -> str:
    return (cls.__doc__ or "").splitlines()[0]


def _docstring(cls: type[Pass]) -> str:
    return (sys.modules[cls.__module__].__doc__ or "") + "\n"
