// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Integer weights that are unpacked into the first-level cache, for many rows.

#ifndef RLX_KERNELS_UNPACKED_ISA_H_
#define RLX_KERNELS_UNPACKED_ISA_H_

#include "lanes.h"
#include "linear.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int kPart = 8;  // subs unpacked at a time, of one panel or of two: 8 KiB of weights

// A part of a panel, unpacked.
template <int halves, int zero, bool with_offset>
class Unpacked {
 public:
  static constexpr int kHalves = halves, kZero = zero;
  static constexpr bool kOffset = with_offset;

  template <class Weights>
  void Fill(const Weights& w, int64_t begin, int count) noexcept {
    for (int i = 0; i < count; ++i) {
      w.template Prefetch<false>(begin + i);
      StoreAll<0, Weights>(w.At(begin + i), part_[i]);
      for (int half = 0; half < kHalves; ++half) {
        Store(part_[i].scale[half], w.Scale(begin + i, half));
      }
      if constexpr (kOffset) Store(part_[i].offset, w.Offset(begin + i));
    }
  }
  RLX_INLINE const int16_t* At(int64_t sub) const noexcept { return part_[sub].q[0]; }
  template <int j>
  RLX_INLINE static Pairs Pair(const int16_t* at) noexcept {
    return LoadPairs(at + 32 * j);
  }
  RLX_INLINE F32 Scale(int64_t sub, int half) const noexcept {
    return Load(part_[sub].scale[half]);
  }
  RLX_INLINE F32 Offset(int64_t sub) const noexcept { return Load(part_[sub].offset); }
  RLX_INLINE void Prefetch(int64_t) const noexcept {}  // is in the cache

 private:
  struct Sub {
    int16_t q[16][32];
    float scale[kHalves][16];
    float offset[16];
  };
  template <int j, class Weights, class At>
  RLX_INLINE static void StoreAll(At at, Sub& to) noexcept {
    if constexpr (j < 16) {
      StorePairs(to.q[j], Weights::template Pair<j>(at));
      StoreAll<j + 1, Weights>(at, to);
    }
  }
  alignas(64) Sub part_[kPart];
};

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_UNPACKED_ISA_H_
