"""Rules that give stages a mode: `layers.*/attention=fence`, `block:rms_norm=keep`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rlxflow.errors import PassError, did_you_mean, nearest
from rlxflow.ir.region import MODES, StageRegion, matches


class Rule(NamedTuple):
    """A pattern for stages (see `ir.region.matches`) and the mode of those it names."""

    pattern: str
    mode: str

    def __str__(self) -> str:
        return f"{self.pattern}={self.mode}"


def parse_rules(texts: Sequence[str], found: Sequence[StageRegion] = ()) -> list[Rule]:
    """Returns the rules of texts such as `layers.*=fence`.

    Raises PassError for a text that is no rule and, if there are stages at all, for a pattern that
    names none of them.
    """
    rules = [_parse(text) for text in texts]
    for rule in rules:
        if found and not any(matches(rule.pattern, stage) for stage in found):
            raise _no_match(rule, found)
    return rules


def winning_rule(rules: Sequence[Rule], stage: StageRegion) -> Rule | None:
    """Returns the last rule that names the stage."""
    return next((rule for rule in reversed(rules) if matches(rule.pattern, stage)), None)


def mode_under(rules: Sequence[Rule], stage: StageRegion) -> str:
    """Returns the mode of a stage: that of the last rule that names it, else its own."""
    rule = winning_rule(rules, stage)
    return rule.mode if rule else stage.mode


def _parse(text: str) -> Rule:
    pattern, _, mode = text.rpartition("=")
    if not pattern:
        raise PassError("option `modes`", expected="pattern=mode", found=f"`{text}`")
    if mode not in MODES:
        raise PassError(
            f"rule `{text}`",
            expected=f"a mode out of {', '.join(MODES)}",
            found=f"`{mode}`",
            cure=did_you_mean(mode, MODES),
        )
    return Rule(pattern, mode)


def _no_match(rule: Rule, found: Sequence[StageRegion]) -> PassError:
    names = [f"block:{stage.block}" for stage in found] + [stage.path for stage in found]
    known = list(dict.fromkeys(names if rule.pattern.startswith("block:") else names[::-1]))
    near = nearest(rule.pattern, known) or known[:3]
    return PassError(
        f"rule `{rule}`",
        expected="a pattern that names a stage",
        found="none that it names",
        cure=f"stages are, for example, {', '.join(f'`{name}`' for name in near)}",
    )
