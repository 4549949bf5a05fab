// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// 16 rows of bytes -> 16 lanes, as panels have them; with the vectors that every compiler here has,
// so once for all instruction sets.

#ifndef RLX_KERNELS_TRANSPOSE_H_
#define RLX_KERNELS_TRANSPOSE_H_

#include <cstdint>
#include <cstring>

#include "formats.h"

namespace rlx {

#ifdef __clang__
#define RLX_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define RLX_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Vector{__VA_ARGS__})
#endif

// 16 bytes of a row, as lanes of T.
template <class T>
struct Piece;
template <>
struct Piece<uint16_t> {
  typedef uint16_t Vector __attribute__((vector_size(16)));
  static Vector ZipLow(Vector a, Vector b) noexcept {
    return RLX_SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  }
  static Vector ZipHigh(Vector a, Vector b) noexcept {
    return RLX_SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
};
template <>
struct Piece<uint32_t> {
  typedef uint32_t Vector __attribute__((vector_size(16)));
  static Vector ZipLow(Vector a, Vector b) noexcept { return RLX_SHUFFLE(a, b, 0, 4, 1, 5); }
  static Vector ZipHigh(Vector a, Vector b) noexcept { return RLX_SHUFFLE(a, b, 2, 6, 3, 7); }
};

template <class T, class Vector>
void ZipHalves(const Vector (&from)[kPanelRows], Vector (&to)[kPanelRows]) noexcept {
#pragma GCC unroll 8
  for (int i = 0; i < kPanelRows / 2; ++i) {
    to[2 * i] = Piece<T>::ZipLow(from[i], from[i + kPanelRows / 2]);
    to[2 * i + 1] = Piece<T>::ZipHigh(from[i], from[i + kPanelRows / 2]);
  }
}

// out[unit][lane] = unit of row `lane`, for the 16 bytes at `at` of each of 16 rows. Zipping the
// upper half of 256 bytes into the lower one moves the topmost bit of every unit's number to the
// bottom; done four times, the number of the row is where that of the unit was.
template <class T>
void Transpose(const uint8_t* const (&row)[kPanelRows], int64_t at, uint8_t* out) noexcept {
  using Vector = typename Piece<T>::Vector;
  Vector a[kPanelRows], b[kPanelRows];
  for (int lane = 0; lane < kPanelRows; ++lane) std::memcpy(&a[lane], row[lane] + at, 16);
  ZipHalves<T>(a, b);
  ZipHalves<T>(b, a);
  ZipHalves<T>(a, b);
  ZipHalves<T>(b, a);
  std::memcpy(out, a, sizeof a);
}

#undef RLX_SHUFFLE

}  // namespace rlx

#endif  // RLX_KERNELS_TRANSPOSE_H_
