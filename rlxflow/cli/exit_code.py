"""How a program of ours ends: 0 ok, 1 user error in one line, 2 a bug of ours, shown whole."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence

from rlxflow.cli.supervise import supervised
from rlxflow.errors import FlowError


def program(action: Callable[[], int], arguments: Sequence[str] | None, trouble: int = 1) -> int:
    """Returns the exit code of a program of ours.

    One that was started from a command line, so that nobody gave arguments, runs in a child
    process: an end by a signal is then an error, too. `trouble` is the code of errors of the user.
    """
    if arguments is None:
        return supervised(lambda: exit_code(action, trouble), trouble)
    return exit_code(action, trouble)


def exit_code(action: Callable[[], int], trouble: int = 1) -> int:
    """Runs a program; returns what it returns, or the code of the error it ended with.

    `trouble` is the code of errors of the user.
    """
    try:
        code = action()
        sys.stdout.flush()
        return code
    except FlowError as error:
        print(f"error: {error}", file=sys.stderr)
        return trouble
    except BrokenPipeError:  # the reader of our output went away, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError as error:
        print(f"error: memory: found too little of it ({error})", file=sys.stderr)
        return trouble
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return trouble
    except Exception:  # the last resort
        traceback.print_exc()
        print("error: internal: please report this traceback", file=sys.stderr)
        return 2
