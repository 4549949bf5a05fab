// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention to a cache of int8, a step at a time: keys, softmax and values of as many slots as
// leave the caches room for the next step, which is asked for meanwhile.

#ifndef RLX_KERNELS_ATTEND_BYTES_H_
#define RLX_KERNELS_ATTEND_BYTES_H_

#include "attend_work.h"
#include "byte_products.h"
#include "prefetch_isa.h"

namespace rlx::RLX_ISA {
namespace {

// Slots of a step: as many as sums of integers hold.
constexpr int64_t kByteStep = kByteRows;
static_assert(kScalesAhead == kByteStep);

struct ByteWork : Work {
  using Work::Work;
  alignas(64) Scaled ints[kMostElements / kByteRows + kMostQueries];  // of queries
  alignas(64) Scaled weights[kMostQueries];
};

inline void MakeQueries(ByteWork& w) noexcept {
  for (int64_t i = 0; i < w.count; ++i) {
    for (int64_t e = 0, n = i; e < w.a.e; e += kByteRows, n += w.count) {
      MakeScaled(w.queries + i * w.a.e + e, Least(kByteRows, w.a.e - e), w.ints + n);
    }
  }
}

// Keys are asked for ahead in their rows; where the last visible one is, those of the next head.
inline Asked KeysAhead(const ByteWork& w) noexcept {
  const AttendDecode& a = w.a;
  const Seen seen = SeenByAny(a, w.row);
  const bool last = w.piece.position + w.piece.count > seen.last;
  const int64_t end = last ? w.piece.slot + w.piece.count : a.s;
  return {end - w.step.slot - kKeysAhead, kKeysAhead,
          kKeysAhead + a.e * a.s - end + seen.first % a.s};
}

inline void ScoreBytes(ByteWork& w) noexcept {
  const AttendDecode& a = w.a;
  const int8_t* keys = static_cast<const int8_t*>(a.keys) + HeadAt(w, a.e * a.s) + w.step.slot;
  ReadScales(w, a.key_scales, 0, w.step.count);
  const Asked asked = KeysAhead(w);
  for (int64_t e = 0, n = 0; e < a.e; e += kByteRows, n += w.count) {
    const bool first = e == 0, last = e + kByteRows >= a.e;
    AddBytes(w.ints + n, w.count, Rows<const int8_t>{keys + e * a.s, a.s},
             Least(kByteRows, a.e - e), w.step.count, asked,
             [&](int64_t i, int64_t j, F32 sums) __attribute__((always_inline)) {
               float* score = w.scores + i * w.stride + j;
               if (!first) sums = sums + Load(score);
               Store(score, last ? Capped(sums * Load(w.scales + j), a.softcap) : sums);
             });
  }
}

// Makes w.scales factors of weights e^(score - best) <= 1 for integers, and returns what these are
// multiplied by: relative to the largest scale, whatever weight its slot has, so that all queries
// share them.
inline float FactorsOf(ByteWork& w, int64_t begin, int64_t end) noexcept {
  ReadScales(w, w.a.value_scales, begin, end);
  const int64_t width = LanesUp(w.step.count);
  const ByLargest by(w.scales, width);
  for (int64_t j = 0; j < width; j += 16) {
    Store(w.scales + j, by.Times(Load(w.scales + j)));
  }
  return by.scale;
}

// What lanes begin with, so that they do not all round the same way.
alignas(64) constexpr float kRests[] = {-15, 1, -13, 3,  -11, 5,  -9, 7,
                                        -7,  9, -5,  11, -3,  13, -1, 15};

// Turns scores into weights. What rounding leaves of one goes to the next one of its lane: many
// small weights do not all become smaller, or larger. A weight that is NaN makes the sum of all
// NaN, and so every result, whatever integers it leaves.
inline void WeighBytes(ByteWork& w) noexcept {
  const int64_t width = LanesUp(w.step.count);
  float scale = 0.0f;
  for (int64_t i = 0; i < w.count; ++i) {
    if (i == 0 || w.begin[i] != w.begin[i - 1] || w.end[i] != w.end[i - 1]) {
      scale = FactorsOf(w, w.begin[i], w.end[i]);
    }
    float* scores = w.scores + i * w.stride;
    Scaled& to = w.weights[i];
    const float best = Hide(scores, w.begin[i], w.end[i], width);
    const F32 base = Set(best == kLowest ? 0.0f : best);
    F32 weights = Zero(), rest = Load(kRests) * Set(1.0f / 32);
    I32 sum = ZeroI();
    for (int64_t j = 0; j < width; j += 16) {
      const F32 weight = ExpBelow(Load(scores + j) - base);
      weights = weights + weight;
      const F32 number = Fma(weight, Load(w.scales + j), rest);
      const I32 q = ToI32(number);
      rest = number - ToF32(q);
      StoreShort(to.q + j, q);
      sum = sum + q;
    }
    to.scale = scale * Join(w, i, best, Sum(weights));
    to.sum = SumI(sum);
  }
}

inline void MixBytes(ByteWork& w) noexcept {
  const AttendDecode& a = w.a;
  const int8_t* values =
      static_cast<const int8_t*>(a.values) + HeadAt(w, a.s * a.e) + w.step.slot * a.e;
  const Asked asked{a.e, kValuesAhead, kValuesAhead};
  AddBytes(w.weights, w.count, Rows<const int8_t>{values, a.e}, w.step.count, a.e, asked,
           [&](int64_t i, int64_t j, F32 sums) __attribute__((always_inline)) {
             float* to = SumsOf(w, i) + j;
             Store(to, Load(to) + sums);
           });
}

inline void AttendBytes(ByteWork& w) noexcept {
  MakeQueries(w);
  for (int64_t offset = 0; offset < w.piece.count; offset += kByteStep) {
    TakeStep(w, offset, kByteStep);
    ScoreBytes(w);
    WeighBytes(w);
    MixBytes(w);
  }
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ATTEND_BYTES_H_
