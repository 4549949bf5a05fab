"""Recipes: one file a family. A recipe is found by the `model_type` of a config.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rlxflow.errors import ConfigError, did_you_mean
from rlxflow.lazy import load_attribute

if TYPE_CHECKING:
    from rlxflow.recipes.base import Recipe

RECIPES = {
    "Flux2Transformer2DModel": "rlxflow.recipes.flux:Flux2Recipe",
    "FluxTransformer2DModel": "rlxflow.recipes.flux:FluxRecipe",
    "bert": "rlxflow.recipes.bert:BertRecipe",
    "clip": "rlxflow.recipes.clip:ClipRecipe",
    "clip_text_model": "rlxflow.recipes.text_tower:ClipTextRecipe",
    "clip_vision_model": "rlxflow.recipes.image_tower:ClipVisionRecipe",
    "dinov2": "rlxflow.recipes.dinov2:Dinov2Recipe",
    "dinov2_with_registers": "rlxflow.recipes.dinov2:Dinov2WithRegistersRecipe",
    "dinov3_vit": "rlxflow.recipes.dinov3:Dinov3Recipe",
    "distilbert": "rlxflow.recipes.distilbert:DistilBertRecipe",
    "gemma": "rlxflow.recipes.gemma:GemmaRecipe",
    "gemma2": "rlxflow.recipes.gemma:Gemma2Recipe",
    "gemma3": "rlxflow.recipes.gemma_wrapped:Gemma3WholeRecipe",
    "gemma3_text": "rlxflow.recipes.gemma:Gemma3Recipe",
    "gemma4": "rlxflow.recipes.gemma_wrapped:Gemma4WholeRecipe",
    "gemma4_text": "rlxflow.recipes.gemma4:Gemma4Recipe",
    "gpt2": "rlxflow.recipes.gpt2:Gpt2Recipe",
    "granite": "rlxflow.recipes.granite:GraniteRecipe",
    "llama": "rlxflow.recipes.llama:LlamaRecipe",
    "mistral": "rlxflow.recipes.mistral:MistralRecipe",
    "mixtral": "rlxflow.recipes.mixtral:MixtralRecipe",
    "modernbert": "rlxflow.recipes.modernbert:ModernBertRecipe",
    "mpnet": "rlxflow.recipes.mpnet:MPNetRecipe",
    "nomic_bert": "rlxflow.recipes.nomic_bert:NomicBertRecipe",
    "olmo2": "rlxflow.recipes.olmo2:Olmo2Recipe",
    "phi3": "rlxflow.recipes.phi3:Phi3Recipe",
    "qwen2": "rlxflow.recipes.qwen:Qwen2Recipe",
    "qwen2_moe": "rlxflow.recipes.qwen2_moe:Qwen2MoeRecipe",
    "qwen3": "rlxflow.recipes.qwen:Qwen3Recipe",
    "qwen3_5_text": "rlxflow.recipes.qwen3_next:Qwen35Recipe",
    "qwen3_moe": "rlxflow.recipes.qwen3_moe:Qwen3MoeRecipe",
    "qwen3_next": "rlxflow.recipes.qwen3_next:Qwen3NextRecipe",
    "roberta": "rlxflow.recipes.roberta:RobertaRecipe",
    "siglip": "rlxflow.recipes.siglip:SiglipRecipe",
    "siglip2": "rlxflow.recipes.siglip:Siglip2Recipe",
    "siglip2_text_model": "rlxflow.recipes.text_tower:SiglipTextRecipe",
    "siglip2_vision_model": "rlxflow.recipes.image_tower:Siglip2VisionRecipe",
    "siglip_text_model": "rlxflow.recipes.text_tower:SiglipTextRecipe",
    "siglip_vision_model": "rlxflow.recipes.image_tower:SiglipVisionRecipe",
    "smollm3": "rlxflow.recipes.smollm3:SmolLm3Recipe",
    "t5": "rlxflow.recipes.t5:T5EncoderRecipe",
    "vit": "rlxflow.recipes.vit:VitRecipe",
    "whisper": "rlxflow.recipes.whisper:WhisperRecipe",
    "xlm-roberta": "rlxflow.recipes.roberta:XlmRobertaRecipe",
}


def family_of(raw: dict[str, Any]) -> str:
    """Returns what a config calls its family: `model_type`, or diffusers' `_class_name`."""
    return str(raw.get("model_type") or raw.get("_class_name") or "")


def find_recipe(raw: dict[str, Any], where: str) -> Recipe:
    """Returns the recipe of a config; raises ConfigError for a family that has none."""
    family = family_of(raw)
    if family in RECIPES:
        return cast("Recipe", load_attribute(RECIPES[family])())
    raise ConfigError(
        f"{where}: model_type",
        expected=f"one of {', '.join(RECIPES)}",
        found=f"`{family}`" if family else "none",
        cure=did_you_mean(family, RECIPES) or "this family has no recipe yet",
    )
