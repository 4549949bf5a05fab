// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with floating-point weights: multiply-and-add of f32, or of pairs of bf16.
//
// Sums of a tile of rows stay in registers while weights stream by. With more rows, tile after tile
// goes over a part of one panel or, where registers hold the sums of two, of both, so that x is
// loaded once for them; widening weights again for every tile costs less than storing them.

#ifndef RLX_KERNELS_LINEAR_FLOAT_ISA_H_
#define RLX_KERNELS_LINEAR_FLOAT_ISA_H_

#include "lanes.h"
#include "linear.h"
#include "rows_isa.h"
#include "side_by_side_isa.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int kPart = 256 * kPanelsFloat;  // values along k that all rows go over

// Sums of a result that go side by side, so that one multiply-and-add need not wait for the one
// before.
template <int results>
constexpr int kChains = results >= kTileFloat       ? 1
                        : 2 * results >= kTileFloat ? 2
                                                    : 4;

template <class X>
using PairsInLine = InLine<X, 2, kTileFloat>;
template <class X>
using PairsInEights = InEights<X, 2, kTileFloat>;

// Rows of a part of x from one on, as the numbers that are multiplied.
template <class Rows>
RLX_INLINE Rows RowsOf(const Ready& x, int64_t row) noexcept {
  if constexpr (sizeof(typename Rows::Number) == sizeof(float)) {
    return Rows(x.floats, x.stride, x.begin, row);
  } else {
    return Rows(x.halves, x.stride, x.begin, row);
  }
}

// y[r][..] += w[k] x[r][k] + w[k + 1] x[r][k + 1], for even k.
template <int rows, int chains, class Weights, class Rows>
  requires(sizeof(typename Rows::Number) == sizeof(float))
RLX_INLINE void AddTwo(const Weights& w, int64_t k, const Rows& x, int chain,
                       F32 (&y)[rows][chains]) noexcept {
  F32 w0, w1;
  w.Two(k, &w0, &w1);
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    F32& sum = y[r][chain % chains];
    sum = Accumulate(sum, w0, Set(x.At(r, k)[0]));
  }
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    F32& sum = y[r][(chain + 1) % chains];
    sum = Accumulate(sum, w1, Set(x.At(r, k)[1]));
  }
}

#ifdef RLX_LANES_DOT_BF16
template <int rows, int chains, class Weights, class Rows>
  requires(sizeof(typename Rows::Number) == sizeof(uint16_t))
RLX_INLINE void AddTwo(const Weights& w, int64_t k, const Rows& x, int chain,
                       F32 (&y)[rows][chains]) noexcept {
  const Pairs pair = w.Pair(k);
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    F32& sum = y[r][chain / 2 % chains];
    sum = DotBf16(sum, pair, SetPair(reinterpret_cast<const int16_t*>(x.At(r, k))));
  }
}
#endif

// tile[p][r] += sum over k = begin .. end - 1 of w[p][k] x[r][k]; begin and end are even.
template <int panels, int rows, bool prefetch, class Weights, class Rows>
void AddValues(const Weights* w, int64_t begin, int64_t end, const Rows& x,
               float* const* tile) noexcept {
  constexpr int chains = kChains<panels * rows>;
  F32 y[panels][rows][chains];
  RLX_UNROLL
  for (int i = 0; i < panels * rows; ++i) {
    F32(&sums)[chains] = y[i / rows][i % rows];
    sums[0] = Load(tile[i / rows] + i % rows * kPanelRows);
    RLX_UNROLL
    for (int c = 1; c < chains; ++c) sums[c] = Zero();
  }
  constexpr int step = 4;
  int64_t k = begin;
  for (; k + step <= end; k += step) {
    RLX_UNROLL
    for (int p = 0; prefetch && p < panels; ++p) w[p].template Prefetch<rows == 1>(k);
    RLX_UNROLL
    for (int two = 0; two < step; two += 2) {
      RLX_UNROLL
      for (int p = 0; p < panels; ++p) AddTwo(w[p], k + two, x, two, y[p]);
    }
  }
  for (; k < end; k += 2) {
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) AddTwo(w[p], k, x, 0, y[p]);
  }
  RLX_UNROLL
  for (int i = 0; i < panels * rows; ++i) {
    F32(&sums)[chains] = y[i / rows][i % rows];
    RLX_UNROLL
    for (int c = 1; c < chains; ++c) sums[0] = sums[0] + sums[c];
    Store(tile[i / rows] + i % rows * kPanelRows, sums[0]);
  }
}

// AddValues of one panel for a number of rows that is known only at run time.
template <int most, bool prefetch, class Weights, class Rows>
RLX_INLINE void AddValuesOf(int rows, const Weights& w, int64_t begin, int64_t end, const Rows& x,
                            float* tile) noexcept {
  if constexpr (most > 0) {
    if (rows == most) return AddValues<1, most, prefetch>(&w, begin, end, x, &tile);
    AddValuesOf<most - 1, prefetch>(rows, w, begin, end, x, tile);
  }
}

