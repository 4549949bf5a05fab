"""What a profile asks of XLA itself."""

from __future__ import annotations

from collections.abc import Mapping

from rlxflow.config.profile import CompileProfile

FUSION_PASSES: Mapping[str, str] = {
    "cpu": "fusion",
    "gpu": "fusion,priority-fusion,multi_output_fusion,horizontal_loop_fusion",
    "tpu": "fusion",
}
"""XLA's names of the passes that put operations of a program together."""


def xla_options(profile: CompileProfile, platform: str) -> dict[str, str]:
    """Returns compiler options for a profile that is resolved for the platform."""
    if not profile.skip_fusion:
        return {}
    return {"xla_disable_hlo_passes": FUSION_PASSES.get(platform, "fusion")}
