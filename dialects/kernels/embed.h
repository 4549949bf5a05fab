// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Rows of a packed table: the embedding of tokens, from the same bytes that the head multiplies.

#ifndef RLX_KERNELS_EMBED_H_
#define RLX_KERNELS_EMBED_H_

#include <cstdint>

#include "convert.h"
#include "formats.h"

namespace rlx {

struct EmbedJob {
  Format format;
  const uint8_t* table;  // panels of [out_dim, in_dim]
  int64_t out_dim, in_dim;
  const int32_t* ids;
  void* rows;  // f32 or bf16 [count, in_dim]
  bool is_bf16;
};

// Writes row `index` of the result. An id outside of the table counts as the nearest inside, as a
// StableHLO gather has it.
void EmbedRow(const EmbedJob& job, const ConvertKernels& convert, int64_t index) noexcept;

}  // namespace rlx

#endif  // RLX_KERNELS_EMBED_H_
