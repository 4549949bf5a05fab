// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of bf16 with bf16, where the CPU has them.
//
// Weights of other formats, which meet many rows, are rounded to bf16 a part of a panel at a time.

#include "linear_float_isa.h"
#include "weights_float_isa.h"
#include "weights_isa.h"

namespace rlx::RLX_ISA {

extern const PanelFn kHalvesPanels[];
extern const MultiplyFn kMultiplyHalves;

#ifndef RLX_LANES_DOT_BF16

const PanelFn kHalvesPanels[kFormats] = {};
const MultiplyFn kMultiplyHalves = nullptr;

#else

namespace {

// Writes values `begin` .. of a panel as bf16 [pair][16][2], up to `end` or a little further.
template <class Number>
void Round(const PlainWeights<Number>& w, int64_t begin, int64_t end, uint16_t* to) noexcept {
  for (int64_t k = begin; k < end; k += 2, to += 32) {
    F32 w0, w1;
    if (k % 4 == 0) w.template Prefetch<false>(k);
    w.Two(k, &w0, &w1);
    StorePairs(to, RoundPairs(w0, w1));
  }
}

// Pairs first .. of a sub: scale q - shift.
template <int first, int end, class Weights, class At>
RLX_INLINE void RoundSome(At at, F32 scale, F32 shift, uint16_t* to) noexcept {
  if constexpr (first < end) {
    F32 w0, w1;
    WidenPairs(Weights::template Pair<first>(at), &w0, &w1);
    StorePairs(to + 32 * first, RoundPairs(Fma(w0, scale, shift), Fma(w1, scale, shift)));
    RoundSome<first + 1, end, Weights>(at, scale, shift, to);
  }
}

template <class Weights>
  requires requires { Weights::kHalves; }
void Round(const Weights& w, int64_t begin, int64_t end, uint16_t* to) noexcept {
  for (int64_t sub = begin / kSub; sub * kSub < end; ++sub, to += kSub * kPanelRows) {
    w.template Prefetch<false>(sub);
    const auto at = w.At(sub);
    const auto shift = [&](F32 scale) __attribute__((always_inline)) {
      const F32 shift = Zero() - scale * Set(static_cast<float>(Weights::kZero));
      if constexpr (Weights::kOffset) return shift - w.Offset(sub);
      return shift;
    };
    const F32 low = w.Scale(sub, 0), high = w.Scale(sub, 1);
    RoundSome<0, 8, Weights>(at, low, shift(low), to);
    RoundSome<8, 16, Weights>(at, high, shift(high), to);
  }
}

// A part of a panel, rounded; of integers, which are rounded by subs, whole ones.
static_assert(kPart % kSub == 0);
class Rounded {
 public:
  template <class Weights>
  void Fill(const Weights& w, int64_t begin, int64_t end) noexcept {
    Round(w, begin, end, values_);
    begin_ = begin;
  }
  RLX_INLINE Pairs Pair(int64_t k) const noexcept {
    return LoadPairs(values_ + (k - begin_) * kPanelRows);
  }
  template <bool alone>
  RLX_INLINE void Prefetch(int64_t) const noexcept {}  // is in the cache

 private:
  alignas(64) uint16_t values_[kPart * kPanelRows];
  int64_t begin_;
};

template <int panels, class Weights>
void RoundedPanels(const Weights* w, const PanelPart& part) noexcept {
  Rounded rounded[panels];
  for (int64_t begin = part.begin; begin < part.end; begin += kPart) {
    const int64_t end = part.end - begin < kPart ? part.end : begin + kPart;
    for (int p = 0; p < panels; ++p) rounded[p].Fill(w[p], begin, end);
    AddAll<uint16_t, panels>(rounded, begin, (end + 1) / 2 * 2, part, part.tile);
  }
}

template <class Weights>
void RoundedPanel(const PanelPart& part) noexcept {
  static_assert(kPanelsFloat == 2);
  const Weights w[] = {Weights(part.panel[0]), Weights(part.panel[part.panels - 1])};
  part.panels == 2 ? RoundedPanels<2>(w, part) : RoundedPanels<1>(w, part);
}

// Weights that are in registers.
struct OnePair {
  explicit OnePair(const uint16_t* x) noexcept
      : pair(SetPair(reinterpret_cast<const int16_t*>(x))) {}
  RLX_INLINE Pairs Pair(int64_t) const noexcept { return pair; }
  Pairs pair;
};

}  // namespace

const MultiplyFn kMultiplyHalves = MultiplyInRegisters<OnePair, uint16_t>;

const PanelFn kHalvesPanels[kFormats] = {
    RoundedPanel<F32Weights>,  RoundedPanel<F16Weights>,  FloatPanel<Bf16Weights, uint16_t>,
    RoundedPanel<Int8Weights>, RoundedPanel<Q8_0Weights>, RoundedPanel<Q4_0Weights>,
    RoundedPanel<Q4KWeights>,  RoundedPanel<Q5KWeights>,  RoundedPanel<Q6KWeights>,
};

#endif

}  // namespace rlx::RLX_ISA
