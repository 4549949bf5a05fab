// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rlx-outline-stages, rlx-inline-stages, rlx-strip: what they do to all stages alike.

#include "Outliner.h"
#include "RlxPasses.h"

namespace rlx {

#define GEN_PASS_DEF_OUTLINESTAGES
#define GEN_PASS_DEF_INLINESTAGES
#define GEN_PASS_DEF_STRIP
#include "rlx/RlxPasses.h.inc"

namespace {

using namespace mlir;

struct OutlineStages : public impl::OutlineStagesBase<OutlineStages> {
  void runOnOperation() final {
    std::vector<FoundStage> found = innerFirst(findStages(getOperation()));
    for (const FoundStage &stage : found)
      if (failed(checkParams(stage))) return signalPassFailure();
    Outliner outliner(getOperation());
    for (const FoundStage &stage : found) outliner.composite(stage.op, /*keepMode=*/true);
  }
};

struct InlineStages : public impl::InlineStagesBase<InlineStages> {
  void runOnOperation() final {
    for (const FoundStage &stage : innerFirst(findStages(getOperation()))) inlineStage(stage.op);
  }
};

bool isOurs(NamedAttribute attribute) { return attribute.getName().strref().starts_with("rlx."); }

// Returns the dictionary without the attributes of the dialect.
DictionaryAttr without(DictionaryAttr dictionary) {
  SmallVector<NamedAttribute> kept;
  llvm::copy_if(dictionary, std::back_inserter(kept), [](auto entry) { return !isOurs(entry); });
  return DictionaryAttr::get(dictionary.getContext(), kept);
}

struct Strip : public impl::StripBase<Strip> {
  void runOnOperation() final {
    for (const FoundStage &stage : innerFirst(findStages(getOperation()))) inlineStage(stage.op);
    getOperation()->walk([](Operation *op) {
      op->setDiscardableAttrs(without(op->getDiscardableAttrDictionary()));
      auto function = dyn_cast<func::FuncOp>(op);
      if (!function) return;
      for (unsigned i = 0; i < function.getNumArguments(); ++i)
        function.setArgAttrs(i, without(function.getArgAttrDict(i)
                                            ? function.getArgAttrDict(i)
                                            : DictionaryAttr::get(op->getContext())));
      for (unsigned i = 0; i < function.getNumResults(); ++i)
        function.setResultAttrs(i, without(function.getResultAttrDict(i)
                                               ? function.getResultAttrDict(i)
                                               : DictionaryAttr::get(op->getContext())));
    });
  }
};

}  // namespace
}  // namespace rlx
