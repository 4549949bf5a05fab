"""Recipes: one file a family. A recipe is found by the `model_type` of a config.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rlxflow.errors import ConfigError, did_you_mean
from rlxflow.lazy import load_attribute

if TYPE_CHECKING:
    from rlxflow.recipes.base import Recipe

RECIPES = {
    "bert": "rlxflow.recipes.bert:BertRecipe",
}


def find_recipe(raw: dict[str, Any], where: str) -> Recipe:
    """Returns the recipe of a config; raises ConfigError for a family that has none."""
    family = raw.get("model_type")
    if family in RECIPES:
        return cast("Recipe", load_attribute(RECIPES[str(family)])())
    raise ConfigError(
        f"{where}: model_type",
        expected=f"one of {', '.join(RECIPES)}",
        found=f"`{family}`" if family else "none",
        cure=did_you_mean(str(family), RECIPES) or "this family has no recipe yet",
    )
