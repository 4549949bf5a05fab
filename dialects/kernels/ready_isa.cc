// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Makes rows of x ready for products.

#include "lanes.h"
#include "linear.h"
#include "view_isa.h"

namespace rlx::RLX_ISA {
namespace {

constexpr float kTiny = 0x1p-100f;

void ReadySub(F32 low, F32 high, IntSub* out) noexcept {
  const F32 zero = Zero();
  const float largest = MaxOf(Max(Max(low, zero - low), Max(high, zero - high)));
  const float poison = Sum(low * zero + high * zero);  // NaN if a value is not finite
  if (poison != 0.0f) low = high = zero;               // the scale says it; integers stay small
  const bool small = !(largest >= kTiny);
  const F32 inverse = Set(small ? 0.0f : 32767.0f / largest);
  const I32 a = ToI32(low * inverse), b = ToI32(high * inverse);
  StoreShort(out->q, a);
  StoreShort(out->q + 16, b);
  out->scale = (small ? 0.0f : largest / 32767.0f) + poison;
  out->sum16[0] = SumI(a);
  out->sum16[1] = SumI(b);
  out->sum = out->scale * static_cast<float>(int64_t{out->sum16[0]} + out->sum16[1]);
}

void ReadyInts(View x, int64_t index, int64_t in_dim, int64_t subs, IntSub* out) noexcept {
  for (int64_t sub = 0; sub < subs; ++sub) {
    const int64_t k = sub * kSub;
    ReadySub(LoadView(x, index + k, in_dim - k), LoadView(x, index + k + 16, in_dim - k - 16),
             out + sub);
  }
}

void ReadyFloats(View x, int64_t index, int64_t in_dim, int64_t count, float* out) noexcept {
  for (int64_t k = 0; k < count; k += 16) Store(out + k, LoadView(x, index + k, in_dim - k));
}

}  // namespace

extern const ReadyKernels kReady;
const ReadyKernels kReady = {ReadyInts, ReadyFloats};

}  // namespace rlx::RLX_ISA
