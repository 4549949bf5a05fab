// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of bf16 with bf16, where the CPU has them.
//
// Weights of other formats, which meet many rows, are rounded to bf16 a part of a panel at a time.

#include "linear_float_isa.h"
#include "rounded_isa.h"

namespace rlx::RLX_ISA {

extern const PanelFn kHalvesPanels[];
extern const MultiplyFn kMultiplyHalves;

#ifndef RLX_LANES_DOT_BF16

const PanelFn kHalvesPanels[kFormats] = {};
const MultiplyFn kMultiplyHalves = nullptr;

#else

namespace {

// A part of a panel, rounded; of integers, which are rounded by subs, whole ones.
static_assert(kPart % kSub == 0);
class Rounded {
 public:
  template <class Weights>
  void Fill(const Weights& w, int64_t begin, int64_t end) noexcept {
    Round(w, begin, end, Halves<1>{values_});
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
