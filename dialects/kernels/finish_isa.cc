// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What follows a product: bias, activation, residual, rounding to the element type of y.

#include "lanes.h"
#include "linear.h"
#include "view_isa.h"

namespace rlx::RLX_ISA {
namespace {

F32 Activate(Act act, F32 x) noexcept {
  switch (act) {
    case Act::kSilu:
      return Silu(x);
    case Act::kGelu:
      return Gelu(x);
    case Act::kGeluTanh:
      return GeluTanh(x);
    case Act::kQuickGelu:
      return x * Logistic(x * Set(1.702f));
    case Act::kRelu:
      return Max(Zero(), x);  // NaN stays
    case Act::kNone:
      break;
  }
  return x;
}

void FinishTile(const Finish& f) noexcept {
  const F32 bias = f.bias.data ? LoadView(f.bias, f.column, f.columns) : Zero();
  const F32 up_bias = f.up_bias.data ? LoadView(f.up_bias, f.column, f.columns) : Zero();
  for (int r = 0; r < f.rows; ++r) {
    const int64_t index = (f.row + r) * f.y_columns + f.column;
    F32 y = Load(f.tile + r * kPanelRows) + bias;
    if (f.act != Act::kNone) y = Activate(f.act, y) * (Load(f.up + r * kPanelRows) + up_bias);
    if (f.residual.data) y = y + LoadView(f.residual, index, f.columns);
    StoreTarget(f.y, index, f.columns, y);
  }
}

}  // namespace

extern const FinishFn kFinish;
const FinishFn kFinish = FinishTile;

}  // namespace rlx::RLX_ISA
