// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One row of x in digits times weights of 4 bits: half as many instructions unpack bytes as int16,
// and sums of digits fit into int16.

#ifndef RLX_KERNELS_LINEAR_DIGITS_ISA_H_
#define RLX_KERNELS_LINEAR_DIGITS_ISA_H_

#include "lanes.h"
#include "linear.h"

namespace rlx::RLX_ISA {
namespace {

// sums[p] += bytes of group `group`, nibble n, of a sub of panel p times x.
template <int n, class Weights, int panels, class At>
RLX_INLINE void AddNibbles(const At (&at)[panels], int group, const DigitSub& x,
                           ByteSums (&high)[panels], ByteSums (&low)[panels]) noexcept {
  const Pairs highs = SetPair(reinterpret_cast<const int16_t*>(x.high[group][n]));
  const Pairs lows = SetPair(reinterpret_cast<const int16_t*>(x.low[group][n]));
  RLX_UNROLL
  for (int p = 0; p < panels; ++p) {
    const Pairs bytes = Weights::template Bytes<n>(at[p] + 32 * group);
    high[p] = AddBytes(high[p], bytes, highs);
    low[p] = AddBytes(low[p], bytes, lows);
  }
}

// tile[p] += products of subs `begin` .. `end` - 1 of w[p] with x[sub].
template <int panels, class Weights>
void AddDigits(const Weights* w, int64_t begin, int64_t end, const DigitSub* x,
               const DigitHead* head, float* const* tile) noexcept {
  F32 y[panels];
  RLX_UNROLL
  for (int p = 0; p < panels; ++p) y[p] = Load(tile[p]);
  for (int64_t sub = begin; sub < end; ++sub, ++x, ++head) {
    decltype(w->At(0)) at[panels];
    ByteSums high[panels], low[panels];
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) {
      w[p].template Prefetch<true>(sub);
      at[p] = w[p].At(sub);
      high[p] = low[p] = ZeroBytes();
    }
    RLX_UNROLL
    for (int group = 0; group < 4; ++group) {
      AddNibbles<0, Weights>(at, group, *x, high, low);
      AddNibbles<1, Weights>(at, group, *x, high, low);
    }
    const I32 zero = SetI(-Weights::kZero * (head->sum16[0] + head->sum16[1]));
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) {
      const F32 products = ToF32(Whole(high[p], low[p]) + zero);
      y[p] = Fma(products, w[p].Scale(sub, 0) * Set(head->scale), y[p]);
      if constexpr (Weights::kOffset) y[p] = y[p] - w[p].Offset(sub) * Set(head->sum);
    }
  }
  RLX_UNROLL
  for (int p = 0; p < panels; ++p) Store(tile[p], y[p]);
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LINEAR_DIGITS_ISA_H_
