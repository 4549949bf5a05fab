// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lanes of NEON on AArch64: four registers of 4.

#ifndef RLX_KERNELS_LANES_NEON_H_
#define RLX_KERNELS_LANES_NEON_H_

#include <arm_neon.h>

namespace rlx::RLX_ISA {

inline constexpr int kTileInt = 4;    // 16 of 32 registers are accumulators
inline constexpr int kTileFloat = 4;  // 16 of 32, and 8 for the weights of two k
inline constexpr int kPanelsInt = 1, kPanelsFloat = 1;
inline constexpr int kSums = 4;

struct F32 {
  float32x4_t v[4];
};
struct I32 {
  int32x4_t v[4];
};
struct Pairs {
  int16x8_t v[4];
};
// Two int16 a lane.
struct ByteSums {
  int16x8_t v[4];
};
struct Mask {
  uint32x4_t v[4];
};

// r.v[i] = expression, for all four registers.
#define RLX_FOUR(type, expression)                                           \
  type r;                                                                    \
  _Pragma("GCC unroll 4") for (int i = 0; i < 4; ++i) r.v[i] = (expression); \
  return r

RLX_INLINE F32 Set(float x) noexcept { RLX_FOUR(F32, vdupq_n_f32(x)); }
RLX_INLINE F32 Zero() noexcept { return Set(0.0f); }
RLX_INLINE F32 Load(const float* p) noexcept { RLX_FOUR(F32, vld1q_f32(p + 4 * i)); }
RLX_INLINE void Store(float* p, F32 v) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) vst1q_f32(p + 4 * i, v.v[i]);
}
RLX_INLINE F32 LoadPart(const float* p, int n) noexcept {
  float part[16] = {};
  for (int i = 0; i < n; ++i) part[i] = p[i];
  return Load(part);
}
RLX_INLINE void StorePart(float* p, F32 v, int n) noexcept {
  float part[16];
  Store(part, v);
  for (int i = 0; i < n; ++i) p[i] = part[i];
}
RLX_INLINE F32 LoadF16(const uint16_t* p) noexcept {
  RLX_FOUR(F32, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i))));
}
RLX_INLINE F32 LoadBf16(const uint16_t* p) noexcept {
  RLX_FOUR(F32, vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p + 4 * i), 16)));
}
RLX_INLINE uint16x4_t RoundBf16(float32x4_t v) noexcept {
  const uint32x4_t bits = vreinterpretq_u32_f32(v);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t up = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
  const uint32x4_t nan = vorrq_u32(bits, vdupq_n_u32(0x400000));
  return vshrn_n_u32(vbslq_u32(vceqq_f32(v, v), up, nan), 16);
}
RLX_INLINE void StoreBf16(uint16_t* p, F32 v) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) vst1_u16(p + 4 * i, RoundBf16(v.v[i]));
}
RLX_INLINE void LoadBf16Pairs(const uint16_t* p, F32* even, F32* odd) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) {
    const uint32x4_t bits = vreinterpretq_u32_u16(vld1q_u16(p + 8 * i));
    even->v[i] = vreinterpretq_f32_u32(vshlq_n_u32(bits, 16));
    odd->v[i] = vreinterpretq_f32_u32(vandq_u32(bits, vdupq_n_u32(0xffff0000u)));
  }
}
RLX_INLINE F32 FromShorts(int16x8_t low, int16x8_t high) noexcept {
  return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_high_s16(low)),
           vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_high_s16(high))}};
}
RLX_INLINE F32 LoadI8(const int8_t* p) noexcept {
  const int8x16_t bytes = vld1q_s8(p);
  return FromShorts(vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes));
}
RLX_INLINE F32 LoadU8(const uint8_t* p) noexcept {
  const uint8x16_t bytes = vld1q_u8(p);
  return FromShorts(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(bytes))),
                    vreinterpretq_s16_u16(vmovl_high_u8(bytes)));
}
RLX_INLINE F32 operator+(F32 x, F32 y) noexcept { RLX_FOUR(F32, vaddq_f32(x.v[i], y.v[i])); }
RLX_INLINE F32 operator-(F32 x, F32 y) noexcept { RLX_FOUR(F32, vsubq_f32(x.v[i], y.v[i])); }
RLX_INLINE F32 operator*(F32 x, F32 y) noexcept { RLX_FOUR(F32, vmulq_f32(x.v[i], y.v[i])); }
RLX_INLINE F32 operator/(F32 x, F32 y) noexcept { RLX_FOUR(F32, vdivq_f32(x.v[i], y.v[i])); }
RLX_INLINE F32 Fma(F32 x, F32 y, F32 z) noexcept {
  RLX_FOUR(F32, vfmaq_f32(z.v[i], x.v[i], y.v[i]));
}
RLX_INLINE F32 Accumulate(F32 sum, F32 x, F32 y) noexcept { return Fma(x, y, sum); }
RLX_INLINE F32 Max(F32 x, F32 y) noexcept {
  RLX_FOUR(F32, vbslq_f32(vcgtq_f32(x.v[i], y.v[i]), x.v[i], y.v[i]));
}
RLX_INLINE F32 Min(F32 x, F32 y) noexcept {
  RLX_FOUR(F32, vbslq_f32(vcltq_f32(x.v[i], y.v[i]), x.v[i], y.v[i]));
}
RLX_INLINE F32 Sqrt(F32 x) noexcept { RLX_FOUR(F32, vsqrtq_f32(x.v[i])); }
RLX_INLINE F32 Round(F32 x) noexcept { RLX_FOUR(F32, vrndnq_f32(x.v[i])); }
RLX_INLINE F32 Scale(F32 x, F32 n) noexcept {
  RLX_FOUR(F32, vmulq_f32(x.v[i], vreinterpretq_f32_s32(vshlq_n_s32(
                                      vaddq_s32(vcvtnq_s32_f32(n.v[i]), vdupq_n_s32(127)), 23))));
}
RLX_INLINE Mask Less(F32 x, F32 y) noexcept { RLX_FOUR(Mask, vcltq_f32(x.v[i], y.v[i])); }
RLX_INLINE Mask Equal(F32 x, F32 y) noexcept { RLX_FOUR(Mask, vceqq_f32(x.v[i], y.v[i])); }
RLX_INLINE F32 Select(Mask mask, F32 yes, F32 no) noexcept {
  RLX_FOUR(F32, vbslq_f32(mask.v[i], yes.v[i], no.v[i]));
}
RLX_INLINE bool Any(Mask mask) noexcept {
  const uint32x4_t low = vorrq_u32(mask.v[0], mask.v[1]), high = vorrq_u32(mask.v[2], mask.v[3]);
  return vmaxvq_u32(vorrq_u32(low, high)) != 0;
}
// The halves that the AVX2 lanes add first, so that sums come out the same.
RLX_INLINE float Sum(F32 x) noexcept {
  const float32x4_t four = vaddq_f32(vaddq_f32(x.v[0], x.v[2]), vaddq_f32(x.v[1], x.v[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
RLX_INLINE float MaxOf(F32 x) noexcept {
  float values[16], most;
  Store(values, x);
  most = values[0];
  for (float value : values) most = value > most ? value : most;
  return most;
}

RLX_INLINE I32 SetI(int32_t x) noexcept { RLX_FOUR(I32, vdupq_n_s32(x)); }
RLX_INLINE I32 ZeroI() noexcept { return SetI(0); }
RLX_INLINE I32 LoadI(const int32_t* p) noexcept { RLX_FOUR(I32, vld1q_s32(p + 4 * i)); }
RLX_INLINE void StoreI(int32_t* p, I32 v) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) vst1q_s32(p + 4 * i, v.v[i]);
}
RLX_INLINE I32 operator+(I32 x, I32 y) noexcept { RLX_FOUR(I32, vaddq_s32(x.v[i], y.v[i])); }
RLX_INLINE F32 ToF32(I32 v) noexcept { RLX_FOUR(F32, vcvtq_f32_s32(v.v[i])); }
RLX_INLINE I32 ToI32(F32 v) noexcept { RLX_FOUR(I32, vcvtnq_s32_f32(v.v[i])); }
RLX_INLINE int32_t SumI(I32 v) noexcept {
  return vaddvq_s32(vaddq_s32(vaddq_s32(v.v[0], v.v[1]), vaddq_s32(v.v[2], v.v[3])));
}
RLX_INLINE void StoreShort(int16_t* p, I32 v) noexcept {
  vst1q_s16(p, vcombine_s16(vmovn_s32(v.v[0]), vmovn_s32(v.v[1])));
  vst1q_s16(p + 8, vcombine_s16(vmovn_s32(v.v[2]), vmovn_s32(v.v[3])));
}

RLX_INLINE Pairs LoadPairs(const void* p) noexcept {
  RLX_FOUR(Pairs, vld1q_s16(static_cast<const int16_t*>(p) + 8 * i));
}
RLX_INLINE void StorePairs(void* p, Pairs v) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) vst1q_s16(static_cast<int16_t*>(p) + 8 * i, v.v[i]);
}
RLX_INLINE Pairs SetPair(const int16_t* p) noexcept {
  int32_t both;
  __builtin_memcpy(&both, p, sizeof(both));
  RLX_FOUR(Pairs, vreinterpretq_s16_s32(vdupq_n_s32(both)));
}
RLX_INLINE Pairs SetBits(uint16_t bits) noexcept {
  RLX_FOUR(Pairs, vreinterpretq_s16_u16(vdupq_n_u16(bits)));
}
RLX_INLINE Pairs LoadPairsI8(const int8_t* p) noexcept {
  RLX_FOUR(Pairs, vmovl_s8(vld1_s8(p + 8 * i)));
}
RLX_INLINE Pairs operator&(Pairs x, Pairs y) noexcept {
  RLX_FOUR(Pairs, vandq_s16(x.v[i], y.v[i]));
}
RLX_INLINE Pairs operator|(Pairs x, Pairs y) noexcept {
  RLX_FOUR(Pairs, vorrq_s16(x.v[i], y.v[i]));
}
template <int n>
RLX_INLINE Pairs ShiftLeft(Pairs x) noexcept {
  RLX_FOUR(Pairs, vshlq_n_s16(x.v[i], n));
}
template <int n>
RLX_INLINE Pairs ShiftRight(Pairs x) noexcept {
  RLX_FOUR(Pairs, vreinterpretq_s16_u16(vshrq_n_u16(vreinterpretq_u16_s16(x.v[i]), n)));
}
RLX_INLINE I32 Dot2(I32 acc, Pairs x, Pairs y) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int32x4_t low = vmull_s16(vget_low_s16(x.v[i]), vget_low_s16(y.v[i]));
    acc.v[i] = vaddq_s32(acc.v[i], vpaddq_s32(low, vmull_high_s16(x.v[i], y.v[i])));
  }
  return acc;
}
RLX_INLINE ByteSums ZeroBytes() noexcept { RLX_FOUR(ByteSums, vdupq_n_s16(0)); }
RLX_INLINE ByteSums AddBytes(ByteSums sums, Pairs w, Pairs x) noexcept {
  RLX_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int8x16_t a = vreinterpretq_s8_s16(w.v[i]), b = vreinterpretq_s8_s16(x.v[i]);
    const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    sums.v[i] = vaddq_s16(sums.v[i], vpaddq_s16(low, vmull_high_s8(a, b)));
  }
  return sums;
}
RLX_INLINE I32 Whole(ByteSums high, ByteSums low) noexcept {
  RLX_FOUR(I32, vpadalq_s16(vshlq_n_s32(vpaddlq_s16(high.v[i]), 8), low.v[i]));
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LANES_NEON_H_
