// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "convert.h"
#include "halves.h"
#include "lanes.h"

namespace rlx::RLX_ISA {
namespace {

void ToBf16(const float* from, int64_t count, uint16_t* to) noexcept {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) StoreBf16(to + i, Load(from + i));
  for (; i < count; ++i) to[i] = F32ToBf16(from[i]);
}

void FromBf16(const uint16_t* from, int64_t count, float* to) noexcept {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) Store(to + i, LoadBf16(from + i));
  for (; i < count; ++i) to[i] = Bf16ToF32(from[i]);
}

}  // namespace

extern const ConvertKernels kConvert;
const ConvertKernels kConvert = {ToBf16, FromBf16};

}  // namespace rlx::RLX_ISA
