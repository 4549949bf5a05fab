// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lanes without instructions of any particular CPU: the reference, and what runs where there is
// nothing better. Arithmetic on all lanes at once is the compiler's own, for any target.

#ifndef RLX_KERNELS_LANES_SCALAR_H_
#define RLX_KERNELS_LANES_SCALAR_H_

#include <cstring>

#include "halves.h"

namespace rlx::RLX_ISA {

inline constexpr int kTileInt = 2;    // rows of activations in registers, integer formats
inline constexpr int kTileFloat = 2;  // and floating-point formats
inline constexpr int kPanelsInt = 1, kPanelsFloat = 1;
inline constexpr int kSums = 2;

typedef float Float16 __attribute__((vector_size(64)));
typedef int32_t Int16 __attribute__((vector_size(64)));
typedef uint32_t Uint16 __attribute__((vector_size(64)));
typedef uint16_t Short32 __attribute__((vector_size(64)));

struct F32 {
  Float16 v;
};
struct I32 {
  Uint16 v;  // unsigned: wraps around
};
struct Pairs {
  Uint16 v;  // the first int16 in the low half
};
using ByteSums = I32;
struct Mask {
  Int16 v;  // -1 or 0
};

#define RLX_EACH(i, n) for (int i = 0; i < (n); ++i)

RLX_INLINE F32 Set(float x) noexcept { return {x - Float16{}}; }
RLX_INLINE F32 Zero() noexcept { return {Float16{}}; }
RLX_INLINE F32 Load(const float* p) noexcept {
  F32 r;
  std::memcpy(&r, p, sizeof(r));
  return r;
}
RLX_INLINE void Store(float* p, F32 v) noexcept { std::memcpy(p, &v, sizeof(v)); }
RLX_INLINE F32 LoadPart(const float* p, int n) noexcept {
  float part[16] = {};
  RLX_EACH(i, n) part[i] = p[i];
  return Load(part);
}
RLX_INLINE void StorePart(float* p, F32 v, int n) noexcept { RLX_EACH(i, n) p[i] = v.v[i]; }
inline F32 LoadF16(const uint16_t* p) noexcept {
  float values[16];
  RLX_EACH(i, 16) values[i] = F16ToF32(p[i]);
  return Load(values);
}
inline F32 LoadBf16(const uint16_t* p) noexcept {
  float values[16];
  RLX_EACH(i, 16) values[i] = Bf16ToF32(p[i]);
  return Load(values);
}
inline void StoreBf16(uint16_t* p, F32 v) noexcept { RLX_EACH(i, 16) p[i] = F32ToBf16(v.v[i]); }
RLX_INLINE void LoadBf16Pairs(const uint16_t* p, F32* even, F32* odd) noexcept {
  Uint16 bits;
  std::memcpy(&bits, p, sizeof(bits));
  even->v = reinterpret_cast<Float16>(bits << 16);
  odd->v = reinterpret_cast<Float16>(bits & 0xffff0000u);
}
inline F32 LoadI8(const int8_t* p) noexcept {
  float values[16];
  RLX_EACH(i, 16) values[i] = p[i];
  return Load(values);
}
inline F32 LoadU8(const uint8_t* p) noexcept {
  float values[16];
  RLX_EACH(i, 16) values[i] = p[i];
  return Load(values);
}
RLX_INLINE F32 operator+(F32 a, F32 b) noexcept { return {a.v + b.v}; }
RLX_INLINE F32 operator-(F32 a, F32 b) noexcept { return {a.v - b.v}; }
RLX_INLINE F32 operator*(F32 a, F32 b) noexcept { return {a.v * b.v}; }
RLX_INLINE F32 operator/(F32 a, F32 b) noexcept { return {a.v / b.v}; }
// Two roundings: the one place where results differ between instruction sets.
RLX_INLINE F32 Fma(F32 a, F32 b, F32 c) noexcept { return {a.v * b.v + c.v}; }
RLX_INLINE F32 Accumulate(F32 sum, F32 a, F32 b) noexcept { return Fma(a, b, sum); }
RLX_INLINE F32 Max(F32 a, F32 b) noexcept { return {a.v > b.v ? a.v : b.v}; }
RLX_INLINE F32 Min(F32 a, F32 b) noexcept { return {a.v < b.v ? a.v : b.v}; }
inline F32 Sqrt(F32 a) noexcept {
  RLX_EACH(i, 16) a.v[i] = __builtin_sqrtf(a.v[i]);
  return a;
}
inline F32 Round(F32 a) noexcept {
  RLX_EACH(i, 16) a.v[i] = __builtin_rintf(a.v[i]);
  return a;
}
RLX_INLINE F32 Scale(F32 a, F32 n) noexcept {
  const Int16 bits = (__builtin_convertvector(n.v, Int16) + 127) << 23;
  return {a.v * reinterpret_cast<Float16>(bits)};
}
RLX_INLINE Mask Less(F32 a, F32 b) noexcept { return {a.v < b.v}; }
RLX_INLINE Mask Equal(F32 a, F32 b) noexcept { return {a.v == b.v}; }
RLX_INLINE F32 Select(Mask mask, F32 yes, F32 no) noexcept { return {mask.v ? yes.v : no.v}; }
inline bool Any(Mask mask) noexcept {
  int32_t any = 0;
  RLX_EACH(i, 16) any |= mask.v[i];
  return any != 0;
}
inline float Sum(F32 a) noexcept {
  float values[16];
  Store(values, a);
  for (int n = 8; n > 0; n /= 2) RLX_EACH(i, n) values[i] += values[i + n];
  return values[0];
}
inline float MaxOf(F32 a) noexcept {
  float r = a.v[0];
  RLX_EACH(i, 16) r = a.v[i] > r ? a.v[i] : r;
  return r;
}

RLX_INLINE I32 SetI(int32_t x) noexcept { return {static_cast<uint32_t>(x) - Uint16{}}; }
RLX_INLINE I32 ZeroI() noexcept { return {Uint16{}}; }
RLX_INLINE I32 LoadI(const int32_t* p) noexcept {
  I32 r;
  std::memcpy(&r, p, sizeof(r));
  return r;
}
RLX_INLINE void StoreI(int32_t* p, I32 v) noexcept { std::memcpy(p, &v, sizeof(v)); }
RLX_INLINE I32 operator+(I32 a, I32 b) noexcept { return {a.v + b.v}; }
RLX_INLINE F32 ToF32(I32 v) noexcept {
  return {__builtin_convertvector(reinterpret_cast<Int16>(v.v), Float16)};
}
// What x86 gives for values that do not fit: the least integer.
inline I32 ToI32(F32 v) noexcept {
  int32_t values[16];
  RLX_EACH(i, 16) {
    const bool fits = v.v[i] >= -0x1p31f && v.v[i] < 0x1p31f;
    values[i] = fits ? static_cast<int32_t>(__builtin_rintf(v.v[i])) : INT32_MIN;
  }
  return LoadI(values);
}
inline int32_t SumI(I32 v) noexcept {
  uint32_t sum = 0;
  RLX_EACH(i, 16) sum += v.v[i];
  return static_cast<int32_t>(sum);
}
inline void StoreShort(int16_t* p, I32 v) noexcept {
  RLX_EACH(i, 16) p[i] = static_cast<int16_t>(v.v[i]);
}

RLX_INLINE Pairs LoadPairs(const void* p) noexcept {
  Pairs r;
  std::memcpy(&r, p, sizeof(r));
  return r;
}
RLX_INLINE void StorePairs(void* p, Pairs v) noexcept { std::memcpy(p, &v, sizeof(v)); }
RLX_INLINE Pairs SetPair(const int16_t* p) noexcept {
  uint32_t both;
  std::memcpy(&both, p, sizeof(both));
  return {both - Uint16{}};
}
RLX_INLINE Pairs SetBits(uint16_t bits) noexcept { return {(bits * 0x10001u) - Uint16{}}; }
inline Pairs LoadPairsI8(const int8_t* p) noexcept {
  int16_t values[32];
  RLX_EACH(i, 32) values[i] = p[i];
  return LoadPairs(values);
}
RLX_INLINE Pairs operator&(Pairs a, Pairs b) noexcept { return {a.v & b.v}; }
RLX_INLINE Pairs operator|(Pairs a, Pairs b) noexcept { return {a.v | b.v}; }
template <int n>
RLX_INLINE Pairs ShiftLeft(Pairs a) noexcept {
  return {reinterpret_cast<Uint16>(reinterpret_cast<Short32>(a.v) << n)};
}
template <int n>
RLX_INLINE Pairs ShiftRight(Pairs a) noexcept {
  return {reinterpret_cast<Uint16>(reinterpret_cast<Short32>(a.v) >> n)};
}
RLX_INLINE I32 Dot2(I32 acc, Pairs a, Pairs b) noexcept {
  const Int16 first =
      (reinterpret_cast<Int16>(a.v << 16) >> 16) * (reinterpret_cast<Int16>(b.v << 16) >> 16);
  const Int16 second = (reinterpret_cast<Int16>(a.v) >> 16) * (reinterpret_cast<Int16>(b.v) >> 16);
  return {acc.v + reinterpret_cast<Uint16>(first) + reinterpret_cast<Uint16>(second)};
}
RLX_INLINE ByteSums ZeroBytes() noexcept { return ZeroI(); }
// The product of byte n of every lane, to which `at` shifts it.
template <int at>
RLX_INLINE Int16 ByteProduct(Pairs w, Pairs x) noexcept {
  return (reinterpret_cast<Int16>(w.v << at) >> 24) * (reinterpret_cast<Int16>(x.v << at) >> 24);
}
RLX_INLINE ByteSums AddBytes(ByteSums sums, Pairs w, Pairs x) noexcept {
  const Int16 all =
      ByteProduct<0>(w, x) + ByteProduct<8>(w, x) + ByteProduct<16>(w, x) + ByteProduct<24>(w, x);
  return {sums.v + reinterpret_cast<Uint16>(all)};
}
RLX_INLINE I32 Whole(ByteSums high, ByteSums low) noexcept { return {(high.v << 8) + low.v}; }

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LANES_SCALAR_H_
