"""How a flow is compiled: the fusion policy, and modes for single stages."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Mode = Literal["auto", "fuse", "fence", "kernel", "keep"]


class CompileProfile(BaseModel):
    """Options that decide how stages become what XLA compiles.

    Attributes:
        name: For reports.
        policy: What a stage of mode `auto` becomes. `direct`: a kernel where one is registered,
            else fused; `fusable`: fused; `skip`: fenced, so that XLA fuses only inside it.
        modes: Stage path or `block:<kind>` (globs) -> mode; the last rule that fits wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    policy: Literal["direct", "fusable", "skip"] = "direct"
    modes: dict[str, Mode] = {}
