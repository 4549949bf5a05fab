"""Compiled steps on disk, so that the second start of a program compiles nothing.

A file is an archive as `stored` writes it, without a module: `manifest.json` and `step.bin`, which
is JAX's own form of a compiled function. Its name is the key of all that the step depends on, so
what is there is right; what is damaged, or cannot be read, counts as not there and is written anew.
Files appear whole, so any number of processes may share a folder.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from jax.experimental import serialize_executable
from jax.stages import Compiled

from rlxflow.config.cache_folder import FORMAT, MANIFEST, SUFFIX, make_folder, mark_used, trim
from rlxflow.errors import FileError
from rlxflow.files import write_atomically
from rlxflow.runtime.devices import Device
from rlxflow.runtime.program_key import fingerprint

LOG = logging.getLogger("rlxflow.cache")
CODE = "step.bin"


@dataclass(frozen=True, slots=True)
class StepStore:
    """The steps in a folder; what is there is run, so only its owner may write to it."""

    folder: Path

    def load(self, key: str, device: Device, arguments: Any, results: Any) -> Compiled | None:
        """Returns a step; None if it is not there, or damaged.

        Args:
            key: Of all that it depends on.
            device: Where it runs.
            arguments: A tree like the one it takes, positions and keywords.
            results: A tree like the one it gives.
        """
        path = self._path(key)
        try:
            with zipfile.ZipFile(path) as archive:
                code = archive.read(CODE)
            ins, outs = jax.tree.structure(arguments), jax.tree.structure(results)
            made = serialize_executable.deserialize_and_load(
                code, ins, outs, device.client, (device,)
            )
        except FileNotFoundError:
            return None
        except Exception as error:  # a damaged file can be wrong in any way
            LOG.info("%s: %s; compiled again", path, f"{error}".partition("\n")[0])
            return None
        mark_used(path)
        return made

    def save(self, key: str, name: str, device: Device, program: Compiled) -> None:
        """Writes a step; where that cannot be, it is compiled again the next time."""
        facts = {"format": FORMAT, "name": name, "key": key, "fingerprint": fingerprint(device)}
        stream = io.BytesIO()
        try:
            code, _, _ = serialize_executable.serialize(program)
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(MANIFEST, json.dumps(facts, indent=2))
                archive.writestr(CODE, code)
            make_folder(self.folder)
            write_atomically(self._path(key), stream.getvalue())
        except (OSError, FileError, ValueError, NotImplementedError) as error:
            LOG.info("%s: not kept: %s", self.folder, f"{error}".partition("\n")[0])
            return
        trim(self.folder)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"
