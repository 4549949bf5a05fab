"""How a program of ours ends: 0 ok, 1 user error in one line, 2 a bug of ours, shown whole."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from rlxflow.errors import FlowError


def exit_code(action: Callable[[], int]) -> int:
    """Runs a program; returns what it returns, or the code of the error it ended with."""
    try:
        code = action()
        sys.stdout.flush()
        return code
    except FlowError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output went away, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
    except Exception:  # the last resort
        traceback.print_exc()
        print("error: internal: please report this traceback", file=sys.stderr)
        return 2
