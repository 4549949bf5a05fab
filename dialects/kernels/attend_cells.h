// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Queries and results of attention, which are f32 or bf16, as f32.

#ifndef RLX_KERNELS_ATTEND_CELLS_H_
#define RLX_KERNELS_ATTEND_CELLS_H_

#include "attend.h"
#include "halves.h"
#include "lanes.h"

namespace rlx::RLX_ISA {

RLX_INLINE float ReadCell(Element element, const void* data, int64_t at) noexcept {
  if (element == Element::kF32) return static_cast<const float*>(data)[at];
  return Bf16ToF32(static_cast<const uint16_t*>(data)[at]);
}

// to[i] = data[at + i] for i < count.
RLX_INLINE void ReadCells(Element element, const void* data, int64_t at, int64_t count,
                          float* to) noexcept {
  int64_t i = 0;
  if (element == Element::kF32) {
    const float* from = static_cast<const float*>(data) + at;
    for (; i + 16 <= count; i += 16) Store(to + i, Load(from + i));
  } else {
    const uint16_t* from = static_cast<const uint16_t*>(data) + at;
    for (; i + 16 <= count; i += 16) Store(to + i, LoadBf16(from + i));
  }
  for (; i < count; ++i) to[i] = ReadCell(element, data, at + i);
}

RLX_INLINE void WriteCell(Element element, void* data, int64_t at, float value) noexcept {
  if (element == Element::kF32) {
    static_cast<float*>(data)[at] = value;
  } else {
    static_cast<uint16_t*>(data)[at] = F32ToBf16(value);
  }
}

// data[at + i] = from[i] / by for i < count.
RLX_INLINE void WriteQuotients(Element element, void* data, int64_t at, int64_t count,
                               const float* from, float by) noexcept {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const F32 quotients = Load(from + i) / Set(by);
    if (element == Element::kF32) {
      Store(static_cast<float*>(data) + at + i, quotients);
    } else {
      StoreBf16(static_cast<uint16_t*>(data) + at + i, quotients);
    }
  }
  for (; i < count; ++i) WriteCell(element, data, at + i, from[i] / by);
}

// The part of attention that comes before any mask.
RLX_INLINE F32 Capped(F32 score, float softcap) noexcept {
  return softcap > 0.0f ? Tanh(score / Set(softcap)) * Set(softcap) : score;
}

RLX_INLINE float FirstOf(F32 lanes) noexcept {
  float all[16];
  Store(all, lanes);
  return all[0];
}

inline constexpr float kLowest = -__builtin_inff();

// Makes the scores outside [begin, end) the lowest; returns the largest of [0, width).
RLX_INLINE float Hide(float* scores, int64_t begin, int64_t end, int64_t width) noexcept {
  for (int64_t j = 0; j < begin; ++j) scores[j] = kLowest;
  for (int64_t j = end; j < width; ++j) scores[j] = kLowest;
  F32 best = Set(kLowest);
  for (int64_t j = 0; j < width; j += 16) best = Max(Load(scores + j), best);
  return MaxOf(best);
}

// Replaces scores by weights e^(score - best), each times its by[j] if there are such; returns
// their sum without that. A score that is NaN or +infinity makes it NaN; where all are the lowest,
// it is 0. ask() is called for every 16.
template <class Ask>
RLX_INLINE float Weigh(float* scores, int64_t width, float best, const float* by,
                       const Ask& ask) noexcept {
  const F32 base = Set(best == kLowest ? 0.0f : best);
  F32 sum = Zero();
  for (int64_t j = 0; j < width; j += 16) {
    ask();
    const F32 weight = ExpBelow(Load(scores + j) - base);
    Store(scores + j, by == nullptr ? weight : weight * Load(by + j));
    sum = sum + weight;
  }
  return Sum(sum);
}

RLX_INLINE float Weigh(float* scores, int64_t width, float best) noexcept {
  return Weigh(scores, width, best, nullptr, [] {});
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ATTEND_CELLS_H_
