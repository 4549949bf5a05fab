// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of subs of x with integer weights: a tile of rows, in registers, times some of a panel
// or two.

#ifndef RLX_KERNELS_LINEAR_INT_ISA_H_
#define RLX_KERNELS_LINEAR_INT_ISA_H_

#include "lanes.h"
#include "linear.h"
#include "rows_isa.h"

namespace rlx::RLX_ISA {
namespace {

using SubsInLine = InLine<IntSub, 1, kTileInt>;
using SubsInEights = InEights<IntSub, 1, kTileInt>;

// Rows of a part of x from one on.
template <class Rows>
RLX_INLINE Rows RowsOf(const Ready& x, int64_t row) noexcept {
  return Rows(x.ints, x.subs, x.begin / kSub, row);
}

// acc[p][r] += weights 2 j .. of a sub of panel p times those of row r of x, for j = first .. last.
template <int first, int last, class Weights, int panels, int rows, class At, class Rows>
RLX_INLINE void AddPairs(const At (&at)[panels], const Rows& x, int64_t sub,
                         I32 (&acc)[panels][rows]) noexcept {
  if constexpr (first <= last) {
    Pairs pair[panels];
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) pair[p] = Weights::template Pair<first>(at[p]);
    RLX_UNROLL
    for (int r = 0; r < rows; ++r) {
      const Pairs values = SetPair(x.At(r, sub)->q + 2 * first);
      RLX_UNROLL
      for (int p = 0; p < panels; ++p) acc[p][r] = Dot2(acc[p][r], pair[p], values);
    }
    AddPairs<first + 1, last, Weights>(at, x, sub, acc);
  }
}

// What is asked of memory while subs `begin` .. `end` - 1 are worked on, for one row, alone, or
// more. Weights(w, sub, subs): what comes a little later, or half of each of as many subs behind
// these. X(x, sub): what the rows after these have there.
struct AskNothing {
  template <bool, class W>
  RLX_INLINE static void Weights(const W&, int64_t, int64_t) noexcept {}
  template <int, class Rows>
  RLX_INLINE static void X(const Rows&, int64_t) noexcept {}
};
struct AskAhead : AskNothing {
  template <bool alone, class W>
  RLX_INLINE static void Weights(const W& w, int64_t sub, int64_t) noexcept {
    w.template Prefetch<alone>(sub);
  }
};
template <int half>
struct AskHalf : AskNothing {
  template <bool, class W>
  RLX_INLINE static void Weights(const W& w, int64_t sub, int64_t subs) noexcept {
    w.template PrefetchHalf<half>(sub + subs);
  }
};
struct AskNextRows : AskNothing {
  template <int rows, class Rows>
  RLX_INLINE static void X(const Rows& x, int64_t sub) noexcept {
    x.template AskNext<rows>(sub);
  }
};

// tile[p][r] += products of subs `begin` .. `end` - 1 of w[p] with those from `from` on of x[r].
template <int panels, int rows, class Ask, class Weights, class Rows>
void AddSubs(const Weights* w, int64_t begin, int64_t end, const Rows& x, int64_t from,
             float* const* tile) noexcept {
  // Sums stay in registers, or only those of a sub.
  constexpr bool held = panels * rows <= kTileInt;
  F32 y[panels][rows];
  RLX_UNROLL
  for (int i = 0; held && i < panels * rows; ++i) {
    y[i / rows][i % rows] = Load(tile[i / rows] + i % rows * kPanelRows);
  }
  const int64_t subs = end - begin;
  for (int64_t sub = begin; sub < end; ++sub, ++from) {
    Ask::template X<rows>(x, from);
    decltype(w->At(0)) at[panels];
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) {
      Ask::template Weights<rows == 1>(w[p], sub, subs);
      at[p] = w[p].At(sub);
    }
    RLX_UNROLL
    for (int half = 0; half < Weights::kHalves; ++half) {
      I32 acc[panels][rows];
      RLX_UNROLL
      for (int r = 0; r < rows; ++r) {
        const int32_t* sums = x.At(r, from)->sum16;
        const int32_t sum = Weights::kHalves == 2 ? sums[half] : sums[0] + sums[1];
        const I32 start = Weights::kZero == 0 ? ZeroI() : SetI(-Weights::kZero * sum);
        RLX_UNROLL
        for (int p = 0; p < panels; ++p) acc[p][r] = start;
      }
      if constexpr (Weights::kHalves == 1) {
        AddPairs<0, 15, Weights>(at, x, from, acc);
      } else if (half == 0) {
        AddPairs<0, 7, Weights>(at, x, from, acc);
      } else {
        AddPairs<8, 15, Weights>(at, x, from, acc);
      }
      RLX_UNROLL
      for (int p = 0; p < panels; ++p) {
        const F32 scale = w[p].Scale(sub, half);
        RLX_UNROLL
        for (int r = 0; r < rows; ++r) {
          float* to = tile[p] + r * kPanelRows;
          const F32 before = held ? y[p][r] : Load(to);
          y[p][r] = Fma(ToF32(acc[p][r]), scale * Set(x.At(r, from)->scale), before);
          if (!held) Store(to, y[p][r]);
        }
      }
    }
    if constexpr (Weights::kOffset) {
      RLX_UNROLL
      for (int p = 0; p < panels; ++p) {
        const F32 offset = w[p].Offset(sub);
        RLX_UNROLL
        for (int r = 0; r < rows; ++r) {
          float* to = tile[p] + r * kPanelRows;
          const F32 before = held ? y[p][r] : Load(to);
          y[p][r] = before - offset * Set(x.At(r, from)->sum);
          if (!held) Store(to, y[p][r]);
        }
      }
    }
  }
  RLX_UNROLL
  for (int i = 0; held && i < panels * rows; ++i) {
    Store(tile[i / rows] + i % rows * kPanelRows, y[i / rows][i % rows]);
  }
}

// AddSubs of one panel for a number of rows that is known only at run time.
template <int most, class Ask, class Weights, class Rows>
RLX_INLINE void AddSubsOf(int rows, const Weights& w, int64_t begin, int64_t end, const Rows& x,
                          int64_t from, float* tile) noexcept {
  if constexpr (most > 0) {
    if (rows == most) return AddSubs<1, most, Ask>(&w, begin, end, x, from, &tile);
    AddSubsOf<most - 1, Ask>(rows, w, begin, end, x, from, tile);
  }
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_LINEAR_INT_ISA_H_
