// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rlx-lower-stage-modes: decides the mode of every stage and lowers it accordingly.

#include "Outliner.h"
#include "RlxPasses.h"
#include "llvm/Support/Regex.h"
#include "llvm/ADT/StringExtras.h"

namespace rlx {

#define GEN_PASS_DEF_LOWERSTAGEMODES
#include "rlx/RlxPasses.h.inc"

namespace {

using namespace mlir;

constexpr StringLiteral kPolicies[] = {"direct", "fusable", "skip"};

// Returns a pattern with `*`, `**`, `**/` and `?` as an extended regular expression.
std::string globToRegex(StringRef glob) {
  std::string text = "^";
  while (!glob.empty()) {
    if (glob.consume_front("**/"))
      text += "(.*/)?";
    else if (glob.consume_front("**"))
      text += ".*";
    else if (glob.consume_front("*"))
      text += "[^/]*";
    else if (glob.consume_front("?"))
      text += "[^/]";
    else {
      text += llvm::Regex::escape(glob.take_front());
      glob = glob.drop_front();
    }
  }
  return text + "$";
}

// `layers.*/attention=fence`, `block:rms_norm=keep`.
struct Rule {
  std::string text;
  std::string pattern;
  Mode mode;

  bool names(const FoundStage &stage) const {
    StringRef glob = pattern;
    bool byBlock = glob.consume_front("block:");
    StageOp op = stage.op;
    return llvm::Regex(globToRegex(glob)).match(byBlock ? op.getBlock() : StringRef(stage.path));
  }
};

struct LowerStageModes : public impl::LowerStageModesBase<LowerStageModes> {
  using LowerStageModesBase::LowerStageModesBase;

  void runOnOperation() final {
    std::vector<Rule> rules;
    std::vector<FoundStage> found = findStages(getOperation());
    if (failed(parse(rules, found))) return signalPassFailure();
    llvm::DenseMap<Operation *, Mode> decided;
    for (const FoundStage &stage : found) {
      FailureOr<Mode> mode = decide(stage, rules);
      if (failed(mode)) return signalPassFailure();
      decided[stage.op] = *mode;
    }
    Outliner outliner(getOperation());
    for (const FoundStage &stage : innerFirst(found)) {
      Mode mode = decided[stage.op];
      if (mode == Mode::Fuse)
        inlineStage(stage.op);
      else if (mode == Mode::Fence)
        outliner.fence(stage.op);
      else
        outliner.composite(stage.op, /*keepMode=*/false);
    }
  }

  LogicalResult parse(std::vector<Rule> &rules, const std::vector<FoundStage> &found) {
    if (!llvm::is_contained(kPolicies, policy.getValue()))
      return emitError(getOperation().getLoc())
             << "option `policy` of pass `rlx-lower-stage-modes`: expected "
             << llvm::join(std::begin(kPolicies), std::end(kPolicies), " | ") << ", found `" << policy.getValue() << "`";
    for (const std::string &text : modes) {
      auto [pattern, word] = StringRef(text).rsplit('=');
      std::optional<Mode> mode = symbolizeMode(word);
      if (pattern.empty() || pattern == text)
        return emitError(getOperation().getLoc())
               << "option `modes`: expected pattern=mode, found `" << text << "`";
      if (!mode)
        return emitError(getOperation().getLoc())
               << "rule `" << text << "`: expected a mode out of auto, fuse, fence, kernel, keep, "
               << "found `" << word << "`";
      rules.push_back({text, pattern.str(), *mode});
      auto names = [&](const FoundStage &stage) { return rules.back().names(stage); };
      if (!found.empty() && llvm::none_of(found, names))
        return emitError(getOperation().getLoc())
               << "rule `" << text << "`: expected a pattern that names a stage, "
               << "found none that it names";
    }
    return success();
  }

  FailureOr<Mode> decide(const FoundStage &stage, const std::vector<Rule> &rules) {
    StageOp op = stage.op;
    Mode mode = op.getMode();
    for (const Rule &rule : llvm::reverse(rules))
      if (rule.names(stage)) {
        mode = rule.mode;
        break;
      }
    if (mode == Mode::Kernel)
      return op.emitError() << "stage `" << stage.path << "`: expected a kernel for block `"
                            << op.getBlock() << "`, found none registered; "
                            << "give the stage the mode `fuse` or `fence`";
    if (mode == Mode::Auto) mode = policy == "skip" ? Mode::Fence : Mode::Fuse;
    if (mode == Mode::Keep && failed(checkParams(stage))) return failure();
    return mode;
  }
};

}  // namespace
}  // namespace rlx
