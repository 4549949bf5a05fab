// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lanes in plain C++: the reference, and what runs where there is nothing better.

#ifndef RLX_KERNELS_LANES_SCALAR_H_
#define RLX_KERNELS_LANES_SCALAR_H_

#include <cmath>
#include <cstring>

#include "halves.h"

namespace rlx::RLX_ISA {

inline constexpr int kTileInt = 4;    // rows of activations in registers, integer formats
inline constexpr int kTileFloat = 4;  // and floating-point formats

struct F32 {
  float lane[16];
};
struct I32 {
  int32_t lane[16];
};
struct Pairs {
  uint16_t half[32];
};
struct Mask {
  bool lane[16];
};

#define RLX_EACH(i, n) for (int i = 0; i < (n); ++i)

RLX_INLINE F32 Set(float x) noexcept {
  F32 r;
  RLX_EACH(i, 16) r.lane[i] = x;
  return r;
}
RLX_INLINE F32 Zero() noexcept { return Set(0.0f); }
RLX_INLINE F32 Load(const float* p) noexcept {
  F32 r;
  std::memcpy(r.lane, p, sizeof(r.lane));
  return r;
}
RLX_INLINE void Store(float* p, F32 v) noexcept { std::memcpy(p, v.lane, sizeof(v.lane)); }
RLX_INLINE F32 LoadPart(const float* p, int n) noexcept {
  F32 r = Zero();
  RLX_EACH(i, n) r.lane[i] = p[i];
  return r;
}
RLX_INLINE void StorePart(float* p, F32 v, int n) noexcept { RLX_EACH(i, n) p[i] = v.lane[i]; }
RLX_INLINE F32 LoadF16(const uint16_t* p) noexcept {
  F32 r;
  RLX_EACH(i, 16) r.lane[i] = F16ToF32(p[i]);
  return r;
}
RLX_INLINE F32 LoadBf16(const uint16_t* p) noexcept {
  F32 r;
  RLX_EACH(i, 16) r.lane[i] = Bf16ToF32(p[i]);
  return r;
}
RLX_INLINE void StoreBf16(uint16_t* p, F32 v) noexcept {
  RLX_EACH(i, 16) p[i] = F32ToBf16(v.lane[i]);
}
RLX_INLINE void LoadBf16Pairs(const uint16_t* p, F32* even, F32* odd) noexcept {
  RLX_EACH(i, 16) even->lane[i] = Bf16ToF32(p[2 * i]);
  RLX_EACH(i, 16) odd->lane[i] = Bf16ToF32(p[2 * i + 1]);
}
RLX_INLINE F32 LoadI8(const int8_t* p) noexcept {
  F32 r;
  RLX_EACH(i, 16) r.lane[i] = p[i];
  return r;
}
RLX_INLINE F32 LoadU8(const uint8_t* p) noexcept {
  F32 r;
  RLX_EACH(i, 16) r.lane[i] = p[i];
  return r;
}
RLX_INLINE F32 operator+(F32 a, F32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] += b.lane[i];
  return a;
}
RLX_INLINE F32 operator-(F32 a, F32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] -= b.lane[i];
  return a;
}
RLX_INLINE F32 operator*(F32 a, F32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] *= b.lane[i];
  return a;
}
RLX_INLINE F32 operator/(F32 a, F32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] /= b.lane[i];
  return a;
}
// Two roundings: the one place where the lanes differ between instruction sets.
RLX_INLINE F32 Fma(F32 a, F32 b, F32 c) noexcept { return a * b + c; }
RLX_INLINE F32 Max(F32 a, F32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}
RLX_INLINE F32 Min(F32 a, F32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}
RLX_INLINE F32 Sqrt(F32 a) noexcept {
  RLX_EACH(i, 16) a.lane[i] = __builtin_sqrtf(a.lane[i]);
  return a;
}
RLX_INLINE F32 Round(F32 a) noexcept {
  RLX_EACH(i, 16) a.lane[i] = __builtin_rintf(a.lane[i]);
  return a;
}
RLX_INLINE F32 Scale(F32 a, F32 n) noexcept {
  RLX_EACH(i, 16) {
    const uint32_t bits = static_cast<uint32_t>(static_cast<int32_t>(n.lane[i]) + 127) << 23;
    a.lane[i] *= std::bit_cast<float>(bits);
  }
  return a;
}
RLX_INLINE Mask Less(F32 a, F32 b) noexcept {
  Mask r;
  RLX_EACH(i, 16) r.lane[i] = a.lane[i] < b.lane[i];
  return r;
}
RLX_INLINE Mask Equal(F32 a, F32 b) noexcept {
  Mask r;
  RLX_EACH(i, 16) r.lane[i] = a.lane[i] == b.lane[i];
  return r;
}
RLX_INLINE F32 Select(Mask mask, F32 yes, F32 no) noexcept {
  RLX_EACH(i, 16) yes.lane[i] = mask.lane[i] ? yes.lane[i] : no.lane[i];
  return yes;
}
RLX_INLINE bool Any(Mask mask) noexcept {
  bool any = false;
  RLX_EACH(i, 16) any |= mask.lane[i];
  return any;
}
RLX_INLINE float Sum(F32 a) noexcept {
  for (int n = 8; n > 0; n /= 2) RLX_EACH(i, n) a.lane[i] += a.lane[i + n];
  return a.lane[0];
}
RLX_INLINE float MaxOf(F32 a) noexcept {
  float r = a.lane[0];
  RLX_EACH(i, 16) r = a.lane[i] > r ? a.lane[i] : r;
  return r;
}

