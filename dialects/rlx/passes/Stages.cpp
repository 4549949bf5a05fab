// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Stages.h"

using namespace mlir;

namespace rlx {
namespace {

void collect(Operation *op, const std::string &around, std::vector<FoundStage> &found) {
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps()) {
      auto stage = dyn_cast<StageOp>(inner);
      if (!stage) {
        collect(&inner, around, found);
        continue;
      }
      std::string name = stage.getName().str();
      std::string path = around.empty() ? name : around + "/" + name;
      found.push_back({stage, path});
      collect(stage, path, found);
    }
}

}  // namespace

std::vector<FoundStage> findStages(ModuleOp module) {
  std::vector<FoundStage> found;
  collect(module, "", found);
  return found;
}

std::vector<FoundStage> innerFirst(const std::vector<FoundStage> &found) {
  std::vector<FoundStage> ordered, open;
  for (const FoundStage &stage : found) {
    while (!open.empty() && !open.back().op->isProperAncestor(stage.op)) {
      ordered.push_back(open.back());
      open.pop_back();
    }
    open.push_back(stage);
  }
  ordered.insert(ordered.end(), open.rbegin(), open.rend());
  return ordered;
}

Location callLocation(StageOp stage) {
  Location location = stage.getLoc();
  if (isa<NameLoc>(location)) return location;
  return NameLoc::get(stage.getNameAttr(), location);
}

Location under(StringRef name, Location location) {
  auto *context = location.getContext();
  if (auto named = dyn_cast<NameLoc>(location))
    return NameLoc::get(StringAttr::get(context, name + "/" + named.getName().getValue()),
                        named.getChildLoc());
  return NameLoc::get(StringAttr::get(context, name), location);
}

void inlineStage(StageOp stage) {
  Block &body = stage.getBody().front();
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), stage.getInputs()))
    argument.replaceAllUsesWith(input);
  Operation *end = body.getTerminator();
  for (auto [result, value] : llvm::zip_equal(stage.getResults(), end->getOperands()))
    result.replaceAllUsesWith(value);
  end->erase();
  for (Operation &op : body)
    op.walk([&](Operation *inner) { inner->setLoc(under(stage.getName(), inner->getLoc())); });
  Block *outer = stage->getBlock();
  outer->getOperations().splice(stage->getIterator(), body.getOperations());
  stage.erase();
}

}  // namespace rlx
