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

// What lanes begin with, so that they do not all round the same way.
alignas(64) constexpr float kRests[] = {-15, 1, -13, 3,  -11, 5,  -9, 7,
                                        -7,  9, -5,  11, -3,  13, -1, 15};

// Turns query i's scores into integers: weights e^(score - best) times scales of values, relative
// to the largest of these. What rounding leaves of one goes to the next one of its lane: many small
// ones do not all become smaller, or larger. A weight that is NaN makes the sum of all NaN, and so
// every result, whatever integers it leaves; a scale that is not finite makes `nan` so.
inline void WeighOne(ByteWork& w, int64_t i, float nan) noexcept {
  const int64_t width = LanesUp(w.step.count);
  float* scores = w.scores + i * w.stride;
  const float best = Hide(scores, w.begin[i], w.end[i], width);
  const F32 base = Set(best == kLowest ? 0.0f : best);
  F32 weights = Zero();
  Range range;
  for (int64_t j = 0; j < width; j += 16) {
    const F32 weight = ExpBelow(Load(scores + j) - base), factor = weight * Load(w.scales + j);
    weights = weights + weight;
    range.See(factor);
    Store(scores + j, factor);
  }
  const ByLargest by(range, nan);
  Store(scores + width, Zero());  // the row goes on so far
  F32 rests[2];                   // one waits while the other one is rounded
  RLX_UNROLL for (F32& rest : rests) rest = Load(kRests) * Set(1.0f / 32);
  I32 sum = ZeroI();
  Scaled& to = w.weights[i];
  for (int64_t j = 0; j < width; j += 32) {
    RLX_UNROLL for (int h = 0; h < 2; ++h) {
      const F32 number = by.Times(Load(scores + j + 16 * h)) + rests[h];
      const I32 q = ToI32(number);
      rests[h] = number - ToF32(q);
      StoreShort(to.q + j + 16 * h, q);
      sum = sum + q;
    }
  }
  to.scale = by.scale * Join(w, i, best, Sum(weights));
  to.sum = SumI(sum);
}

inline void WeighBytes(ByteWork& w) noexcept {
  float nan = 0.0f;
  for (int64_t i = 0; i < w.count; ++i) {
    if (i == 0 || w.begin[i] != w.begin[i - 1] || w.end[i] != w.end[i - 1]) {
      ReadScales(w, w.a.value_scales, w.begin[i], w.end[i]);
      nan = NanUnlessFinite(w.scales, w.step.count);
    }
    WeighOne(w, i, nan);
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
