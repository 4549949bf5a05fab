// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// AMX: tiles of 16 rows of 64 bytes, and their products.
//
// Eight registers hold a tile each. A product of bf16 adds to 16 x 16 sums in f32 those of 16 rows
// of x, 32 values each, with 32 values of 16 rows of weights, which stand in pairs as panels do:
// [16 pairs][16][2]. Denormal numbers count as 0. A product of int8 adds integers in the same way.
//
// For bf16 sums are tiles 0 to 3, those of x 4 and 5, those of weights 6 and 7; sums of tile x 4 +
// i and of weights 6 + j are tile 2 i + j.

#ifndef RLX_KERNELS_TILES_ISA_H_
#define RLX_KERNELS_TILES_ISA_H_

#include <array>
#include <cstdint>

#include "lanes.h"
#include "linear.h"

#ifdef RLX_AMX

#ifdef RLX_SIMDE
#include "tiles_plain.h"
#else
#include <immintrin.h>
#endif

namespace rlx::RLX_ISA {

constexpr int kTileLines = 16;  // rows of x, or of weights; with kTileK values of each

// Memory is as it was written when tiles and what they are like are loaded, and read behind their
// stores: the compiler does not know what these touch. GCC 12 leaves stores out whose memory only
// LDTILECFG reads.
RLX_INLINE void MemoryIsSeen(const void* address) noexcept {
  asm volatile("" : : "r"(address) : "memory");
}

// What the registers are used for while this lives. Threads are as they were after it.
class Tiles {
 public:
  // Products of bf16: tiles of x and of sums have as many rows as there are in the first and in the
  // second.
  Tiles(int first, int second) noexcept {
    for (int i : {0, 1, 4}) Describe(i, first, 64);
    for (int i : {2, 3, 5}) Describe(i, second, 64);
    for (int i : {6, 7}) Describe(i, kTileLines, 64);
    Load();
  }

  // Products of kSub bytes a row: so many rows of x, with sums in tiles 0 and 1.
  struct Bytes {
    int rows;
  };
  explicit Tiles(Bytes of) noexcept {
    for (int i : {0, 1}) Describe(i, of.rows, 64);
    Describe(4, of.rows, kSub);
    for (int i : {6, 7}) Describe(i, kSub / 4, 64);
    Load();
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

 private:
  void Describe(int tile, int rows, int bytes) noexcept {
    config_.rows[tile] = static_cast<uint8_t>(rows);
    config_.bytes[tile] = static_cast<uint16_t>(rows == 0 ? 0 : bytes);  // or it is not there
  }
  void Load() noexcept {
    MemoryIsSeen(&config_);
    _tile_loadconfig(&config_);
  }

  struct alignas(64) {
    uint8_t palette = 1, start = 0, unused[14] = {};
    uint16_t bytes[16] = {};  // of a row
    uint8_t rows[16] = {};
  } config_;
};

// Rows of 16 sums that are `stride` floats apart: those of panel j from sums[j] on, of the second
// block 16 rows further. They and x are loaded past the first-level cache, where weights stay,
// which all rows meet.
template <int blocks, int panels>
RLX_INLINE void LoadSums(const float* const* sums, int64_t stride) noexcept {
  MemoryIsSeen(sums);
  const int64_t apart = kTileLines * stride;
  _tile_stream_loadd(0, sums[0], stride * 4);
  if constexpr (panels == 2) _tile_stream_loadd(1, sums[1], stride * 4);
  if constexpr (blocks == 2) _tile_stream_loadd(2, sums[0] + apart, stride * 4);
  if constexpr (blocks * panels == 4) _tile_stream_loadd(3, sums[1] + apart, stride * 4);
}
RLX_INLINE void ZeroSums() noexcept {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}
template <int blocks, int panels>
RLX_INLINE void StoreSums(float* const* sums, int64_t stride) noexcept {
  const int64_t apart = kTileLines * stride;
  _tile_stored(0, sums[0], stride * 4);
  if constexpr (panels == 2) _tile_stored(1, sums[1], stride * 4);
  if constexpr (blocks == 2) _tile_stored(2, sums[0] + apart, stride * 4);
  if constexpr (blocks * panels == 4) _tile_stored(3, sums[1] + apart, stride * 4);
  MemoryIsSeen(sums);
}

// Rows of x that are `stride` values apart.
template <int blocks>
RLX_INLINE void LoadRows(const uint16_t* x, int64_t stride) noexcept {
  _tile_stream_loadd(4, x, stride * 2);
  if constexpr (blocks == 2) _tile_stream_loadd(5, x + kTileLines * stride, stride * 2);
}
template <int panels>
RLX_INLINE void LoadWeights(const uint16_t* first, const uint16_t* second) noexcept {
  _tile_loadd(6, first, 64);
  if constexpr (panels == 2) _tile_loadd(7, second, 64);
}
template <int blocks, int panels>
RLX_INLINE void AddProducts() noexcept {
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (panels == 2) _tile_dpbf16ps(1, 4, 7);
  if constexpr (blocks == 2) _tile_dpbf16ps(2, 5, 6);
  if constexpr (blocks * panels == 4) _tile_dpbf16ps(3, 5, 7);
}

// 32 bytes of each: two of the first and two of the second, in turns, byte by byte.
RLX_INLINE Pairs ZipBytes(const int8_t* first, const int8_t* second) noexcept {
  alignas(64) static constexpr auto kOrder = [] {
    std::array<uint8_t, 64> order = {};
    for (size_t i = 0; i < 64; ++i) order[i] = static_cast<uint8_t>(i / 2 + i % 2 * 32);
    return order;
  }();
  const __m512i both = _mm512_inserti64x4(
      _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(first))),
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(second)), 1);
  return {_mm512_permutexvar_epi8(_mm512_load_si512(kOrder.data()), both)};
}

// sums[j] = rows of x, kSub bytes each, times those of panel j, which stand as [kSub / 4][16][4].
// Both are signed.
template <int panels>
RLX_INLINE void MultiplyBytes(const void* x, int64_t stride, const int8_t* const* w,
                              int32_t* const* sums) noexcept {
  MemoryIsSeen(w);
  _tile_loadd(4, x, stride);
  _tile_zero(0);
  _tile_loadd(6, w[0], 64);
  _tile_dpbssd(0, 4, 6);
  _tile_stored(0, sums[0], 64);
  if constexpr (panels == 2) {
    _tile_zero(1);
    _tile_loadd(7, w[1], 64);
    _tile_dpbssd(1, 4, 7);
    _tile_stored(1, sums[1], 64);
  }
  MemoryIsSeen(sums);
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_AMX

#endif  // RLX_KERNELS_TILES_ISA_H_
