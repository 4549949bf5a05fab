"""Renders a chat template, as a program of its own: nothing of rlxflow is imported here.

Templates come with downloaded checkpoints. jinja2's sandbox keeps them from Python's insides, but
not from running for ever or from filling the memory, so this process has limits that the system
enforces: processor time, memory, and no file that it could still open or write.

It reads one JSON object from standard input (`path`: where to import from; `limits`; `template`;
`special`; `conversations`) and writes one to standard output: `texts`, or `kind` and `found`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any


def set_limits(**limits: int) -> None:
    """Limits this process; systems without such limits (Windows) leave it to who started it."""
    try:
        import resource
    except ImportError:
        return
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
        except (ValueError, OSError):  # macOS has no limit of the address space
            continue


class Refused(Exception):
    """The template called `raise_exception`."""


def new_environment() -> Any:
    """Returns a sandbox with what transformers gives to chat templates."""
    from jinja2 import nodes
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` marks what an assistant said; it is of use in training only."""

        tags = {"generation"}  # noqa: RUF012 - jinja2's own form

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    def tojson(
        value: Any,
        ensure_ascii: bool = False,
        indent: int | None = None,
        separators: tuple[str, str] | None = None,
        sort_keys: bool = False,
    ) -> str:
        return json.dumps(
            value,
            ensure_ascii=ensure_ascii,
            indent=indent,
            separators=separators,
            sort_keys=sort_keys,
        )

    def refuse(message: object) -> None:
        raise Refused(str(message))

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment


def render(task: dict[str, Any]) -> dict[str, Any]:
    """Returns the answer to a task; what the template does wrong is part of it."""
    from jinja2 import constants, debug
    from jinja2.exceptions import SecurityError

    del constants, debug  # jinja2 itself imports them late, when no file can be opened any more
    environment, limits = new_environment(), task["limits"]
    set_limits(CPU=limits["seconds"], AS=limits["megabytes"] << 20)
    try:
        template = environment.from_string(task["template"])
        set_limits(FSIZE=0, NOFILE=0)
        return {"texts": [_text(template, task, messages) for messages in task["conversations"]]}
    except Refused as refusal:
        return {"kind": "refused", "found": str(refusal)}
    except SecurityError as error:
        return {"kind": "sandbox", "found": str(error)}
    except Exception as error:  # whatever a template can make Python raise
        return {"kind": "run", "found": f"{type(error).__name__}: {error}".rstrip(": ")}


def _text(template: Any, task: dict[str, Any], messages: Sequence[Any]) -> str:
    most, pieces, written = task["limits"]["characters"], [], 0
    values = {"messages": messages, "tools": None, "documents": None, "add_generation_prompt": True}
    for piece in template.generate(**values | task["special"]):
        written += len(piece)
        if written > most:
            raise OverflowError(f"more than {most} characters")
        pieces.append(piece)
    return "".join(pieces)


def main() -> None:
    task = json.loads(sys.stdin.read())
    sys.path[:] = task["path"]
    sys.stdout.write(json.dumps(render(task)))


if __name__ == "__main__":
    main()
