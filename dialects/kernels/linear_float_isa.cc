// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with floating-point weights: multiply-and-add of f32, or of pairs of bf16.
//
// A tile of rows of x stays in registers while weights stream by. With more rows, tile after tile
// goes over a part of the panel that the first-level cache holds; widening weights again for every
// tile costs less than storing them.

#include "lanes.h"
#include "linear.h"
#include "weights_float_isa.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int kPart = 256;  // values along k that all rows go over: up to 16 KiB of weights

// Sums of a result that go side by side, so that one multiply-and-add need not wait for the one
// before.
template <int results>
constexpr int kChains = results >= kTileFloat       ? 1
                        : 2 * results >= kTileFloat ? 2
                                                    : 4;

// y[r][..] += w[k] x[r * stride + k] + w[k + 1] x[r * stride + k + 1], for even k.
template <int rows, int chains, class Weights>
RLX_INLINE void AddTwo(const Weights& w, int64_t k, const float* x, int64_t stride, int chain,
                       F32 (&y)[rows][chains]) noexcept {
  F32 w0, w1;
  w.Two(k, &w0, &w1);
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    F32& sum = y[r][chain % chains];
    sum = Accumulate(sum, w0, Set(x[r * stride + k]));
  }
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    F32& sum = y[r][(chain + 1) % chains];
    sum = Accumulate(sum, w1, Set(x[r * stride + k + 1]));
  }
}

#ifdef RLX_LANES_DOT_BF16
template <int rows, int chains, class Weights>
RLX_INLINE void AddTwo(const Weights& w, int64_t k, const uint16_t* x, int64_t stride, int chain,
                       F32 (&y)[rows][chains]) noexcept {
  const Pairs pair = w.Pair(k);
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    F32& sum = y[r][chain / 2 % chains];
    sum = DotBf16(sum, pair, SetPair(reinterpret_cast<const int16_t*>(x + r * stride + k)));
  }
}
#endif

// tile[p][r] += sum over k = begin .. end - 1 of w[p][k] x[r * stride + k]; begin and end are even.
template <int panels, int rows, bool prefetch, class Weights, class X>
void AddValues(const Weights* w, int64_t begin, int64_t end, const X* x, int64_t stride,
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
      for (int p = 0; p < panels; ++p) AddTwo(w[p], k + two, x, stride, two, y[p]);
    }
  }
  for (; k < end; k += 2) {
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) AddTwo(w[p], k, x, stride, 0, y[p]);
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
template <int most, bool prefetch, class Weights, class X>
RLX_INLINE void AddValuesOf(int rows, const Weights& w, int64_t begin, int64_t end, const X* x,
                            int64_t stride, float* tile) noexcept {
  if constexpr (most > 0) {
    if (rows == most) return AddValues<1, most, prefetch>(&w, begin, end, x, stride, &tile);
    AddValuesOf<most - 1, prefetch>(rows, w, begin, end, x, stride, tile);
  }
}

// Rows of x as the numbers that are multiplied.
template <class X>
RLX_INLINE const X* Values(const Ready& x) noexcept {
  if constexpr (sizeof(X) == sizeof(float)) {
    return x.floats;
  } else {
    return x.halves;
  }
}

// Part of the panel after part of it, each times all rows.
template <class Weights, class X>
void ManyRows(const Weights& w, int64_t begin, int64_t end, const X* x, const PanelPart& part,
              float* tile) noexcept {
  const int64_t stride = part.x.stride;
  for (; begin < end; begin += kPart) {
    const int64_t stop = end - begin < kPart ? end : begin + kPart;
    for (int row = 0; row < part.rows; row += kTileFloat) {
      const int some = part.rows - row < kTileFloat ? part.rows - row : kTileFloat;
      const X* at = x + row * stride;
      float* to = tile + row * kPanelRows;
      if (row == 0) {
        AddValuesOf<kTileFloat, true>(some, w, begin, stop, at, stride, to);
      } else {
        AddValuesOf<kTileFloat, false>(some, w, begin, stop, at, stride, to);
      }
    }
  }
}

template <class Weights, class X = float>
void Panel(const PanelPart& part) noexcept {
  const int64_t stride = part.x.stride, end = (part.end + 1) / 2 * 2;
  const X* x = Values<X>(part.x) + part.row * stride - part.x.begin;
  if (part.rows == 1 && part.panels == 2) {
    const Weights w[] = {Weights(part.panel[0]), Weights(part.panel[1])};
    return AddValues<2, 1, true>(w, part.begin, end, x, stride, part.tile);
  }
  const Weights w(part.panel[0]);
  if (part.rows <= kTileFloat) {
    AddValuesOf<kTileFloat, true>(part.rows, w, part.begin, end, x, stride, part.tile[0]);
  } else {
    ManyRows(w, part.begin, end, x, part, part.tile[0]);
  }
}

// Weights that are in registers.
struct OneValue {
  F32 value;
  RLX_INLINE void Two(int64_t, F32* w0, F32* w1) const noexcept { *w0 = *w1 = value; }
};

int64_t MultiplyFloats(int64_t turns) noexcept {
  constexpr int kValues = 16;
  float x[kTileFloat * kValues] = {};
  asm volatile("" : : "r"(x) : "memory");  // nobody knows that x is 0
  const OneValue w = {Set(x[0])};
  F32 y[kTileFloat][1];
  RLX_UNROLL
  for (int r = 0; r < kTileFloat; ++r) y[r][0] = Zero();
  for (int64_t turn = 0; turn < turns; ++turn) {
    asm volatile("" : : "r"(x) : "memory");  // nor that it stays so
    RLX_UNROLL
    for (int k = 0; k < kValues; k += 2) AddTwo<kTileFloat, 1>(w, k, x, kValues, 0, y);
  }
  float sums[kTileFloat][kPanelRows];
  RLX_UNROLL
  for (int r = 0; r < kTileFloat; ++r) Store(sums[r], y[r][0]);
  asm volatile("" : : "r"(sums) : "memory");  // and somebody reads these
  return turns * kTileFloat * kPanelRows * kValues * 2;
}

}  // namespace

extern const MultiplyFn kMultiplyFloats;
const MultiplyFn kMultiplyFloats = MultiplyFloats;

extern const PanelFn kFloatPanels[];
const PanelFn kFloatPanels[] = {Panel<F32Weights>, Panel<F16Weights>, Panel<Bf16Weights>};

extern const PanelFn kBf16Halves;
#ifdef RLX_LANES_DOT_BF16
const PanelFn kBf16Halves = Panel<Bf16Weights, uint16_t>;
#else
const PanelFn kBf16Halves = nullptr;
#endif

}  // namespace rlx::RLX_ISA
