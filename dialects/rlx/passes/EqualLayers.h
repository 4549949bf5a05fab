// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which stages are equal layers: neighbours with stages inside and the same body.

#ifndef RLX_PASSES_EQUALLAYERS_H
#define RLX_PASSES_EQUALLAYERS_H

#include "Stages.h"
#include "llvm/ADT/DenseMap.h"

namespace rlx {

// From how many equal layers on `auto` takes one function for all.
constexpr size_t kEnoughLayers = 8;

using Modes = llvm::DenseMap<mlir::Operation *, Mode>;

// Returns the groups of equal layers that have at least `least` members, by place in `found`, which
// holds all stages in the order of the text. Two bodies are equal if they differ at most in
// locations, and if all stages inside are lowered alike.
std::vector<std::vector<size_t>> equalLayers(const std::vector<FoundStage> &found,
                                             const Modes &modes, size_t least);

// Returns where the stages inside the i-th of all stages end: they are those from i + 1 on.
size_t endOfInside(const std::vector<FoundStage> &found, size_t i);

}  // namespace rlx

#endif  // RLX_PASSES_EQUALLAYERS_H
