// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical forms of a stage: nothing goes in or comes out that is not used, and a stage that holds
// nothing but another stage is that stage, with both paths in `origin`.

#include "RlxDialect.h"

#include "llvm/ADT/BitVector.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using rlx::StageOp;
using rlx::YieldOp;

namespace {

// Replaces a stage by one with other operands and results; takes its body over.
StageOp rebuilt(PatternRewriter &rewriter, StageOp stage, ValueRange inputs, TypeRange outputs) {
  auto made = StageOp::create(rewriter, stage.getLoc(), outputs, inputs, stage.getNameAttr(),
                              stage.getBlockAttr(), stage.getModeAttr(), stage.getOriginAttr(),
                              stage.getParamsAttr());
  made->setDiscardableAttrs(stage->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(stage.getBody(), made.getBody(), made.getBody().end());
  return made;
}

struct DropUnusedInputs : public OpRewritePattern<StageOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(StageOp stage, PatternRewriter &rewriter) const final {
    Block &body = stage.getBody().front();
    llvm::BitVector unused(body.getNumArguments());
    // An operand that is given twice comes in once.
    llvm::SmallDenseMap<Value, BlockArgument> known;
    for (auto [argument, input] : llvm::zip_equal(body.getArguments(), stage.getInputs())) {
      auto [entry, isNew] = known.try_emplace(input, argument);
      if (!isNew) rewriter.replaceAllUsesWith(argument, entry->second);
      if (argument.use_empty()) unused.set(argument.getArgNumber());
    }
    if (unused.none()) return failure();
    SmallVector<Value> kept;
    for (auto [i, input] : llvm::enumerate(stage.getInputs()))
      if (!unused.test(i)) kept.push_back(input);
    StageOp made = rebuilt(rewriter, stage, kept, stage.getResultTypes());
    made.getBody().front().eraseArguments(unused);
    rewriter.replaceOp(stage, made);
    return success();
  }
};

struct DropUnusedOutputs : public OpRewritePattern<StageOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(StageOp stage, PatternRewriter &rewriter) const final {
    if (llvm::none_of(stage.getResults(), [](Value result) { return result.use_empty(); }) ||
        stage.use_empty())  // a stage without any use is dead as a whole
      return failure();
    auto yield = cast<YieldOp>(stage.getBody().front().getTerminator());
    SmallVector<Value> yielded, replaced;
    SmallVector<Type> types;
    for (auto [result, value] : llvm::zip_equal(stage.getResults(), yield.getValues()))
      if (!result.use_empty()) {
        yielded.push_back(value);
        types.push_back(result.getType());
      }
    rewriter.modifyOpInPlace(yield, [&] { yield.getValuesMutable().assign(yielded); });
    StageOp made = rebuilt(rewriter, stage, stage.getInputs(), types);
    unsigned next = 0;
    for (Value result : stage.getResults())
      replaced.push_back(result.use_empty() ? Value() : made.getResult(next++));
    for (auto [old, now] : llvm::zip_equal(stage.getResults(), replaced))
      if (now) rewriter.replaceAllUsesWith(old, now);
    rewriter.eraseOp(stage);
    return success();
  }
};

// The paths of both stages, of each what it was merged of before, or its own name.
ArrayAttr joinedOrigin(PatternRewriter &rewriter, StageOp outer, StageOp inner) {
  SmallVector<Attribute> paths;
  auto add = [&](ArrayAttr origin, const Twine &path) {
    if (origin)
      llvm::append_range(paths, origin);
    else
      paths.push_back(rewriter.getStringAttr(path));
  };
  add(outer.getOriginAttr(), outer.getName());
  add(inner.getOriginAttr(), outer.getName() + "/" + inner.getName());
  return rewriter.getArrayAttr(paths);
}

struct MergeSingleNested : public OpRewritePattern<StageOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(StageOp outer, PatternRewriter &rewriter) const final {
    Block &body = outer.getBody().front();
    if (!llvm::hasNItems(body, 2)) return failure();
    auto inner = dyn_cast<StageOp>(body.front());
    if (!inner || body.getTerminator()->getOperands() != inner.getResults()) return failure();
    bool outerDecides = inner.getMode() == rlx::Mode::Auto;
    if (!outerDecides && outer.getMode() != rlx::Mode::Auto && outer.getMode() != inner.getMode())
      return rewriter.notifyMatchFailure(outer, "both stages have a mode, and they differ");
    SmallVector<Value> inputs;
    for (Value input : inner.getInputs())
      inputs.push_back(outer.getInputs()[cast<BlockArgument>(input).getArgNumber()]);
    auto made = StageOp::create(rewriter, outer.getLoc(), outer.getResultTypes(), inputs,
                                outer.getNameAttr(), inner.getBlockAttr(),
                                outerDecides ? outer.getModeAttr() : inner.getModeAttr(),
                                joinedOrigin(rewriter, outer, inner), inner.getParamsAttr());
    made->setDiscardableAttrs(inner->getDiscardableAttrDictionary());
    rewriter.inlineRegionBefore(inner.getBody(), made.getBody(), made.getBody().end());
    rewriter.replaceOp(outer, made);
    return success();
  }
};

}  // namespace

void StageOp::getCanonicalizationPatterns(RewritePatternSet &results, MLIRContext *context) {
  results.add<DropUnusedInputs, DropUnusedOutputs, MergeSingleNested>(context);
}
