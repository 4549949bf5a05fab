// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Loads and stores of lanes in either element type, with a count of what is there.

#ifndef RLX_KERNELS_VIEW_ISA_H_
#define RLX_KERNELS_VIEW_ISA_H_

#include "halves.h"
#include "lanes.h"
#include "linear.h"

namespace rlx::RLX_ISA {

// 16 values from `index`; only `count` of them are there if that is less, the others are zero.
RLX_INLINE F32 LoadView(View view, int64_t index, int64_t count) noexcept {
  if (view.element == Element::kF32) {
    const float* p = static_cast<const float*>(view.data) + index;
    if (count >= 16) return Load(p);
    return count <= 0 ? Zero() : LoadPart(p, static_cast<int>(count));
  }
  const uint16_t* p = static_cast<const uint16_t*>(view.data) + index;
  if (count >= 16) return LoadBf16(p);
  uint16_t part[16] = {};
  for (int64_t i = 0; i < count; ++i) part[i] = p[i];
  return LoadBf16(part);
}

RLX_INLINE void StoreTarget(Target target, int64_t index, int count, F32 value) noexcept {
  if (target.element == Element::kF32) {
    float* p = static_cast<float*>(target.data) + index;
    return count >= 16 ? Store(p, value) : StorePart(p, value, count);
  }
  uint16_t* p = static_cast<uint16_t*>(target.data) + index;
  if (count >= 16) return StoreBf16(p, value);
  uint16_t part[16];
  StoreBf16(part, value);
  for (int i = 0; i < count; ++i) p[i] = part[i];
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_VIEW_ISA_H_
