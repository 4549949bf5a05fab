// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sums of products over lanes: what both attention kernels spend their time in.

#ifndef RLX_KERNELS_PRODUCTS_H_
#define RLX_KERNELS_PRODUCTS_H_

#include "lanes.h"

namespace rlx::RLX_ISA {

// 16 elements as f32, or the first n of them and zeros. uint16_t is bf16.
RLX_INLINE F32 LoadCells(const float* p) noexcept { return Load(p); }
RLX_INLINE F32 LoadCells(const uint16_t* p) noexcept { return LoadBf16(p); }
RLX_INLINE F32 LoadCells(const int8_t* p) noexcept { return LoadI8(p); }
RLX_INLINE F32 LoadCells(const float* p, int n) noexcept { return LoadPart(p, n); }
template <class Cell>
RLX_INLINE F32 LoadCells(const Cell* p, int n) noexcept {
  Cell whole[16] = {};
  for (int i = 0; i < n; ++i) whole[i] = p[i];
  return LoadCells(whole);
}

// to[r][j] += sum_i by[r][i] from[i][j] for 16 lanes at j and i < N.
template <int N, class Loaded>
RLX_INLINE void AddProductsAt(const float* by, int64_t by_stride, int64_t rows,
                              const Loaded& loaded, float* to, int64_t to_stride) noexcept {
  F32 from[N];
  for (int i = 0; i < N; ++i) from[i] = loaded(i);
  for (int64_t r = 0; r < rows; ++r, by += by_stride, to += to_stride) {
    F32 sum = Load(to);
    for (int i = 0; i < N; ++i) sum = Fma(Set(by[i]), from[i], sum);
    Store(to, sum);
  }
}

// The same for all j < width.
template <int N, class Cell>
RLX_INLINE void AddProductsOf(const float* by, int64_t by_stride, int64_t rows, const Cell* from,
                              int64_t from_stride, int64_t width, float* to,
                              int64_t to_stride) noexcept {
  int64_t j = 0;
  for (; j + 16 <= width; j += 16) {
    const auto loaded = [&](int i) { return LoadCells(from + i * from_stride + j); };
    AddProductsAt<N>(by, by_stride, rows, loaded, to + j, to_stride);
  }
  if (j == width) return;
  const int rest = static_cast<int>(width - j);
  const auto loaded = [&](int i) { return LoadCells(from + i * from_stride + j, rest); };
  AddProductsAt<N>(by, by_stride, rows, loaded, to + j, to_stride);
}

// to[r][j] += sum_i by[r][i] from[i][j] for r < rows, i < count, j < width.
//
// Rows of `to` have room for whole vectors. Four rows of `from` are read side by side, so that
// `to`, which stays in the first cache, is read and written once for 4 products.
template <class Cell>
RLX_INLINE void AddProducts(const float* by, int64_t by_stride, int64_t rows, const Cell* from,
                            int64_t from_stride, int64_t count, int64_t width, float* to,
                            int64_t to_stride) noexcept {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    AddProductsOf<4>(by + i, by_stride, rows, from + i * from_stride, from_stride, width, to,
                     to_stride);
  }
  for (; i < count; ++i) {
    AddProductsOf<1>(by + i, by_stride, rows, from + i * from_stride, from_stride, width, to,
                     to_stride);
  }
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_PRODUCTS_H_