RLX_INLINE I32 SetI(int32_t x) noexcept {
  I32 r;
  RLX_EACH(i, 16) r.lane[i] = x;
  return r;
}
RLX_INLINE I32 ZeroI() noexcept { return SetI(0); }
RLX_INLINE I32 LoadI(const int32_t* p) noexcept {
  I32 r;
  std::memcpy(r.lane, p, sizeof(r.lane));
  return r;
}
RLX_INLINE void StoreI(int32_t* p, I32 v) noexcept { std::memcpy(p, v.lane, sizeof(v.lane)); }
RLX_INLINE I32 operator+(I32 a, I32 b) noexcept {
  RLX_EACH(i, 16) a.lane[i] += b.lane[i];
  return a;
}
RLX_INLINE F32 ToF32(I32 v) noexcept {
  F32 r;
  RLX_EACH(i, 16) r.lane[i] = static_cast<float>(v.lane[i]);
  return r;
}
// What x86 gives for values that do not fit: the least integer.
RLX_INLINE I32 ToI32(F32 v) noexcept {
  I32 r;
  RLX_EACH(i, 16) {
    const bool fits = v.lane[i] >= -0x1p31f && v.lane[i] < 0x1p31f;
    r.lane[i] = fits ? static_cast<int32_t>(__builtin_rintf(v.lane[i])) : INT32_MIN;
  }
  return r;
}

RLX_INLINE Pairs LoadPairs(const void* p) noexcept {
  Pairs r;
  std::memcpy(r.half, p, sizeof(r.half));
  return r;
}
RLX_INLINE void StorePairs(void* p, Pairs v) noexcept { std::memcpy(p, v.half, sizeof(v.half)); }
RLX_INLINE Pairs SetPair(const int16_t* p) noexcept {
  Pairs r;
  RLX_EACH(i, 32) r.half[i] = static_cast<uint16_t>(p[i % 2]);
  return r;
}
RLX_INLINE Pairs SetBits(uint16_t bits) noexcept {
  Pairs r;
  RLX_EACH(i, 32) r.half[i] = bits;
  return r;
}
RLX_INLINE Pairs LoadPairsI8(const int8_t* p) noexcept {
  Pairs r;
  RLX_EACH(i, 32) r.half[i] = static_cast<uint16_t>(p[i]);
  return r;
}
RLX_INLINE Pairs operator&(Pairs a, Pairs b) noexcept {
  RLX_EACH(i, 32) a.half[i] &= b.half[i];
  return a;
}
RLX_INLINE Pairs operator|(Pairs a, Pairs b) noexcept {
  RLX_EACH(i, 32) a.half[i] |= b.half[i];
  return a;
}
template <int n>
RLX_INLINE Pairs ShiftLeft(Pairs a) noexcept {
  RLX_EACH(i, 32) a.half[i] = static_cast<uint16_t>(a.half[i] << n);
  return a;
}
template <int n>
RLX_INLINE Pairs ShiftRight(Pairs a) noexcept {
  RLX_EACH(i, 32) a.half[i] = static_cast<uint16_t>(a.half[i] >> n);
  return a;
}
RLX_INLINE I32 Dot2(I32 acc, Pairs a, Pairs b) noexcept {
  RLX_EACH(i, 16) {
    acc.lane[i] +=
        static_cast<int16_t>(a.half[2 * i]) * static_cast<int16_t>(b.half[2 * i]) +
        static_cast<int16_t>(a.half[2 * i + 1]) * static_cast<int16_t>(b.half[2 * i + 1]);
  }
  return acc;
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LANES_SCALAR_H_
