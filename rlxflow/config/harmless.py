"""Keys of a config.json that cannot change a result, and why. A family may add its own."""

from __future__ import annotations

from collections.abc import Mapping

HARMLESS: Mapping[str, str] = {
    "_class_name": "read to choose the recipe",
    "_diffusers_version": "a note",
    "_attn_implementation_autoset": "another runtime",
    "_name_or_path": "where the checkpoint came from",
    "_num_labels": "heads that are not built",
    "architectures": "read to choose the variant",
    "attention_probs_dropout_prob": "training only",
    "attn_implementation": "another runtime",
    "auto_map": "remote code is never run",
    "bos_token_id": "tokenizer",
    "chunk_size_feed_forward": "same numbers in smaller steps",
    "classifier_dropout": "training only",
    "cls_token_id": "tokenizer",
    "directionality": "a note of the first BERT files",
    "dtype": "the file says it",
    "eos_token_id": "tokenizer",
    "finetuning_task": "a note",
    "gradient_checkpointing": "training only",
    "hidden_dropout_prob": "training only",
    "id2label": "heads that are not built",
    "initializer_factor": "training only",
    "initializer_range": "training only",
    "label2id": "heads that are not built",
    "language": "a note",
    "mask_token_id": "tokenizer",
    "model_type": "read to choose the recipe",
    "name": "a note",
    "num_labels": "heads that are not built",
    "output_attentions": "asked for at the call",
    "output_hidden_states": "asked for at the call",
    "output_past": "another runtime",
    "pad_token_id": "tokenizer",
    "pooler_fc_size": "a note of the first BERT files",
    "pooler_num_attention_heads": "a note of the first BERT files",
    "pooler_num_fc_layers": "a note of the first BERT files",
    "pooler_size_per_head": "a note of the first BERT files",
    "pooler_type": "a note of the first BERT files",
    "problem_type": "heads that are not built",
    "return_dict": "outputs are always named",
    "sep_token_id": "tokenizer",
    "task_specific_params": "generation settings of another runtime",
    "tokenizer_class": "tokenizer",
    "torch_dtype": "the file says it",
    "torchscript": "another runtime",
    "transformers.js_config": "another runtime",
    "transformers_version": "a note",
    "unk_token_id": "tokenizer",
    "unsloth_fixed": "a note",
    "unsloth_version": "a note",
    "use_bfloat16": "another runtime",
    "use_cache": "the phase says whether there is a cache",
}
"""Keys of any family that cannot change a result, with the reason."""

AT_REST: Mapping[str, object] = {
    "cross_attention_hidden_size": None,
    "is_encoder_decoder": False,
    "rope_interleaved": False,
    "tie_encoder_decoder": False,
    "use_mrope": False,
}
"""Keys of any family that change nothing at this one value, which transformers writes for all."""
