"""Chat templates: jinja2 in a sandbox, in a process that has limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlxflow.errors import InputError

LIMITS = {"seconds": 2, "megabytes": 512, "characters": 1_000_000}
"""Processor time and memory that a template may use, and how much it may write."""

LONGEST_WAIT_S = 30.0
"""On the wall clock, for systems that do not limit processor time and for busy ones."""

SANDBOX = Path(__file__).with_name("chat_sandbox.py")
_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")  # of the environment; the rest is not shown

Message = Mapping[str, Any]


def render_chat(
    template: str, messages: Sequence[Message], special: Mapping[str, str], where: str = "chat"
) -> str:
    """Returns the prompt that a template makes of messages, ready for the answer.

    Args:
        template: jinja2 text of the checkpoint.
        messages: `{"role": ..., "content": ...}` each.
        special: `bos_token`, `eos_token` and others the template may name.
        where: For error messages.

    Raises:
        InputError: the template is malformed, reaches outside its sandbox, refuses the messages,
            or does not come to an end within its limits.
    """
    return render_chats(template, [messages], special, where)[0]


def render_chats(
    template: str,
    conversations: Sequence[Sequence[Message]],
    special: Mapping[str, str],
    where: str = "chat",
) -> list[str]:
    """Returns the prompts of several conversations; see `render_chat`."""
    task = {
        "path": sys.path,
        "limits": LIMITS,
        "template": template,
        "special": dict(special),
        "conversations": [[dict(message) for message in messages] for messages in conversations],
    }
    answer = _run(json.dumps(task), where)
    if "texts" in answer:
        return answer["texts"]
    expected = {
        "refused": "messages that the template takes",
        "sandbox": "a template that stays in its sandbox",
        "run": "a template that can run",
    }[answer["kind"]]
    raise InputError(where, expected=expected, found=_short(answer["found"]))


def _run(task: str, where: str) -> dict[str, Any]:
    if not sys.executable:
        cure = "pass chat=False, with the prompt as the model wants it"
        raise InputError(
            where, expected="a Python program to run templates", found="none", cure=cure
        )
    ending = f"a template that ends within {LIMITS['seconds']} s and {LIMITS['megabytes']} MB"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SANDBOX)],
            input=task,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            capture_output=True,
            encoding="utf-8",
            timeout=LONGEST_WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(where, expected=ending, found="one that goes on") from None
    if done.returncode < 0:  # ended by the system
        raise InputError(where, expected=ending, found="one that goes on or needs more")
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise InputError(where, expected="a template that can run", found=_short(*last))
    return json.loads(done.stdout)


def _short(text: str = "nothing") -> str:
    return text if len(text) <= 300 else f"{text[:300]}..."
