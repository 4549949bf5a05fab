// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lanes of AVX2 with FMA and F16C: two registers of 8.

#ifndef RLX_KERNELS_LANES_AVX2_H_
#define RLX_KERNELS_LANES_AVX2_H_

#include <immintrin.h>

namespace rlx::RLX_ISA {

inline constexpr int kTileInt = 4;    // 8 of 16 registers are accumulators
inline constexpr int kTileFloat = 4;  // 8 of 16, and 4 for the weights of two k
inline constexpr int kPanelsInt = 1, kPanelsFloat = 1;
inline constexpr int kSums = 4;

struct F32 {
  __m256 a, b;
};
struct I32 {
  __m256i a, b;
};
struct Pairs {
  __m256i a, b;
};
// Two int16 a lane.
struct ByteSums {
  __m256i a, b;
};
struct Mask {
  __m256 a, b;
};

RLX_INLINE const __m256i* Wide(const void* p) noexcept { return static_cast<const __m256i*>(p); }
RLX_INLINE const __m128i* Half(const void* p) noexcept { return static_cast<const __m128i*>(p); }

RLX_INLINE F32 Set(float x) noexcept { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
RLX_INLINE F32 Zero() noexcept { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
RLX_INLINE F32 Load(const float* p) noexcept {
  return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
RLX_INLINE void Store(float* p, F32 v) noexcept {
  _mm256_storeu_ps(p, v.a);
  _mm256_storeu_ps(p + 8, v.b);
}
// All ones in the first n of 8 lanes.
RLX_INLINE __m256i FirstLanes(int n) noexcept {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
RLX_INLINE F32 LoadPart(const float* p, int n) noexcept {
  return {_mm256_maskload_ps(p, FirstLanes(n)), _mm256_maskload_ps(p + 8, FirstLanes(n - 8))};
}
RLX_INLINE void StorePart(float* p, F32 v, int n) noexcept {
  _mm256_maskstore_ps(p, FirstLanes(n), v.a);
  _mm256_maskstore_ps(p + 8, FirstLanes(n - 8), v.b);
}
RLX_INLINE F32 LoadF16(const uint16_t* p) noexcept {
  return {_mm256_cvtph_ps(_mm_loadu_si128(Half(p))), _mm256_cvtph_ps(_mm_loadu_si128(Half(p + 8)))};
}
RLX_INLINE __m256 WidenBf16(const uint16_t* p) noexcept {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(Half(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
RLX_INLINE F32 LoadBf16(const uint16_t* p) noexcept { return {WidenBf16(p), WidenBf16(p + 8)}; }
// The bf16 in the low halves of 8 int32.
RLX_INLINE __m256i RoundBf16(__m256 v) noexcept {
  const __m256i bits = _mm256_castps_si256(v);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i nan = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  return _mm256_srli_epi32(_mm256_blendv_epi8(up, nan, is_nan), 16);
}
RLX_INLINE void StoreBf16(uint16_t* p, F32 v) noexcept {
  const __m256i mixed = _mm256_packus_epi32(RoundBf16(v.a), RoundBf16(v.b));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(mixed, 0xd8));
}
// A shift and a mask of one load make 16 of them, where others need two loads and four operations:
// the even ones, then the odd ones.
#define RLX_LANES_MIX_BF16
RLX_INLINE F32 LoadBf16Mixed(const uint16_t* p) noexcept {
  __m256i pairs = _mm256_loadu_si256(Wide(p));
  asm("" : "+x"(pairs));  // GCC would load them twice
  const __m256i high = _mm256_set1_epi32(static_cast<int>(0xffff0000));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16)),
          _mm256_castsi256_ps(_mm256_and_si256(pairs, high))};
}
RLX_INLINE F32 InOrder(F32 v) noexcept {
  const __m256 low = _mm256_unpacklo_ps(v.a, v.b), high = _mm256_unpackhi_ps(v.a, v.b);
  return {_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31)};
}
RLX_INLINE void LoadBf16Pairs(const uint16_t* p, F32* even, F32* odd) noexcept {
  const __m256i a = _mm256_loadu_si256(Wide(p)), b = _mm256_loadu_si256(Wide(p + 16));
  const __m256i high = _mm256_set1_epi32(static_cast<int>(0xffff0000));
  *even = {_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)),
           _mm256_castsi256_ps(_mm256_slli_epi32(b, 16))};
  *odd = {_mm256_castsi256_ps(_mm256_and_si256(a, high)),
          _mm256_castsi256_ps(_mm256_and_si256(b, high))};
}
RLX_INLINE F32 LoadI8(const int8_t* p) noexcept {
  return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(Half(p)))),
          _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(Half(p + 8))))};
}
RLX_INLINE F32 LoadU8(const uint8_t* p) noexcept {
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(Half(p)))),
          _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(Half(p + 8))))};
}
RLX_INLINE F32 operator+(F32 x, F32 y) noexcept {
  return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)};
}
RLX_INLINE F32 operator-(F32 x, F32 y) noexcept {
  return {_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)};
}
RLX_INLINE F32 operator*(F32 x, F32 y) noexcept {
  return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)};
}
RLX_INLINE F32 operator/(F32 x, F32 y) noexcept {
  return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)};
}
RLX_INLINE F32 Fma(F32 x, F32 y, F32 z) noexcept {
  return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
// The empty asm keeps a sum where it is written, and in its register; see Dot2.
RLX_INLINE F32 Accumulate(F32 sum, F32 x, F32 y) noexcept {
  sum = Fma(x, y, sum);
  asm("" : "+x"(sum.a), "+x"(sum.b));
  return sum;
}
RLX_INLINE F32 Max(F32 x, F32 y) noexcept {
  return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)};
}
RLX_INLINE F32 Min(F32 x, F32 y) noexcept {
  return {_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)};
}
RLX_INLINE F32 Sqrt(F32 x) noexcept { return {_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)}; }
RLX_INLINE F32 Round(F32 x) noexcept {
  constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(x.a, kNearest), _mm256_round_ps(x.b, kNearest)};
}
RLX_INLINE __m256 PowerOfTwo(__m256 n) noexcept {
  const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}