// AddValues for a tile of rows, as many panels at once as the registers hold sums of.
template <int panels, bool prefetch, class Weights, class Rows>
RLX_INLINE void AddTile(int rows, const Weights* w, int64_t begin, int64_t end, const Rows& x,
                        float* const* tile) noexcept {
  if (panels > 1 && rows == kTileFloat) {
    return AddValues<panels, kTileFloat, prefetch>(w, begin, end, x, tile);
  }
  for (int p = 0; p < panels; ++p) {
    AddValuesOf<kTileFloat, prefetch>(rows, w[p], begin, end, x, tile[p]);
  }
}

// Part after part of the panels, each times rows `first` .. `last` - 1 of the tile.
template <class Rows, int panels, class Weights>
void AddRows(const Weights* w, int64_t begin, int64_t end, const PanelPart& part, int first,
             int last, float* const* tile) noexcept {
  for (; begin < end; begin += kPart) {
    const int64_t stop = end - begin < kPart ? end : begin + kPart;
    EachTile<Rows>(part.row, first, last, [&](int row, int some) {
      const Rows x = RowsOf<Rows>(part.x, part.row + row);
      float* to[panels];
      for (int p = 0; p < panels; ++p) to[p] = tile[p] + row * kPanelRows;
      if (row == first) {
        AddTile<panels, true>(some, w, begin, stop, x, to);
      } else {
        AddTile<panels, false>(some, w, begin, stop, x, to);
      }
    });
  }
}

// Values `begin` .. `end` - 1 of the panels times all rows.
template <class X, int panels, class Weights>
void AddAll(const Weights* w, int64_t begin, int64_t end, const PanelPart& part,
            float* const* tile) noexcept {
  const int eights = part.Eights();
  AddRows<PairsInEights<X>, panels>(w, begin, end, part, 0, eights, tile);
  AddRows<PairsInLine<X>, panels>(w, begin, end, part, eights, part.rows, tile);
}

// What a call does with weights of one format; X is what x consists of.
template <class Weights, class X>
void FloatPanel(const PanelPart& part) noexcept {
  const int64_t end = (part.end + 1) / 2 * 2;
  if (part.rows == 1) {
    if (part.Eights() == 1) {
      const auto x = RowsOf<PairsInEights<X>>(part.x, part.row);
      return SideBySide<Weights, kPair>(part, [&]<int panels>(const auto& w, float* const* tile) {
        AddValues<panels, 1, true>(w, part.begin, end, x, tile);
      });
    }
    const auto x = RowsOf<PairsInLine<X>>(part.x, part.row);
    return SideBySide<Weights, kStreams>(part, [&]<int panels>(const auto& w, float* const* tile) {
      AddValues<panels, 1, true>(w, part.begin, end, x, tile);
    });
  }
  const Weights w[] = {Weights(part.panel[0]), Weights(part.panel[part.panels - 1])};
  const bool few = part.rows <= kTileFloat && part.x.eights == 0;  // memory is what they wait for
  if (!few && part.panels == kPanelsFloat) {
    return AddAll<X, kPanelsFloat>(w, part.begin, end, part, part.tile);
  }
  for (int p = 0; p < part.panels; ++p) AddAll<X, 1>(w + p, part.begin, end, part, part.tile + p);
}

// What MultiplyFn says, of a tile of X and weights that are made of some, in registers.
template <class Weights, class X>
int64_t MultiplyInRegisters(int64_t turns) noexcept {
  constexpr int kValues = 16;
  X x[kTileFloat * kValues] = {};
  asm volatile("" : : "r"(x) : "memory");  // nobody knows that x is 0
  const Weights w(x);
  const PairsInLine<X> rows(x, kValues, 0, 0);
  F32 y[kTileFloat][1];
  RLX_UNROLL
  for (int r = 0; r < kTileFloat; ++r) y[r][0] = Zero();
  for (int64_t turn = 0; turn < turns; ++turn) {
    asm volatile("" : : "r"(x) : "memory");  // nor that it stays so
    RLX_UNROLL
    for (int k = 0; k < kValues; k += 2) AddTwo<kTileFloat, 1>(w, k, rows, 0, y);
  }
  float sums[kTileFloat][kPanelRows];
  RLX_UNROLL
  for (int r = 0; r < kTileFloat; ++r) Store(sums[r], y[r][0]);
  asm volatile("" : : "r"(sums) : "memory");  // and somebody reads these
  return turns * kTileFloat * kPanelRows * kValues * 2;
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LINEAR_FLOAT_ISA_H_
