// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "embed.h"

#include <algorithm>

#include "pack.h"

namespace rlx {

void EmbedRow(const EmbedJob& job, const ConvertKernels& convert, int64_t index) noexcept {
  const int64_t id = std::clamp<int64_t>(job.ids[index], 0, job.out_dim - 1);
  const uint8_t* panel = job.table + id / kPanelRows * PanelBytes(job.format, job.in_dim);
  const int lane = static_cast<int>(id % kPanelRows);
  constexpr int64_t kChunk = 256;
  for (int64_t k = 0; k < job.in_dim; k += kChunk) {
    const int64_t count = std::min(kChunk, job.in_dim - k), at = index * job.in_dim + k;
    float values[kChunk];
    float* to = job.is_bf16 ? values : static_cast<float*>(job.rows) + at;
    UnpackRow(job.format, panel, lane, k, count, to);
    if (job.is_bf16) convert.to_bf16(values, count, static_cast<uint16_t*>(job.rows) + at);
  }
}

}  // namespace rlx
