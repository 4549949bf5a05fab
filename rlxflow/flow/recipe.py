"""What a recipe is to a flow: anything that assembles one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from rlxflow.errors import FlowStructureError

if TYPE_CHECKING:
    from rlxflow.flow.model_flow import ModelFlow


@runtime_checkable
class ModelRecipe(Protocol):
    """Makes a flow, unbuilt, so that it can still be changed: `DecoderFlow` is one."""

    def assemble(self) -> ModelFlow: ...


def recipe_name(recipe: ModelRecipe | Callable[[], ModelFlow]) -> str:
    """Returns the recipe's own name, or `closure_recipe` for a function."""
    if not isinstance(recipe, ModelRecipe):
        return "closure_recipe"
    name = cast("object", getattr(recipe, "name", None))
    return name if isinstance(name, str) else type(recipe).__name__


def assemble(recipe: ModelRecipe | Callable[[], ModelFlow]) -> ModelFlow:
    """Returns the flow of a recipe, or of a function without arguments."""
    from rlxflow.flow.model_flow import ModelFlow

    made = cast("object", recipe.assemble() if isinstance(recipe, ModelRecipe) else recipe())
    if not isinstance(made, ModelFlow):
        raise FlowStructureError(
            f"recipe `{recipe_name(recipe)}`", expected="a ModelFlow", found=type(made).__name__
        )
    return made
