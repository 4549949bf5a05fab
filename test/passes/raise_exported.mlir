// Property: every norm, rotation, attention, feed-forward and product of four layers is found in what an
// exporter of PyTorch wrote (test/passes/Inputs: transformers' Llama and BERT with their fused attention
// and GPT-2 with the eager one, random weights, lowered by torchax 0.0.13 with torch 2.13), although it
// folds batch and heads, transposes weights, multiplies by 1 and -1, and has no names.

// RUN: rlxflow-opt %S/Inputs/torch_llama.mlir --rlx-raise-stages --emit=summary | %filecheck --check-prefix=LLAMA
// RUN: rlxflow-opt %S/Inputs/torch_bert.mlir --rlx-raise-stages --emit=summary | %filecheck --check-prefix=BERT
// RUN: rlxflow-opt %S/Inputs/torch_gpt2.mlir --rlx-raise-stages --emit=summary | %filecheck --check-prefix=GPT
// RUN: rlxflow-opt %S/Inputs/torch_llama.mlir --rlx-raise-stages=report=- -o - 2>&1 | %filecheck --check-prefix=REPORT

// A layer of each, then the last stage; grouped heads come out as they went in.
//      LLAMA:rms_norm_0 rms_norm f32[2, 7, 24], f32[24] -> f32[2, 7, 24]
// LLAMA-NEXT:linear_0 linear f32[2, 7, 24], f32[48, 24] -> f32[2, 7, 48]
// LLAMA-NEXT:linear_1 linear f32[2, 7, 24], f32[16, 24] -> f32[2, 7, 16]
// LLAMA-NEXT:linear_2 linear f32[2, 7, 24], f32[16, 24] -> f32[2, 7, 16]
// LLAMA-NEXT:rope_0 rope f32[2, 6, 7, 8], f32[1, 1, 7, 8], f32[1, 1, 7, 8] -> f32[2, 6, 7, 8]
// LLAMA-NEXT:rope_1 rope f32[2, 2, 7, 8], f32[1, 1, 7, 8], f32[1, 1, 7, 8] -> f32[2, 2, 7, 8]
// LLAMA-NEXT:attention_0 attention f32[2, 6, 7, 8], f32[2, 2, 7, 8], f32[2, 2, 7, 8], f32[2, 6, 7, 7] -> f32[2, 6, 7, 8]
// LLAMA-NEXT:linear_3 linear f32[2, 7, 48], f32[24, 48] -> f32[2, 7, 24]
// LLAMA-NEXT:rms_norm_1 rms_norm f32[2, 7, 24], f32[24] -> f32[2, 7, 24]
// LLAMA-NEXT:mlp_0 mlp f32[2, 7, 24], f32[40, 24], f32[40, 24], f32[24, 40] -> f32[2, 7, 24]
// LLAMA-NEXT:mlp_0/linear linear f32[2, 7, 24], f32[40, 24] -> f32[2, 7, 40]
// LLAMA-NEXT:mlp_0/silu silu f32[2, 7, 40] -> f32[2, 7, 40]
// LLAMA-COUNT-3:attention_
// LLAMA:rms_norm_8 rms_norm

// REPORT: raised 57 stages
// REPORT-NEXT: rms_norm 9
// REPORT-NEXT: rope 8
// REPORT-NEXT: attention 4
// REPORT-NEXT: silu 4
// REPORT-NEXT: linear 28
// REPORT-NEXT: mlp 4
// REPORT-NOT: not raised
// REPORT: "rlx.stage"

//      BERT:layer_norm_0 layer_norm f32[2, 7, 18], f32[18], f32[18] -> f32[2, 7, 18]
// BERT-NEXT:linear_0 linear f32[2, 7, 18], f32[18, 18], f32[18] -> f32[2, 7, 18]
// BERT-NEXT:linear_1 linear
// BERT-NEXT:linear_2 linear
// BERT-NEXT:attention_0 attention f32[2, 3, 7, 6], f32[2, 3, 7, 6], f32[2, 3, 7, 6], f32[2, 3, 7, 7] -> f32[2, 3, 7, 6]
// BERT-NEXT:linear_3 linear f32[2, 7, 18], f32[18, 18], f32[18] -> f32[2, 7, 18]
// BERT-NEXT:layer_norm_1 layer_norm
// BERT-NEXT:mlp_0 mlp f32[2, 7, 18], f32[30, 18], f32[30], f32[18, 30], f32[18] -> f32[2, 7, 18]
// BERT-COUNT-3:attention_
// BERT:layer_norm_8 layer_norm

//      GPT:layer_norm_0 layer_norm f32[2, 7, 24], f32[24], f32[24] -> f32[2, 7, 24]
// GPT-NEXT:linear_0 linear f32[2, 7, 24], f32[24, 72], f32[72] -> f32[2, 7, 72]
// GPT-NEXT:attention_0 attention f32[2, 3, 7, 8]
// GPT-NEXT:linear_1 linear f32[2, 7, 24], f32[24, 24], f32[24] -> f32[2, 7, 24]
// GPT-NEXT:layer_norm_1 layer_norm
// GPT-NEXT:mlp_0 mlp f32[2, 7, 24], f32[24, 96], f32[96], f32[96, 24], f32[24] -> f32[2, 7, 24]
// GPT-NEXT:mlp_0/linear linear
// GPT-NEXT:mlp_0/gelu_tanh gelu_tanh
// GPT-COUNT-3:attention_
// GPT:layer_norm_8 layer_norm
