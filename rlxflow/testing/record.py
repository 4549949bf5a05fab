"""Stands in for FileCheck in a RUN line: stores what it is given to check, and its flags.

It is run as a file, not as a module, so that it starts in no time.
"""

import json
import sys
from pathlib import Path


def main() -> int:
    """Stores one call in a new file of the folder that is the first argument."""
    folder, flags = Path(sys.argv[1]), sys.argv[2:]
    given = ""
    for i in range(len(flags)):
        name, _, value = flags[i].partition("=")
        if name.lstrip("-") == "input-file" and name.startswith("-"):
            given = value or flags[i + 1]
    data = Path(given).read_bytes() if given else sys.stdin.buffer.read()
    number = len(list(folder.iterdir()))
    record = {"flags": flags, "text": data.decode(errors="replace")}
    (folder / f"{number:04}").write_text(json.dumps(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
