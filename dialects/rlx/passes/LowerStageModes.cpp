// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rlx-lower-stage-modes: decides the mode of every stage and lowers it accordingly.

#include "EqualLayers.h"
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
constexpr StringLiteral kForms[] = {"unroll", "call", "auto"};

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
    Modes decided;
    for (const FoundStage &stage : found) {
      FailureOr<Mode> mode = decide(stage, rules);
      if (failed(mode)) return signalPassFailure();
      decided[stage.op] = *mode;
    }
    lower(found, decided);
  }

  // Of equal layers only the first one's body is looked at; the others become calls of it.
  void lower(const std::vector<FoundStage> &found, const Modes &decided) {
    llvm::DenseMap<Operation *, Operation *> first;
    llvm::DenseSet<Operation *> gone;
    std::vector<std::vector<size_t>> groups;
    if (layers != "unroll")
      groups = equalLayers(found, decided, layers == "auto" ? kEnoughLayers : 2);
    for (const std::vector<size_t> &group : groups)
      for (size_t i : group) {
        first[found[i].op] = found[group[0]].op;
        for (size_t j = i + 1; i != group[0] && j < endOfInside(found, i); ++j)
          gone.insert(found[j].op);
      }
    llvm::DenseMap<Operation *, func::FuncOp> functions;
    Outliner outliner(getOperation());
    for (const FoundStage &stage : innerFirst(found)) {
      Operation *op = stage.op, *original = first.lookup(op);
      if (gone.contains(op)) continue;
      if (!original)
        lowerOne(stage.op, decided.lookup(op), outliner);
      else if (original == op)
        functions[op] = outliner.call(stage.op, /*fenced=*/false);
      else
        replaceByCall(stage.op, functions.lookup(original));
    }
  }

  void lowerOne(StageOp stage, Mode mode, Outliner &outliner) {
    if (mode == Mode::Fuse || mode == Mode::Kernel)
      inlineStage(stage);
    else if (mode == Mode::Fence)
      outliner.call(stage, /*fenced=*/true);
    else
      outliner.composite(stage, /*keepMode=*/false);
  }

  // Fails if an option has none of the values that it may have.
  LogicalResult choose(StringRef option, StringRef value, ArrayRef<StringLiteral> choices) {
    if (llvm::is_contained(choices, value)) return success();
    return emitError(getOperation().getLoc())
           << "option `" << option << "` of pass `rlx-lower-stage-modes`: expected "
           << llvm::join(choices, " | ") << ", found `" << value << "`";
  }

  LogicalResult parse(std::vector<Rule> &rules, const std::vector<FoundStage> &found) {
    if (failed(choose("policy", policy, kPolicies)) || failed(choose("layers", layers, kForms)))
      return failure();
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

  // Whether a stage calls one of rlxflow's kernels, which is then what becomes of it.
  static bool callsKernel(StageOp op) {
    return llvm::any_of(op.getBody().front(), [](Operation &inner) {
      auto target = inner.getAttrOfType<StringAttr>("call_target_name");
      return inner.getName().getStringRef() == "stablehlo.custom_call" && target &&
             target.getValue().starts_with("rlxflow.");
    });
  }

  FailureOr<Mode> decide(const FoundStage &stage, const std::vector<Rule> &rules) {
    StageOp op = stage.op;
    Mode mode = op.getMode();
    for (const Rule &rule : llvm::reverse(rules))
      if (rule.names(stage)) {
        mode = rule.mode;
        break;
      }
    if (mode == Mode::Kernel && !callsKernel(op))
      return op.emitError() << "stage `" << stage.path << "`: expected a kernel for block `"
                            << op.getBlock() << "`, found no call of one; "
                            << "give the stage the mode `fuse` or `fence`, or bind one first: the "
                            << "pass `rlx-bind-kernels` of rlxflow-opt does";
    if (mode == Mode::Auto) mode = policy == "skip" ? Mode::Fence : Mode::Fuse;
    if (mode == Mode::Keep && failed(checkParams(stage))) return failure();
    return mode;
  }
};

}  // namespace
}  // namespace rlx
