// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Weights of all formats rounded to bf16, for many rows of x: as one number, or as a sum of some,
// of which each is what those before it leave, rounded. Two have 16 bits of a weight, three all 24.

#ifndef RLX_KERNELS_ROUNDED_ISA_H_
#define RLX_KERNELS_ROUNDED_ISA_H_

#include "lanes.h"
#include "weights_float_isa.h"
#include "weights_isa.h"

#ifdef RLX_LANES_DOT_BF16

namespace rlx::RLX_ISA {
namespace {

// Where values go, [part][pair][16][2]: parts are `apart` numbers apart.
template <int parts>
struct Halves {
  uint16_t* to;
  int64_t apart = 0;

  RLX_INLINE void Put(int64_t pair, F32 w0, F32 w1) const noexcept {
    RLX_UNROLL
    for (int part = 0; part < parts; ++part) {
      const Pairs rounded = RoundPairs(w0, w1);
      StorePairs(to + part * apart + 32 * pair, rounded);
      if (part + 1 == parts) break;
      F32 r0, r1;
      SplitPairs(rounded, &r0, &r1);
      w0 = w0 - r0;
      w1 = w1 - r1;
    }
  }
};

// Rounds values `begin` .. of a panel, up to `end` or a little further; bf16 is copied.
template <class To>
void Round(const Bf16Weights& w, int64_t begin, int64_t end, To to) noexcept {
  for (int64_t k = begin; k < end; k += 2) {
    if (k % 4 == 0) w.template Prefetch<false>(k);
    StorePairs(to.to + 16 * (k - begin), w.Pair(k));
  }
}
template <class Number, class To>
void Round(const PlainWeights<Number>& w, int64_t begin, int64_t end, To to) noexcept {
  for (int64_t k = begin; k < end; k += 2) {
    F32 w0, w1;
    if (k % 4 == 0) w.template Prefetch<false>(k);
    w.Two(k, &w0, &w1);
    to.Put((k - begin) / 2, w0, w1);
  }
}

// Pairs first .. of a sub: scale q - shift.
template <int first, int end, class Weights, class At, class To>
RLX_INLINE void RoundSome(At at, F32 scale, F32 shift, int64_t pair, const To& to) noexcept {
  if constexpr (first < end) {
    F32 w0, w1;
    WidenPairs(Weights::template Pair<first>(at), &w0, &w1);
    to.Put(pair + first, Fma(w0, scale, shift), Fma(w1, scale, shift));
    RoundSome<first + 1, end, Weights>(at, scale, shift, pair, to);
  }
}

template <class Weights, class To>
  requires requires { Weights::kHalves; }
void Round(const Weights& w, int64_t begin, int64_t end, To to) noexcept {
  int64_t pair = 0;
  for (int64_t sub = begin / kSub; sub * kSub < end; ++sub, pair += kSub / 2) {
    w.template Prefetch<false>(sub);
    const auto at = w.At(sub);
    const auto shift = [&](F32 scale) __attribute__((always_inline)) {
      const F32 shift = Zero() - scale * Set(static_cast<float>(Weights::kZero));
      if constexpr (Weights::kOffset) return shift - w.Offset(sub);
      return shift;
    };
    const F32 low = w.Scale(sub, 0), high = w.Scale(sub, 1);
    RoundSome<0, 8, Weights>(at, low, shift(low), pair, to);
    RoundSome<8, 16, Weights>(at, high, shift(high), pair, to);
  }
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_LANES_DOT_BF16

#endif  // RLX_KERNELS_ROUNDED_ISA_H_
