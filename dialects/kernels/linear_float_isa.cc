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
  explicit OneValue(const float* x) noexcept : value(Set(x[0])) {}
  RLX_INLINE void Two(int64_t, F32* w0, F32* w1) const noexcept { *w0 = *w1 = value; }
  F32 value;
};

}  // namespace

extern const MultiplyFn kMultiplyFloats;
const MultiplyFn kMultiplyFloats = MultiplyInRegisters<OneValue, float>;

extern const PanelFn kFloatPanels[];
const PanelFn kFloatPanels[] = {FloatPanel<F32Weights, float>, FloatPanel<F16Weights, float>,
                                FloatPanel<Bf16Weights, float>};

}  // namespace rlx::RLX_ISA
