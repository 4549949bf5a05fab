// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lanes of AVX-512 (F, BW, DQ, VL): one register of 16, of which there are 32.
//
// RLX_AVX512_VNNI and RLX_AVX512_BF16 say that the CPU adds products of pairs of int16, or of bf16,
// to a sum in one instruction. RLX_SIMDE compiles the same text for any CPU, to test it there.

#ifndef RLX_KERNELS_LANES_AVX512_H_
#define RLX_KERNELS_LANES_AVX512_H_

#ifdef RLX_SIMDE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>
#else
#include <immintrin.h>
#endif

namespace rlx::RLX_ISA {

inline constexpr int kTileInt = 8;  // 16 of 32 registers are sums of a sub and before it, or of two
inline constexpr int kTileFloat = 8;  // as many as keep two multipliers busy
inline constexpr int kPanelsInt = 2, kPanelsFloat = 2;
inline constexpr int kSums = 16;

struct F32 {
  __m512 v;
};
struct I32 {
  __m512i v;
};
struct Pairs {
  __m512i v;
};
// Sums of int32, with VNNI; else two int16 a lane.
struct ByteSums {
  __m512i v;
};
struct Mask {
  __mmask16 v;
};

RLX_INLINE F32 Set(float x) noexcept { return {_mm512_set1_ps(x)}; }
RLX_INLINE F32 Zero() noexcept { return {_mm512_setzero_ps()}; }
RLX_INLINE F32 Load(const float* p) noexcept { return {_mm512_loadu_ps(p)}; }
RLX_INLINE void Store(float* p, F32 v) noexcept { _mm512_storeu_ps(p, v.v); }
RLX_INLINE __mmask16 FirstLanes(int n) noexcept { return static_cast<__mmask16>((1u << n) - 1); }
RLX_INLINE F32 LoadPart(const float* p, int n) noexcept {
  return {_mm512_maskz_loadu_ps(FirstLanes(n), p)};
}
RLX_INLINE void StorePart(float* p, F32 v, int n) noexcept {
#ifdef RLX_SIMDE  // which writes all lanes, those left out as it found them: other threads write
                  // these
  float all[16];
  _mm512_storeu_ps(all, v.v);
  for (int i = 0; i < n; ++i) p[i] = all[i];
#else
  _mm512_mask_storeu_ps(p, FirstLanes(n), v.v);
#endif
}
RLX_INLINE __m256i Load256(const void* p) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
RLX_INLINE __m128i Load128(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
RLX_INLINE F32 LoadF16(const uint16_t* p) noexcept { return {_mm512_cvtph_ps(Load256(p))}; }
RLX_INLINE F32 LoadBf16(const uint16_t* p) noexcept {
  const __m512i wide = _mm512_cvtepu16_epi32(Load256(p));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
// The bits of bf16, in the low half of every lane.
RLX_INLINE __m512i RoundToBf16(F32 v) noexcept {
  const __m512i bits = _mm512_castps_si512(v.v);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i nan = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  const __mmask16 is_nan = _mm512_cmp_ps_mask(v.v, v.v, _CMP_UNORD_Q);
  return _mm512_srli_epi32(_mm512_mask_mov_epi32(up, is_nan, nan), 16);
}
RLX_INLINE void StoreBf16(uint16_t* p, F32 v) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(RoundToBf16(v)));
}
RLX_INLINE void SplitPairs(Pairs v, F32* even, F32* odd) noexcept {
  const __m512i high = _mm512_set1_epi32(static_cast<int>(0xffff0000));
  even->v = _mm512_castsi512_ps(_mm512_slli_epi32(v.v, 16));
  odd->v = _mm512_castsi512_ps(_mm512_and_si512(v.v, high));
}
RLX_INLINE void LoadBf16Pairs(const uint16_t* p, F32* even, F32* odd) noexcept {
  SplitPairs({_mm512_loadu_si512(p)}, even, odd);
}
RLX_INLINE F32 LoadI8(const int8_t* p) noexcept {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(Load128(p)))};
}
RLX_INLINE F32 LoadU8(const uint8_t* p) noexcept {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(Load128(p)))};
}
RLX_INLINE F32 operator+(F32 x, F32 y) noexcept { return {_mm512_add_ps(x.v, y.v)}; }
RLX_INLINE F32 operator-(F32 x, F32 y) noexcept { return {_mm512_sub_ps(x.v, y.v)}; }
RLX_INLINE F32 operator*(F32 x, F32 y) noexcept { return {_mm512_mul_ps(x.v, y.v)}; }
RLX_INLINE F32 operator/(F32 x, F32 y) noexcept { return {_mm512_div_ps(x.v, y.v)}; }
RLX_INLINE F32 Fma(F32 x, F32 y, F32 z) noexcept { return {_mm512_fmadd_ps(x.v, y.v, z.v)}; }
RLX_INLINE F32 Accumulate(F32 sum, F32 x, F32 y) noexcept { return Fma(x, y, sum); }
RLX_INLINE F32 Max(F32 x, F32 y) noexcept { return {_mm512_max_ps(x.v, y.v)}; }
RLX_INLINE F32 Min(F32 x, F32 y) noexcept { return {_mm512_min_ps(x.v, y.v)}; }
RLX_INLINE F32 Sqrt(F32 x) noexcept { return {_mm512_sqrt_ps(x.v)}; }
RLX_INLINE F32 Round(F32 x) noexcept {
  return {_mm512_roundscale_ps(x.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
RLX_INLINE F32 Scale(F32 x, F32 n) noexcept {
  const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
  return {_mm512_mul_ps(x.v, _mm512_castsi512_ps(_mm512_slli_epi32(biased, 23)))};
}
RLX_INLINE Mask Less(F32 x, F32 y) noexcept { return {_mm512_cmp_ps_mask(x.v, y.v, _CMP_LT_OQ)}; }
RLX_INLINE Mask Equal(F32 x, F32 y) noexcept { return {_mm512_cmp_ps_mask(x.v, y.v, _CMP_EQ_OQ)}; }
RLX_INLINE F32 Select(Mask mask, F32 yes, F32 no) noexcept {
  return {_mm512_mask_mov_ps(no.v, mask.v, yes.v)};
}
RLX_INLINE bool Any(Mask mask) noexcept { return mask.v != 0; }
// The halves that the AVX2 lanes add first, so that sums come out the same.
RLX_INLINE float Sum(F32 x) noexcept {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x.v), _mm512_extractf32x8_ps(x.v, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
RLX_INLINE float MaxOf(F32 x) noexcept {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(x.v), _mm512_extractf32x8_ps(x.v, 1));
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

RLX_INLINE I32 SetI(int32_t x) noexcept { return {_mm512_set1_epi32(x)}; }
RLX_INLINE I32 ZeroI() noexcept { return {_mm512_setzero_si512()}; }
RLX_INLINE I32 LoadI(const int32_t* p) noexcept { return {_mm512_loadu_si512(p)}; }
RLX_INLINE void StoreI(int32_t* p, I32 v) noexcept { _mm512_storeu_si512(p, v.v); }
RLX_INLINE I32 operator+(I32 x, I32 y) noexcept { return {_mm512_add_epi32(x.v, y.v)}; }
RLX_INLINE F32 ToF32(I32 v) noexcept { return {_mm512_cvtepi32_ps(v.v)}; }
RLX_INLINE I32 ToI32(F32 v) noexcept { return {_mm512_cvtps_epi32(v.v)}; }
RLX_INLINE int32_t SumI(I32 v) noexcept {
  const __m256i eight =
      _mm256_add_epi32(_mm512_castsi512_si256(v.v), _mm512_extracti64x4_epi64(v.v, 1));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}
RLX_INLINE void StoreShort(int16_t* p, I32 v) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(v.v));
}

RLX_INLINE Pairs LoadPairs(const void* p) noexcept { return {_mm512_loadu_si512(p)}; }
RLX_INLINE void StorePairs(void* p, Pairs v) noexcept { _mm512_storeu_si512(p, v.v); }
RLX_INLINE Pairs SetPair(const int16_t* p) noexcept {
  int32_t both;
  __builtin_memcpy(&both, p, sizeof(both));
  return {_mm512_set1_epi32(both)};
}
RLX_INLINE Pairs SetBits(uint16_t bits) noexcept {
  return {_mm512_set1_epi16(static_cast<int16_t>(bits))};
}
RLX_INLINE Pairs LoadPairsI8(const int8_t* p) noexcept {
  return {_mm512_cvtepi8_epi16(Load256(p))};
}
RLX_INLINE Pairs operator&(Pairs x, Pairs y) noexcept { return {_mm512_and_si512(x.v, y.v)}; }
RLX_INLINE Pairs operator|(Pairs x, Pairs y) noexcept { return {_mm512_or_si512(x.v, y.v)}; }
template <int n>
RLX_INLINE Pairs ShiftLeft(Pairs x) noexcept {
  return {_mm512_slli_epi16(x.v, n)};
}
template <int n>
RLX_INLINE Pairs ShiftRight(Pairs x) noexcept {
  return {_mm512_srli_epi16(x.v, n)};
}
RLX_INLINE I32 Dot2(I32 acc, Pairs x, Pairs y) noexcept {
#ifdef RLX_AVX512_VNNI
  return {_mm512_dpwssd_epi32(acc.v, x.v, y.v)};
#else
  acc.v = _mm512_add_epi32(acc.v, _mm512_madd_epi16(x.v, y.v));
#ifndef RLX_SIMDE
  asm("" : "+v"(acc.v));  // keeps the sum where it is written; see lanes_avx2.h
#endif
  return acc;
#endif
}

RLX_INLINE ByteSums ZeroBytes() noexcept { return {_mm512_setzero_si512()}; }
RLX_INLINE ByteSums AddBytes(ByteSums sums, Pairs w, Pairs x) noexcept {
#ifdef RLX_AVX512_VNNI
  return {_mm512_dpbusd_epi32(sums.v, w.v, x.v)};
#else
  return {_mm512_add_epi16(sums.v, _mm512_maddubs_epi16(w.v, x.v))};
#endif
}
RLX_INLINE I32 Whole(ByteSums high, ByteSums low) noexcept {
#ifdef RLX_AVX512_VNNI
  return {_mm512_add_epi32(_mm512_slli_epi32(high.v, 8), low.v)};
#else
  return {_mm512_add_epi32(_mm512_madd_epi16(high.v, _mm512_set1_epi16(256)),
                           _mm512_madd_epi16(low.v, _mm512_set1_epi16(1)))};
#endif
}

#ifdef RLX_AVX512_VNNI
#define RLX_LANES_DOT_BYTES
struct Bytes {
  __m512i v;
};
RLX_INLINE Bytes LoadBytes(const int8_t* p) noexcept { return {_mm512_loadu_si512(p)}; }
RLX_INLINE Bytes LoadBytes(const int8_t* p, int n) noexcept {
  return {_mm512_maskz_loadu_epi8((__mmask64{1} << n) - 1, p)};
}
// Lane 4 i + j of vector v gets column 16 i + 4 v + j.
RLX_INLINE void Interleave(const Bytes (&row)[4], Pairs (&first)[4], Pairs (&second)[4]) noexcept {
  const __m512i even[] = {_mm512_unpacklo_epi8(row[0].v, row[2].v),
                          _mm512_unpackhi_epi8(row[0].v, row[2].v)};
  const __m512i odd[] = {_mm512_unpacklo_epi8(row[1].v, row[3].v),
                         _mm512_unpackhi_epi8(row[1].v, row[3].v)};
  const __m512i low = _mm512_set1_epi16(0xff), from128 = _mm512_set1_epi8(-128);
  constexpr int kXorAnd = (0xf0 ^ 0xcc) & 0xaa;
  RLX_UNROLL
  for (int v = 0; v < 4; ++v) {
    const __m512i all = v % 2 == 0 ? _mm512_unpacklo_epi16(even[v / 2], odd[v / 2])
                                   : _mm512_unpackhi_epi16(even[v / 2], odd[v / 2]);
    first[v].v = _mm512_ternarylogic_epi32(all, from128, low, kXorAnd);
    second[v].v = _mm512_srai_epi16(all, 8);
  }
}
RLX_INLINE void InOrder(I32 (&v)[4]) noexcept {
  const __m512i a = _mm512_shuffle_i32x4(v[0].v, v[1].v, 0x44);
  const __m512i b = _mm512_shuffle_i32x4(v[2].v, v[3].v, 0x44);
  const __m512i c = _mm512_shuffle_i32x4(v[0].v, v[1].v, 0xee);
  const __m512i d = _mm512_shuffle_i32x4(v[2].v, v[3].v, 0xee);
  v[0].v = _mm512_shuffle_i32x4(a, b, 0x88);
  v[1].v = _mm512_shuffle_i32x4(a, b, 0xdd);
  v[2].v = _mm512_shuffle_i32x4(c, d, 0x88);
  v[3].v = _mm512_shuffle_i32x4(c, d, 0xdd);
}
RLX_INLINE int32_t SumOfFirst(I32 v) noexcept {
  return SumI({_mm512_maskz_mov_epi32(0x3333, v.v)});
}
RLX_INLINE I32 Accumulate(I32 sum, Pairs x, Pairs y) noexcept {
  sum = Dot2(sum, x, y);
#ifndef RLX_SIMDE
  asm("" : "+v"(sum.v));  // GCC would copy sums, and put them into memory
#endif
  return sum;
}
#endif

#ifdef RLX_AVX512_BF16
#define RLX_LANES_DOT_BF16
RLX_INLINE void WidenPairs(Pairs v, F32* first, F32* second) noexcept {
  first->v = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(v.v, 16), 16));
  second->v = _mm512_cvtepi32_ps(_mm512_srai_epi32(v.v, 16));
}
RLX_INLINE Pairs RoundPairs(F32 first, F32 second) noexcept {
#ifdef RLX_SIMDE  // which lacks the conversion
  return {_mm512_or_si512(RoundToBf16(first), _mm512_slli_epi32(RoundToBf16(second), 16))};
#else
  __m512i both;  // all of the first, then all of the second
  const __m512bh rounded = _mm512_cvtne2ps_pbh(second.v, first.v);
  __builtin_memcpy(&both, &rounded, sizeof(both));
  alignas(64) static constexpr int16_t kTurns[] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                   21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                   11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return {_mm512_permutexvar_epi16(_mm512_load_si512(kTurns), both)};
#endif
}
RLX_INLINE F32 DotBf16(F32 acc, Pairs x, Pairs y) noexcept {
  __m512bh a, b;
  __builtin_memcpy(&a, &x.v, sizeof(a));
  __builtin_memcpy(&b, &y.v, sizeof(b));
  return {_mm512_dpbf16_ps(acc.v, a, b)};
}
#endif

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LANES_AVX512_H_