RLX_INLINE F32 Scale(F32 x, F32 n) noexcept {
  return {_mm256_mul_ps(x.a, PowerOfTwo(n.a)), _mm256_mul_ps(x.b, PowerOfTwo(n.b))};
}
RLX_INLINE Mask Less(F32 x, F32 y) noexcept {
  return {_mm256_cmp_ps(x.a, y.a, _CMP_LT_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_LT_OQ)};
}
RLX_INLINE Mask Equal(F32 x, F32 y) noexcept {
  return {_mm256_cmp_ps(x.a, y.a, _CMP_EQ_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_EQ_OQ)};
}
RLX_INLINE F32 Select(Mask mask, F32 yes, F32 no) noexcept {
  return {_mm256_blendv_ps(no.a, yes.a, mask.a), _mm256_blendv_ps(no.b, yes.b, mask.b)};
}
RLX_INLINE bool Any(Mask mask) noexcept {
  return _mm256_movemask_ps(_mm256_or_ps(mask.a, mask.b)) != 0;
}
RLX_INLINE float Sum(F32 x) noexcept {
  const __m256 eight = _mm256_add_ps(x.a, x.b);
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
RLX_INLINE float MaxOf(F32 x) noexcept {
  const __m256 eight = _mm256_max_ps(x.a, x.b);
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

RLX_INLINE I32 SetI(int32_t x) noexcept { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
RLX_INLINE I32 ZeroI() noexcept { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
RLX_INLINE I32 LoadI(const int32_t* p) noexcept {
  return {_mm256_loadu_si256(Wide(p)), _mm256_loadu_si256(Wide(p + 8))};
}
RLX_INLINE void StoreI(int32_t* p, I32 v) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v.a);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), v.b);
}
RLX_INLINE I32 operator+(I32 x, I32 y) noexcept {
  return {_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)};
}
RLX_INLINE F32 ToF32(I32 v) noexcept { return {_mm256_cvtepi32_ps(v.a), _mm256_cvtepi32_ps(v.b)}; }
RLX_INLINE I32 ToI32(F32 v) noexcept { return {_mm256_cvtps_epi32(v.a), _mm256_cvtps_epi32(v.b)}; }

