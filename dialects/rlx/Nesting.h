// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text that is nested deeper than MLIR can read. MLIR calls itself for each bracket, without a
// limit, so that such text ends the process by a stack overflow. The reader in Python has the same
// limit.

#ifndef RLX_NESTING_H
#define RLX_NESTING_H

#include <optional>
#include <utility>

#include "llvm/ADT/StringRef.h"

namespace rlx {

constexpr int kDeepest = 500;

// Returns line and column, both from 1, of the first bracket that is nested too deep. Brackets in
// strings, comments and arrows do not count.
std::optional<std::pair<int, int>> firstTooDeep(llvm::StringRef text);

}  // namespace rlx

#endif  // RLX_NESTING_H
