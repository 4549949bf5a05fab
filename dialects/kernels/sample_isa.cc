// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The best scores of one part of a row.

#include "attend_cells.h"
#include "lanes.h"
#include "products.h"
#include "sample_key.h"

namespace rlx::RLX_ISA {
namespace {

template <class Cell>
float At(const Cell* cells, int64_t i) noexcept {
  if constexpr (sizeof(Cell) == 4) return cells[i];
  return Bf16ToF32(static_cast<uint16_t>(cells[i]));
}

// Whether a score is not below a bound, or NaN.
RLX_INLINE bool AnyNotLess(F32 x, F32 bound) noexcept {
  return Any(Less(Zero(), Select(Less(x, bound), Zero(), Set(1.0f))));
}

template <class Cell>
Best BestOf(const Cell* cells, int64_t begin, int64_t end) noexcept {
  F32 best = Set(kLowest), nan = Zero();
  int64_t i = begin;
  for (; i + 16 <= end; i += 16) {
    const F32 x = LoadCells(cells + i);
    best = Max(x, best);
    nan = Select(Equal(x, x), nan, Set(1.0f));
  }
  float largest = MaxOf(best);
  bool any_nan = Any(Less(Zero(), nan));
  for (; i < end; ++i) {
    const float x = At(cells, i);
    largest = x > largest ? x : largest;
    any_nan |= x != x;
  }
  for (i = begin; i + 1 < end; ++i) {
    const float x = At(cells, i);
    if (any_nan ? x != x : x == largest) break;
  }
  return {At(cells, i), static_cast<int32_t>(i)};
}

// Makes keys[0, count) a heap again, the least on top, after its top has changed.
void SiftDown(uint64_t* keys, int64_t at, int64_t count) noexcept {
  for (int64_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && keys[child + 1] < keys[child]) ++child;
    if (keys[at] <= keys[child]) return;
    const uint64_t least = keys[child];
    keys[child] = keys[at];
    keys[at] = least;
  }
}

template <class Cell>
void LargestOf(const Cell* cells, int64_t begin, int64_t end, int64_t k, uint64_t* keys) noexcept {
  for (int64_t i = 0; i < k; ++i) keys[i] = KeyOf(At(cells, begin + i), begin + i);
  for (int64_t i = k / 2; i-- > 0;) SiftDown(keys, i, k);
  for (int64_t i = begin + k; i < end;) {
    if (i + 16 <= end && !AnyNotLess(LoadCells(cells + i), Set(ScoreOf(keys[0])))) {
      i += 16;
      continue;
    }
    for (const int64_t stop = Least(i + 16, end); i < stop; ++i) {
      const uint64_t key = KeyOf(At(cells, i), i);
      if (key < keys[0]) continue;
      keys[0] = key;
      SiftDown(keys, 0, k);
    }
  }
}

Best PartBest(const Scores& scores, int64_t row, int64_t part) noexcept {
  const int64_t begin = part * kPartScores, end = Least(begin + kPartScores, scores.count);
  if (scores.x == Element::kF32) {
    return BestOf(static_cast<const float*>(scores.data) + row * scores.count, begin, end);
  }
  return BestOf(static_cast<const Bf16*>(scores.data) + row * scores.count, begin, end);
}

void PartLargest(const Scores& scores, int64_t row, int64_t part, int64_t k,
                 uint64_t* keys) noexcept {
  const int64_t begin = part * kPartScores, end = Least(begin + kPartScores, scores.count);
  if (scores.x == Element::kF32) {
    const float* cells = static_cast<const float*>(scores.data) + row * scores.count;
    return LargestOf(cells, begin, end, k, keys);
  }
  LargestOf(static_cast<const Bf16*>(scores.data) + row * scores.count, begin, end, k, keys);
}

}  // namespace

extern const SampleKernels kSample;
const SampleKernels kSample = {PartBest, PartLargest};

}  // namespace rlx::RLX_ISA
