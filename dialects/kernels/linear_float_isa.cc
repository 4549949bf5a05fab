// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of f32 with floating-point weights.

#include "linear_float_isa.h"

#include "weights_float_isa.h"

namespace rlx::RLX_ISA {
namespace {

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
  const PairsInLine<float> rows(x, kValues, 0, 0);
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

extern const MultiplyFn kMultiplyFloats;
const MultiplyFn kMultiplyFloats = MultiplyFloats;

extern const PanelFn kFloatPanels[];
const PanelFn kFloatPanels[] = {FloatPanel<F32Weights, float>, FloatPanel<F16Weights, float>,
                                FloatPanel<Bf16Weights, float>};

}  // namespace rlx::RLX_ISA
