// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sums of products over lanes: what both attention kernels spend their time in.

#ifndef RLX_KERNELS_PRODUCTS_H_
#define RLX_KERNELS_PRODUCTS_H_

#include "halves.h"
#include "lanes.h"
#include "rows_ahead.h"

namespace rlx::RLX_ISA {
namespace {

// Whether LoadCells gives lanes in another order than cells have: that of LoadBf16Mixed.
template <class Cell>
constexpr bool kMixed = false;
template <>
constexpr bool kMixed<Bf16> = kMixesBf16;

// 16 elements as f32, or the first n of them and zeros.
RLX_INLINE F32 LoadCells(const float* p) noexcept { return Load(p); }
RLX_INLINE F32 LoadCells(const Bf16* p) noexcept {
  return LoadBf16Mixed(reinterpret_cast<const uint16_t*>(p));
}
RLX_INLINE F32 LoadCells(const F16* p) noexcept {
  return LoadF16(reinterpret_cast<const uint16_t*>(p));
}
RLX_INLINE F32 LoadCells(const int8_t* p) noexcept { return LoadI8(p); }
RLX_INLINE F32 LoadCells(const float* p, int n) noexcept { return LoadPart(p, n); }
template <class Cell>
RLX_INLINE F32 LoadCells(const Cell* p, int n) noexcept {
  Cell whole[16] = {};
  for (int i = 0; i < n; ++i) whole[i] = p[i];
  return LoadCells(whole);
}

// sum + a b. Where rows go together, GCC would take sums out of their registers; see Accumulate.
template <class Cell>
RLX_INLINE F32 AddProduct(F32 sum, F32 a, F32 b) noexcept {
  return kLineVectors<Cell> > 1 ? Accumulate(sum, a, b) : Fma(a, b, sum);
}

// sums[r][c] += by[r][i] row[c] for C vectors of cells. With kPart only `rest` cells of the one
// vector are there.
template <int R, int C, bool kPart, class Cell>
RLX_INLINE void AddRow(Rows<const float> by, int64_t i, const Cell* row, int rest,
                       F32 (&sums)[R][C]) noexcept {
  F32 cells[C];
  RLX_UNROLL for (int c = 0; c < C; ++c) {
    cells[c] = kPart ? LoadCells(row, rest) : LoadCells(row + 16 * c);
  }
  RLX_UNROLL for (int r = 0; r < R; ++r) {
    const F32 factor = Set(by.data[r * by.stride + i]);
    RLX_UNROLL for (int c = 0; c < C; ++c) sums[r][c] =
        AddProduct<Cell>(sums[r][c], factor, cells[c]);
  }
}

// to[r][j] += sum_i by[r][i] from[i][j] for R rows and C vectors at j; i < count of each run. As
// many i go together as there are vectors in a line of memory, which is asked for once.
template <int R, int C, bool kPart, Source kSource, class Cell>
RLX_INLINE void AddVectors(Rows<const float> by, Rows<const Cell> from, int64_t count, int64_t j,
                           int rest, Rows<float> to, Ahead<kSource, Cell>& ahead) noexcept {
  F32 sums[R][C];
  RLX_UNROLL for (int r = 0; r < R; ++r) {
    RLX_UNROLL for (int c = 0; c < C; ++c) {
      sums[r][c] = Load(to.data + r * to.stride + j + 16 * c);
    }
  }
  ahead.At(j);
  constexpr int kTogether = kLineVectors<Cell>;
  const auto add = [&](int64_t i) __attribute__((always_inline)) {
    AddRow<R, C, kPart>(by, i, from.data + i * from.stride + j, rest, sums);
  };
  constexpr int kRuns = Ahead<kSource, Cell>::kRuns;
  int64_t i = 0;
  for (; i + kTogether <= count; i += kTogether) {
    RLX_UNROLL for (int n = 0; n < kRuns; ++n) {
      const int64_t first = i + n * ahead.Apart();
      ahead.template Ask<C>(first);
      RLX_UNROLL for (int more = 0; more < kTogether; ++more) add(first + more);
    }
  }
  if constexpr (kTogether > 1) {
    if (i < count) ahead.template Ask<C>(i);
    for (; i < count; ++i) {
      RLX_UNROLL for (int n = 0; n < kRuns; ++n) add(i + n * ahead.Apart());
    }
  }
  RLX_UNROLL for (int r = 0; r < R; ++r) {
    RLX_UNROLL for (int c = 0; c < C; ++c) {
      Store(to.data + r * to.stride + j + 16 * c, sums[r][c]);
    }
  }
}

// The same for all j < width: sums stay in registers, as many as there are for them.
template <int R, Source kSource, class Cell>
void AddSome(Rows<const float> by, Rows<const Cell> from, int64_t count, int64_t width,
             Rows<float> to, Ahead<kSource, Cell> ahead) noexcept {
  constexpr int kVectors = kSums / R < 1 ? 1 : kSums / R > 4 ? 4 : kSums / R;
  int64_t j = 0;
  for (; j + 16 * kVectors <= width; j += 16 * kVectors) {
    AddVectors<R, kVectors, false>(by, from, count, j, 0, to, ahead);
  }
  for (; j + 16 <= width; j += 16) {
    AddVectors<R, 1, false>(by, from, count, j, 0, to, ahead);
  }
  const int rest = static_cast<int>(width - j);
  if (rest > 0) AddVectors<R, 1, true>(by, from, count, j, rest, to, ahead);
}

// The same for any number of rows.
template <Source kSource, class Cell>
void AddBlock(Rows<const float> by, int64_t rows, Rows<const Cell> from, int64_t count,
              int64_t width, Rows<float> to, const Ahead<kSource, Cell>& ahead) noexcept {
  for (; rows >= 6; rows -= 6, by.data += 6 * by.stride, to.data += 6 * to.stride) {
    AddSome<6>(by, from, count, width, to, ahead);
  }
  if (rows == 5) return AddSome<5>(by, from, count, width, to, ahead);
  if (rows == 4) return AddSome<4>(by, from, count, width, to, ahead);
  if (rows == 3) return AddSome<3>(by, from, count, width, to, ahead);
  if (rows == 2) return AddSome<2>(by, from, count, width, to, ahead);
  if (rows == 1) return AddSome<1>(by, from, count, width, to, ahead);
}

// to[r][j] += sum_i by[r][i] from[i][j] for r < rows, i < count, j < width.
//
// Rows of `to` have room for whole vectors, with lanes in the order of LoadCells: SortLanes puts
// them in order. `block` rows of `from` are gone through at a time: as many as the first cache
// holds.
template <Source kSource, class Cell>
RLX_INLINE void AddProducts(Rows<const float> by, int64_t rows, Rows<const Cell> from,
                            int64_t count, int64_t block, int64_t width, Rows<float> to) noexcept {
  for (int64_t i = 0; i < count; i += block) {
    const int64_t some = count - i < block ? count - i : block;
    const Rows<const Cell> here{from.data + i * from.stride, from.stride};
    AddBlock(Rows<const float>{by.data + i, by.stride}, rows, here, some, width, to,
             Ahead<kSource, Cell>(here, some, width));
  }
}

// The same from memory. Rows are asked for a block ahead, and from strips what is read kStripAhead
// later: along these the CPU finds the way by itself, between those it does not.
template <class Cell>
void AddFromMemory(Rows<const float> by, int64_t rows, Rows<const Cell> from, int64_t count,
                   int64_t block, int64_t width, Rows<float> to) noexcept {
  if (width * static_cast<int64_t>(sizeof(Cell)) > kStripBytes) {
    AddProducts<Source::kStrips>(by, rows, from, count, block, width, to);
  } else {
    AddProducts<Source::kRows>(by, rows, from, count, block, width, to);
  }
}

// The same from memory that is one run: kValueStreams parts of the rows go side by side.
template <class Cell>
void AddFromStreams(Rows<const float> by, int64_t rows, Rows<const Cell> from, int64_t count,
                    int64_t block, int64_t width, Rows<float> to) noexcept {
  const int64_t part = count / kValueStreams, in_parts = part * kValueStreams;
  const int64_t most = block / kValueStreams;
  for (int64_t i = 0; i < part; i += most) {
    const int64_t some = part - i < most ? part - i : most;
    const Rows<const Cell> here{from.data + i * from.stride, from.stride};
    AddBlock(Rows<const float>{by.data + i, by.stride}, rows, here, some, width, to,
             Ahead<Source::kStreams, Cell>(here, part));
  }
  AddProducts<Source::kCache>(Rows<const float>{by.data + in_parts, by.stride}, rows,
                              Rows<const Cell>{from.data + in_parts * from.stride, from.stride},
                              count - in_parts, block, width, to);
}

// Puts the lanes of sums that AddProducts made of such cells in order.
template <class Cell>
void SortLanes(Rows<float> sums, int64_t rows, int64_t width) noexcept {
  for (int64_t r = 0; kMixed<Cell> && r < rows; ++r) {
    float* row = sums.data + r * sums.stride;
    for (int64_t j = 0; j < width; j += 16) Store(row + j, InOrder(Load(row + j)));
  }
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_PRODUCTS_H_
