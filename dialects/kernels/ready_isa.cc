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
constexpr float kMost = kMostQ;

void ReadySub(F32 low, F32 high, IntSub* out) noexcept {
  const F32 zero = Zero();
  const float largest = MaxOf(Max(Max(low, zero - low), Max(high, zero - high)));
  const float poison = Sum(low * zero + high * zero);  // NaN if a value is not finite
  if (poison != 0.0f) low = high = zero;               // the scale says it; integers stay small
  const bool small = !(largest >= kTiny);
  const F32 inverse = Set(small ? 0.0f : kMost / largest);
  const I32 a = ToI32(low * inverse), b = ToI32(high * inverse);
  StoreShort(out->q, a);
  StoreShort(out->q + 16, b);
  out->scale = (small ? 0.0f : largest / kMost) + poison;
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

// In the four int16 of v: low bytes, and what is left when they are subtracted as numbers.
constexpr uint64_t kLow = 0x00ff00ff00ff00ff, kSign = 0x8000800080008000;
RLX_INLINE uint64_t LowBytes(uint64_t v) noexcept { return v & kLow; }
RLX_INLINE uint64_t HighBytes(uint64_t v) noexcept {
  const uint64_t rounded = ((v & ~kSign) + 0x0080008000800080) ^ (v & kSign);
  return rounded >> 8 & kLow;
}

void Split(const IntSub& sub, DigitSub* out) noexcept {
  for (int group = 0; group < 4; ++group) {
    uint64_t first, second;  // k = 0..3 and 4..7 of the group: bytes 0 and 1
    __builtin_memcpy(&first, sub.q + 8 * group, sizeof(first));
    __builtin_memcpy(&second, sub.q + 8 * group + 4, sizeof(second));
    const uint64_t low = LowBytes(first) | LowBytes(second) << 8;
    const uint64_t high = HighBytes(first) | HighBytes(second) << 8;
    __builtin_memcpy(out->low[group], &low, sizeof(low));
    __builtin_memcpy(out->high[group], &high, sizeof(high));
  }
}

void ReadyDigits(View x, int64_t index, int64_t in_dim, int64_t subs, int64_t apart, DigitSub* out,
                 DigitHead* heads) noexcept {
  for (int64_t sub = 0; sub < subs; ++sub, out += apart, heads += apart) {
    IntSub ints;
    const int64_t k = sub * kSub;
    ReadyInts(x, index + k, in_dim - k, 1, &ints);
    Split(ints, out);
    *heads = {ints.scale, ints.sum, {ints.sum16[0], ints.sum16[1]}};
  }
}

void ReadyFloats(View x, int64_t index, int64_t in_dim, int64_t count, float* out) noexcept {
  for (int64_t k = 0; k < count; k += 16) Store(out + k, LoadView(x, index + k, in_dim - k));
}

void ReadyTiles(View x, int64_t index, int64_t in_dim, int64_t count, int parts, int64_t apart,
                uint16_t* out) noexcept {
  for (int64_t k = 0; k < count; k += 16) {
    F32 rest = LoadView(x, index + k, in_dim - k);
    for (int part = 0; part < parts; ++part) {
      uint16_t* to = out + part * apart + k;
      StoreBf16(to, rest);
      rest = rest - LoadBf16(to);
    }
  }
}

}  // namespace

extern const ReadyKernels kReady;
const ReadyKernels kReady = {ReadyInts, ReadyDigits, ReadyFloats, ReadyTiles};

}  // namespace rlx::RLX_ISA
