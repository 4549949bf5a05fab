"""Chat templates: jinja2 in a sandbox, bounded in output and without access to Python."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rlxflow.errors import InputError

LONGEST = 1_000_000
"""Characters that a template may write, and steps that its loops may take."""


class _Refused(Exception):
    """A template called `raise_exception`."""


def _raise(message: str) -> str:
    raise _Refused(message)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Adds a limit to `range`; the output is limited while it is written."""

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        self.globals["raise_exception"] = _raise
        self.globals["strftime_now"] = datetime.now().strftime


def render_chat(
    template: str, messages: Sequence[dict[str, str]], special: dict[str, str], where: str = "chat"
) -> str:
    """Returns the prompt that a template makes of messages, ready for the answer.

    Args:
        template: jinja2 text of the checkpoint.
        messages: `{"role": ..., "content": ...}` each.
        special: `bos_token`, `eos_token` and others the template may name.
        where: For messages.

    Raises:
        InputError: the template is malformed, reaches outside its sandbox, refuses the messages,
            or does not come to an end.
    """
    values: dict[str, Any] = {"messages": list(messages), "add_generation_prompt": True, **special}
    try:
        pieces = _Sandbox().from_string(template).generate(**values)
        return "".join(_limited(pieces, where))
    except _Refused as refusal:
        raise InputError(
            where, expected="messages the template takes", found=str(refusal)
        ) from None
    except jinja2.TemplateError as error:
        found = f"{type(error).__name__}: {error}"
        raise InputError(
            where, expected="a template that stays in its sandbox", found=found
        ) from None
    except (TypeError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise InputError(where, expected="a template that can run", found=str(error)) from None


def _limited(pieces: Iterable[str], where: str) -> Iterable[str]:
    written = 0
    for count in itertools.count():
        piece = next(pieces, None)  # pyright: ignore[reportCallIssue, reportArgumentType]
        if piece is None:
            return
        written += len(piece) + 1
        if written > LONGEST or count > LONGEST:
            raise InputError(where, expected=f"at most {LONGEST} characters", found="more")
        yield piece
