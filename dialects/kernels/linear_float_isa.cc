// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with floating-point weights: f32 multiply-and-add, as in linear_int_isa.cc otherwise.

#include "lanes.h"
#include "linear.h"
#include "weights_isa.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int kPart = 256;  // values along k widened at a time: 16 KiB of weights

// Sums that go side by side, so that one multiply-and-add need not wait for the one before.
template <int rows>
constexpr int kChains = rows >= 4   ? 1
                        : rows >= 2 ? 2
                                    : 4;

// tile[r] += sum over k = begin .. end - 1 of w[k] x[r * stride + k]; begin and end are even.
template <int rows, bool prefetch, class Weights>
void AddValues(const Weights& w, int64_t begin, int64_t end, const float* x, int64_t stride,
               float* tile) noexcept {
  constexpr int chains = kChains<rows>;
  F32 y[rows][chains];
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    y[r][0] = Load(tile + r * kPanelRows);
    RLX_UNROLL
    for (int c = 1; c < chains; ++c) y[r][c] = Zero();
  }
  constexpr int step = 4;
  int64_t k = begin;
  const auto add_two = [&](int64_t at, int chain) __attribute__((always_inline)) {
    F32 w0, w1;
    w.Two(at, &w0, &w1);
    RLX_UNROLL
    for (int r = 0; r < rows; ++r) {
      F32& first = y[r][chain % chains];
      first = Fma(w0, Set(x[r * stride + at]), first);
      F32& second = y[r][(chain + 1) % chains];
      second = Fma(w1, Set(x[r * stride + at + 1]), second);
    }
  };
  for (; k + step <= end; k += step) {
    if constexpr (prefetch) w.Prefetch(k);
    RLX_UNROLL
    for (int two = 0; two < step; two += 2) add_two(k + two, two);
  }
  for (; k < end; k += 2) add_two(k, 0);
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) {
    RLX_UNROLL
    for (int c = 1; c < chains; ++c) y[r][0] = y[r][0] + y[r][c];
    Store(tile + r * kPanelRows, y[r][0]);
  }
}

template <int most, bool prefetch, class Weights>
RLX_INLINE void AddValuesOf(int rows, const Weights& w, int64_t begin, int64_t end, const float* x,
                            int64_t stride, float* tile) noexcept {
  if constexpr (most > 0) {
    if (rows == most) return AddValues<most, prefetch>(w, begin, end, x, stride, tile);
    AddValuesOf<most - 1, prefetch>(rows, w, begin, end, x, stride, tile);
  }
}

// Widens values begin .. begin + count - 1 of a panel; f32 is there already.
template <class Weights>
RLX_INLINE F32Weights Widened(const Weights& w, int64_t begin, int64_t count,
                              float* part) noexcept {
  for (int64_t k = 0; k < count; k += 2) {
    F32 w0, w1;
    w.Two(begin + k, &w0, &w1);
    Store(part + k * 16, w0);
    Store(part + k * 16 + 16, w1);
  }
  return F32Weights(reinterpret_cast<const uint8_t*>(part));
}

template <class Weights>
void ManyRows(const Weights& w, int64_t count, const float* x, int64_t stride, int rows,
              float* tile) noexcept {
  alignas(64) float part[kPart * 16];
  for (int64_t begin = 0; begin < count; begin += kPart) {
    const int64_t some_k = count - begin < kPart ? count - begin : kPart;
    const F32Weights wide = Widened(w, begin, some_k, part);
    for (int row = 0; row < rows; row += kTileFloat) {
      const int some = rows - row < kTileFloat ? rows - row : kTileFloat;
      AddValuesOf<kTileFloat, false>(some, wide, 0, some_k, x + row * stride + begin, stride,
                                     tile + row * kPanelRows);
    }
  }
}

template <class Weights>
void Panel(const uint8_t* panel, int64_t in_dim, const Ready& ready, int64_t row, int rows,
           float* tile) noexcept {
  const Weights w(panel);
  const int64_t stride = ready.floats_stride, count = (in_dim + 1) / 2 * 2;
  const float* x = ready.floats + row * stride;
  for (int i = 0; i < rows * kPanelRows; i += 16) Store(tile + i, Zero());
  if (rows > kTileFloat) return ManyRows(w, count, x, stride, rows, tile);
  AddValuesOf<kTileFloat, true>(rows, w, 0, count, x, stride, tile);
}

}  // namespace

extern const PanelFn kFloatPanels[];
const PanelFn kFloatPanels[] = {Panel<F32Weights>, Panel<F16Weights>, Panel<Bf16Weights>};

}  // namespace rlx::RLX_ISA