RLX_INLINE int32_t SumI(I32 v) noexcept {
  const __m256i eight = _mm256_add_epi32(v.a, v.b);
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}
RLX_INLINE void StoreShort(int16_t* p, I32 v) noexcept {
  const __m256i mixed = _mm256_packs_epi32(v.a, v.b);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(mixed, 0xd8));
}

RLX_INLINE Pairs LoadPairs(const void* p) noexcept {
  return {_mm256_loadu_si256(Wide(p)), _mm256_loadu_si256(Wide(p) + 1)};
}
RLX_INLINE void StorePairs(void* p, Pairs v) noexcept {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v.a);
  _mm256_storeu_si256(static_cast<__m256i*>(p) + 1, v.b);
}
RLX_INLINE Pairs SetPair(const int16_t* p) noexcept {
  int32_t both;
  __builtin_memcpy(&both, p, sizeof(both));
  return {_mm256_set1_epi32(both), _mm256_set1_epi32(both)};
}
RLX_INLINE Pairs SetBits(uint16_t bits) noexcept {
  const __m256i v = _mm256_set1_epi16(static_cast<int16_t>(bits));
  return {v, v};
}
RLX_INLINE Pairs LoadPairsI8(const int8_t* p) noexcept {
  return {_mm256_cvtepi8_epi16(_mm_loadu_si128(Half(p))),
          _mm256_cvtepi8_epi16(_mm_loadu_si128(Half(p + 16)))};
}
RLX_INLINE Pairs operator&(Pairs x, Pairs y) noexcept {
  return {_mm256_and_si256(x.a, y.a), _mm256_and_si256(x.b, y.b)};
}
RLX_INLINE Pairs operator|(Pairs x, Pairs y) noexcept {
  return {_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)};
}
template <int n>
RLX_INLINE Pairs ShiftLeft(Pairs x) noexcept {
  return {_mm256_slli_epi16(x.a, n), _mm256_slli_epi16(x.b, n)};
}
template <int n>
RLX_INLINE Pairs ShiftRight(Pairs x) noexcept {
  return {_mm256_srli_epi16(x.a, n), _mm256_srli_epi16(x.b, n)};
}
// The empty asm keeps each sum where it is written: GCC otherwise delays all of them and runs out
// of registers for the products.
RLX_INLINE I32 Dot2(I32 acc, Pairs x, Pairs y) noexcept {
  acc.a = _mm256_add_epi32(acc.a, _mm256_madd_epi16(x.a, y.a));
  acc.b = _mm256_add_epi32(acc.b, _mm256_madd_epi16(x.b, y.b));
  asm("" : "+x"(acc.a), "+x"(acc.b));
  return acc;
}
RLX_INLINE ByteSums ZeroBytes() noexcept {
  return {_mm256_setzero_si256(), _mm256_setzero_si256()};
}
RLX_INLINE ByteSums AddBytes(ByteSums sums, Pairs w, Pairs x) noexcept {
  sums.a = _mm256_add_epi16(sums.a, _mm256_maddubs_epi16(w.a, x.a));
  sums.b = _mm256_add_epi16(sums.b, _mm256_maddubs_epi16(w.b, x.b));
  asm("" : "+x"(sums.a), "+x"(sums.b));
  return sums;
}
RLX_INLINE I32 Whole(ByteSums high, ByteSums low) noexcept {
  const __m256i times = _mm256_set1_epi16(256), one = _mm256_set1_epi16(1);
  return {_mm256_add_epi32(_mm256_madd_epi16(high.a, times), _mm256_madd_epi16(low.a, one)),
          _mm256_add_epi32(_mm256_madd_epi16(high.b, times), _mm256_madd_epi16(low.b, one))};
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LANES_AVX2_H_
