// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes over stages: see RlxPasses.td.

#ifndef RLX_PASSES_H
#define RLX_PASSES_H

#include <memory>

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace rlx {

#define GEN_PASS_DECL
#include "rlx/RlxPasses.h.inc"

#define GEN_PASS_REGISTRATION
#include "rlx/RlxPasses.h.inc"

}  // namespace rlx

#endif  // RLX_PASSES_H
