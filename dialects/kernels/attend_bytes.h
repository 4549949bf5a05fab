// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention to a cache of int8, a step at a time: keys, softmax and values of as many slots as
// leave the caches room for the next step, which is asked for meanwhile.

#ifndef RLX_KERNELS_ATTEND_BYTES_H_
#define RLX_KERNELS_ATTEND_BYTES_H_

#include "attend_work.h"
#include "byte_products.h"
#include "bytes_ahead.h"

namespace rlx::RLX_ISA {
namespace {

static_assert(kByteStep == kByteRows);  // as many slots as sums of integers hold

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

inline void ScoreBytes(ByteWork& w, BytesAhead& ahead) noexcept {
  const AttendDecode& a = w.a;
  const int8_t* keys = static_cast<const int8_t*>(a.keys) + HeadAt(w, a.e * a.s) + w.step.slot;
  ReadScales(w, a.key_scales, 0, w.step.count);
  ahead.Keys();
  for (int64_t e = 0, n = 0; e < a.e; e += kByteRows, n += w.count) {
    const bool first = e == 0, last = e + kByteRows >= a.e;
    AddBytes(w.ints + n, w.count, Rows<const int8_t>{keys + e * a.s, a.s},
             Least(kByteRows, a.e - e), w.step.count, ahead,
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

// Turns the scores of Q queries from i on, which see the same, into integers: weights e^(score -
// best) times scales of values, relative to the largest of these. What rounding leaves of one goes
// to the next one of its lane: many small ones do not all become smaller, or larger. A weight that
// is NaN makes the sum of all NaN, and so every result, whatever integers it leaves; a scale that
// is not finite makes `nan` so. Queries go through this together because each step of one waits for
// the step before.
template <int Q>
inline void WeighSome(ByteWork& w, int64_t i, float nan, BytesAhead& ahead) noexcept {
  const int64_t width = LanesUp(w.step.count);
  float* scores[Q];
  float best[Q];
  F32 base[Q], weights[Q];
  Range range[Q];
  RLX_UNROLL for (int n = 0; n < Q; ++n) {
    scores[n] = w.scores + (i + n) * w.stride;
    best[n] = Hide(scores[n], w.begin[i + n], w.end[i + n], width);
    base[n] = Set(best[n] == kLowest ? 0.0f : best[n]);
    weights[n] = Zero();
  }
  for (int64_t j = 0; j < width; j += 16) {
    const F32 scale = Load(w.scales + j);
    ahead.Weights<Q>();
    RLX_UNROLL for (int n = 0; n < Q; ++n) {
      const F32 weight = ExpBelow(Load(scores[n] + j) - base[n]), factor = weight * scale;
      weights[n] = weights[n] + weight;
      range[n].See(factor);
      Store(scores[n] + j, factor);
    }
  }
  ByLargest by[Q];
  F32 rests[Q][2];  // one waits while the other one is rounded
  I32 sums[Q];
  RLX_UNROLL for (int n = 0; n < Q; ++n) {
    by[n] = ByLargest(range[n], nan);
    Store(scores[n] + width, Zero());  // the row goes on so far
    RLX_UNROLL for (F32& rest : rests[n]) rest = Load(kRests) * Set(1.0f / 32);
    sums[n] = ZeroI();
  }
  for (int64_t j = 0; j < width; j += 32) {
    RLX_UNROLL for (int n = 0; n < Q; ++n) {
      RLX_UNROLL for (int h = 0; h < 2; ++h) {
        const F32 number = by[n].Times(Load(scores[n] + j + 16 * h)) + rests[n][h];
        const I32 q = ToI32(number);
        rests[n][h] = number - ToF32(q);
        StoreShort(w.weights[i + n].q + j + 16 * h, q);
        sums[n] = sums[n] + q;
      }
    }
  }
  RLX_UNROLL for (int n = 0; n < Q; ++n) {
    Scaled& to = w.weights[i + n];
    to.scale = by[n].scale * Join(w, i + n, best[n], Sum(weights[n]));
    to.sum = SumOfFirst(sums[n]);
  }
}

inline void WeighBytes(ByteWork& w, BytesAhead& ahead) noexcept {
  const auto alike = [&](int64_t i, int64_t j) {
    return w.begin[i] == w.begin[j] && w.end[i] == w.end[j];
  };
  float nan = 0.0f;
  for (int64_t i = 0; i < w.count;) {
    if (i == 0 || !alike(i, i - 1)) {
      ReadScales(w, w.a.value_scales, w.begin[i], w.end[i]);
      nan = NanUnlessFinite(w.scales, w.step.count);
    }
    if (i + 1 < w.count && alike(i, i + 1)) {
      WeighSome<2>(w, i, nan, ahead);
      i += 2;
    } else {
      WeighSome<1>(w, i, nan, ahead);
      ++i;
    }
  }
}

inline void MixBytes(ByteWork& w, BytesAhead& ahead) noexcept {
  const AttendDecode& a = w.a;
  const int8_t* values =
      static_cast<const int8_t*>(a.values) + HeadAt(w, a.s * a.e) + w.step.slot * a.e;
  ahead.Values();
  AddBytes(w.weights, w.count, Rows<const int8_t>{values, a.e}, w.step.count, a.e, ahead,
           [&](int64_t i, int64_t j, F32 sums) __attribute__((always_inline)) {
             float* to = SumsOf(w, i) + j;
             Store(to, Load(to) + sums);
           });
}

inline void AttendBytes(ByteWork& w) noexcept {
  MakeQueries(w);
  for (int64_t offset = 0; offset < w.piece.count; offset += kByteStep) {
    TakeStep(w, offset, kByteStep);
    BytesAhead ahead(w);
    ScoreBytes(w, ahead);
    WeighBytes(w, ahead);
    MixBytes(w, ahead);
  }
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ATTEND_BYTES_H_
