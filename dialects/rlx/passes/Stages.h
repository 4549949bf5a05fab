// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stages of a module: finding them, naming what is inside, inlining.

#ifndef RLX_PASSES_STAGES_H
#define RLX_PASSES_STAGES_H

#include <string>
#include <vector>

#include "RlxDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace rlx {

// A stage and the names of the stages around it and its own, joined by "/".
struct FoundStage {
  StageOp op;
  std::string path;
};

// Returns every stage of a module in the order of the text: a stage, then those inside it.
std::vector<FoundStage> findStages(mlir::ModuleOp module);

// Returns the same stages with each one after all stages inside it.
std::vector<FoundStage> innerFirst(const std::vector<FoundStage> &found);

// Returns the location for what replaces a stage: its own if that is a name, else its name.
mlir::Location callLocation(StageOp stage);

// Replaces a stage by the operations of its body, whose locations get the stage's name in front.
void inlineStage(StageOp stage);

// Returns `loc("name/inner")` for `loc("inner")`; a location without a name becomes a child.
mlir::Location under(llvm::StringRef name, mlir::Location location);

}  // namespace rlx

#endif  // RLX_PASSES_STAGES_H
