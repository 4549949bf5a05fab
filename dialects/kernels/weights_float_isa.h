// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Packed floating-point weights as lanes: one class a format. Two(k, &w0, &w1) gives those of k and
// k + 1 for even k; of bf16 Pair(k) is the same.

#ifndef RLX_KERNELS_WEIGHTS_FLOAT_ISA_H_
#define RLX_KERNELS_WEIGHTS_FLOAT_ISA_H_

#include "lanes.h"
#include "prefetch_isa.h"

namespace rlx::RLX_ISA {

RLX_INLINE F32 LoadNumbers(const float* p) noexcept { return Load(p); }
RLX_INLINE F32 LoadNumbers(const uint16_t* p) noexcept { return LoadF16(p); }

template <class Number>
class PlainWeights {
 public:
  explicit PlainWeights(const uint8_t* panel) noexcept
      : values_(reinterpret_cast<const Number*>(panel)) {}
  RLX_INLINE void Two(int64_t k, F32* w0, F32* w1) const noexcept {
    *w0 = LoadNumbers(values_ + k * 16);
    *w1 = LoadNumbers(values_ + k * 16 + 16);
  }
  // For 4 values along k.
  template <bool alone>
  RLX_INLINE void Prefetch(int64_t k) const noexcept {
    PrefetchBytes<4 * 16 * sizeof(Number), AheadFor(alone, kNear), LevelFor(alone)>(values_ +
                                                                                    k * 16);
  }

 private:
  const Number* values_;
};
using F32Weights = PlainWeights<float>;
using F16Weights = PlainWeights<uint16_t>;

class Bf16Weights {
 public:
  explicit Bf16Weights(const uint8_t* panel) noexcept
      : values_(reinterpret_cast<const uint16_t*>(panel)) {}
  RLX_INLINE void Two(int64_t k, F32* w0, F32* w1) const noexcept {
    LoadBf16Pairs(values_ + k * 16, w0, w1);
  }
  RLX_INLINE Pairs Pair(int64_t k) const noexcept { return LoadPairs(values_ + k * 16); }
  // For 4 values along k.
  template <bool alone>
  RLX_INLINE void Prefetch(int64_t k) const noexcept {
    PrefetchBytes<4 * 32, AheadFor(alone, kNear), LevelFor(alone)>(values_ + k * 16);
  }

 private:
  const uint16_t* values_;
};

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_WEIGHTS_FLOAT_ISA_H_
