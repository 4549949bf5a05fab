// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "EqualLayers.h"

#include <map>
#include <tuple>

#include "Outliner.h"
#include "mlir/IR/OperationSupport.h"

using namespace mlir;

namespace rlx {
namespace {

// The stage around a stage, and the block of it: what is looked at before bodies are.
using Kind = std::pair<std::string, std::string>;

Kind kindOf(const FoundStage &stage) {
  StageOp op = stage.op;
  size_t slash = stage.path.rfind('/');
  return {slash == std::string::npos ? "" : stage.path.substr(0, slash), op.getBlock().str()};
}

bool equalBodies(const FoundStage &one, const FoundStage &other) {
  StageOp first = one.op, second = other.op;
  return OperationEquivalence::isRegionEquivalentTo(&first.getBody(), &second.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

}  // namespace

size_t endOfInside(const std::vector<FoundStage> &found, size_t i) {
  StageOp outer = found[i].op;
  size_t end = i + 1;
  while (end < found.size() && outer->isProperAncestor(found[end].op)) ++end;
  return end;
}

std::vector<std::vector<size_t>> equalLayers(const std::vector<FoundStage> &found,
                                             const Modes &modes, size_t least) {
  std::map<Kind, size_t> kinds;
  for (const FoundStage &stage : found) ++kinds[kindOf(stage)];
  // Kind, modes inside, hash of the body -> places in `groups`.
  std::map<std::tuple<Kind, std::vector<Mode>, unsigned>, std::vector<size_t>> known;
  std::vector<std::vector<size_t>> groups;
  for (size_t i = 0; i < found.size(); ++i) {
    StageOp op = found[i].op;
    Kind kind = kindOf(found[i]);
    size_t end = endOfInside(found, i);
    if (modes.lookup(op) != Mode::Fuse || kinds[kind] < least || end == i + 1) continue;
    std::vector<Mode> inner;
    for (size_t j = i + 1; j < end; ++j) inner.push_back(modes.lookup(found[j].op));
    std::vector<size_t> &candidates = known[{kind, inner, bodyHash(op.getBody())}];
    auto same = llvm::find_if(
        candidates, [&](size_t group) { return equalBodies(found[groups[group][0]], found[i]); });
    if (same == candidates.end()) {
      candidates.push_back(groups.size());
      groups.push_back({i});
    } else {
      groups[*same].push_back(i);
    }
  }
  llvm::erase_if(groups, [&](const auto &group) { return group.size() < least; });
  return groups;
}

}  // namespace rlx
