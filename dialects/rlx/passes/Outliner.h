// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bodies of stages as private functions, one for each distinct body, and the uses of them.

#ifndef RLX_PASSES_OUTLINER_H
#define RLX_PASSES_OUTLINER_H

#include <map>

#include "Stages.h"
#include "llvm/ADT/StringSet.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rlx {

// Moves bodies into private functions at the end of one module. Two bodies are the same if they
// have the same operations in the same order with the same operands, attributes, types and regions;
// locations do not count.
class Outliner {
 public:
  explicit Outliner(mlir::ModuleOp module);

  // Replaces the stage by a `func.call` of its body, which it returns. XLA inlines the call, unless
  // it is `fenced`.
  mlir::func::FuncOp call(StageOp stage, bool fenced);

  // Replaces the stage by a `stablehlo.composite` whose decomposition is its body. A mode that is
  // not `auto` is kept if `keepMode`.
  void composite(StageOp stage, bool keepMode);

 private:
  mlir::func::FuncOp function(StageOp stage);
  mlir::func::FuncOp create(StageOp stage);

  mlir::ModuleOp module;
  llvm::StringSet<> taken;
  std::map<std::pair<std::string, unsigned>, std::vector<mlir::func::FuncOp>> known;
};

// A hash that equal bodies share: operations in order, without operands and locations.
unsigned bodyHash(mlir::Region &body);

// Replaces the stage by a `func.call` of a function that does the same.
mlir::func::CallOp replaceByCall(StageOp stage, mlir::func::FuncOp callee);

// Fails, with a diagnostic, if `params` of a stage uses a key that a composite needs for itself.
mlir::LogicalResult checkParams(const FoundStage &stage);

}  // namespace rlx

#endif  // RLX_PASSES_OUTLINER_H
