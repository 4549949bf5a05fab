// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The best of many scores, such as those of a vocabulary.

#ifndef RLX_KERNELS_SAMPLE_H_
#define RLX_KERNELS_SAMPLE_H_

#include <cstdint>

#include "element.h"

namespace rlx {

struct Parallel;
struct SampleKernels;

// Rows of scores; a row is shared among threads in parts of kPartScores.
struct Scores {
  Element x;         // f32 or bf16
  const void* data;  // [rows, count]
  int64_t rows, count;
};
inline constexpr int64_t kPartScores = 65536;  // few parts: each keeps the k best of its own

// What argmax keeps of a part.
struct Best {
  float value;  // NaN if there is one
  int32_t index;
};

// Bytes of workspace.
int64_t ArgmaxWorkspace(int64_t rows, int64_t count) noexcept;
int64_t TopKWorkspace(int64_t rows, int64_t count, int64_t k) noexcept;

// indices[row]: where the largest score stands; the first of equals, 0 and -0 among them. NaN is
// larger than all.
void Argmax(const Scores& scores, int32_t* indices, void* workspace, const SampleKernels& kernels,
            const Parallel& parallel);

// The k largest scores of each row, largest first, and where they stand; the first of equals comes
// first. The order is that of the bits: -NaN, -infinity .. -0, 0 .. infinity, NaN.
//
// Preconditions: 1 <= k <= count < 2^31; values [rows, k] are of the type of the scores.
void TopK(const Scores& scores, int64_t k, void* values, int32_t* indices, void* workspace,
          const SampleKernels& kernels, const Parallel& parallel);

// What one instruction set has.
struct SampleKernels {
  Best (*best)(const Scores& scores, int64_t row, int64_t part) noexcept;
  // Puts the k largest keys (sample_key.h) of a part into keys[0, k), in no order.
  void (*largest)(const Scores& scores, int64_t row, int64_t part, int64_t k,
                  uint64_t* keys) noexcept;
};

}  // namespace rlx

#endif  // RLX_KERNELS_SAMPLE_H_
