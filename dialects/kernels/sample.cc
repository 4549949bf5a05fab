// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Shares the search for the best scores among threads, and puts the parts together.

#include "sample.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"
#include "sample_key.h"

namespace rlx {

int64_t ArgmaxWorkspace(int64_t rows, int64_t count) noexcept {
  return rows * CountParts(count) * static_cast<int64_t>(sizeof(Best));
}

int64_t TopKWorkspace(int64_t rows, int64_t count, int64_t k) noexcept {
  return rows * CountParts(count) * Least(k, kPartScores) * static_cast<int64_t>(sizeof(uint64_t));
}

void Argmax(const Scores& scores, int32_t* indices, void* workspace, const SampleKernels& kernels,
            const Parallel& parallel) {
  const int64_t parts = CountParts(scores.count);
  Best* const all = static_cast<Best*>(workspace);
  parallel.For(scores.rows * parts,
               [&](int64_t i) { all[i] = kernels.best(scores, i / parts, i % parts); });
  for (int64_t row = 0; row < scores.rows; ++row) {
    Best best = all[row * parts];
    for (int64_t part = 1; part < parts && best.value == best.value; ++part) {
      const Best& next = all[row * parts + part];
      if (next.value > best.value || next.value != next.value) best = next;
    }
    indices[row] = best.index;
  }
}

void TopK(const Scores& scores, int64_t k, void* values, int32_t* indices, void* workspace,
          const SampleKernels& kernels, const Parallel& parallel) {
  const int64_t parts = CountParts(scores.count), room = Least(k, kPartScores);
  uint64_t* const all = static_cast<uint64_t*>(workspace);
  parallel.For(scores.rows * parts, [&](int64_t i) {
    const int64_t kept = KeptOf(scores.count, i % parts, k);
    kernels.largest(scores, i / parts, i % parts, kept, all + i * room);
  });
  const size_t width = BytesOf(scores.x);
  for (int64_t row = 0; row < scores.rows; ++row) {
    uint64_t* const keys = all + row * parts * room;
    // Only the last part may have fewer than the room for it.
    const int64_t found = (parts - 1) * room + KeptOf(scores.count, parts - 1, k);
    std::partial_sort(keys, keys + k, keys + found, [](uint64_t a, uint64_t b) { return a > b; });
    const char* from = static_cast<const char*>(scores.data) + row * scores.count * width;
    char* to = static_cast<char*>(values) + row * k * width;
    for (int64_t i = 0; i < k; ++i) {
      indices[row * k + i] = static_cast<int32_t>(IndexOf(keys[i]));
      std::memcpy(to + i * width, from + IndexOf(keys[i]) * width, width);
    }
  }
}

}  // namespace rlx
