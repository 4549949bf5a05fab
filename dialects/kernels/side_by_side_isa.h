// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Panels that one row meets side by side.

#ifndef RLX_KERNELS_SIDE_BY_SIDE_ISA_H_
#define RLX_KERNELS_SIDE_BY_SIDE_ISA_H_

#include <utility>

#include "lanes.h"
#include "linear.h"
#include "prefetch_isa.h"

namespace rlx::RLX_ISA {
namespace {

// Calls add<n>(weights, tiles) for n panels from the first one on.
template <class Weights, class Add, size_t... n>
RLX_INLINE void AddSome(const PanelPart& part, int first, const Add& add,
                        std::index_sequence<n...>) noexcept {
  const Weights w[] = {Weights(part.panel[first + static_cast<int>(n)])...};
  add.template operator()<static_cast<int>(sizeof...(n))>(w, part.tile + first);
}

// Calls add<n>(weights, tiles) for all panels: as many of them at a time as may be, `most`, half of
// that, and so on.
template <class Weights, int most, class Add>
RLX_INLINE void SideBySide(const PanelPart& part, const Add& add, int first = 0) noexcept {
  for (; part.panels - first >= most; first += most) {
    AddSome<Weights>(part, first, add, std::make_index_sequence<most>());
  }
  if constexpr (most > 1) SideBySide<Weights, most / 2>(part, add, first);
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_SIDE_BY_SIDE_ISA_H_
