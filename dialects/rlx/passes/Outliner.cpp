// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Outliner.h"

#include "llvm/ADT/Hashing.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace rlx {
namespace {

constexpr StringLiteral kOwnKeys[] = {"stage", "mode", "origin"};

}  // namespace

unsigned bodyHash(Region &body) {
  llvm::hash_code hash = llvm::hash_value(body.getNumArguments());
  body.walk<WalkOrder::PreOrder>([&](Operation *op) {
    hash = llvm::hash_combine(hash, op->getName(), op->getNumOperands(),
                              op->getAttrDictionary(),
                              llvm::hash_combine_range(op->result_type_begin(),
                                                       op->result_type_end()));
  });
  return static_cast<unsigned>(hash);
}

namespace {

// The terminators differ in kind only: one body is still a stage's, the other a function's.
bool sameBody(Region &stage, Region &function) {
  Operation *yield = stage.front().getTerminator(), *back = function.front().getTerminator();
  OpBuilder builder(yield);
  auto end = func::ReturnOp::create(builder, back->getLoc(), yield->getOperands());
  yield->moveAfter(end);
  yield->remove();
  bool same = OperationEquivalence::isRegionEquivalentTo(
      &stage, &function, OperationEquivalence::IgnoreLocations);
  end->getBlock()->push_back(yield);
  end.erase();
  return same;
}

}  // namespace

Outliner::Outliner(ModuleOp module) : module(module) {
  for (Operation &op : module.getOps())
    if (auto name = op.getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName()))
      taken.insert(name.getValue());
}

func::FuncOp Outliner::function(StageOp stage) {
  unsigned hash = bodyHash(stage.getBody());
  std::vector<func::FuncOp> &candidates = known[{stage.getBlock().str(), hash}];
  for (func::FuncOp candidate : candidates)
    if (candidate.getFunctionType().getInputs() == stage.getInputs().getTypes() &&
        sameBody(stage.getBody(), candidate.getBody()))
      return candidate;
  candidates.push_back(create(stage));
  return candidates.back();
}

func::FuncOp Outliner::create(StageOp stage) {
  std::string name = stage.getBlock().str();
  for (unsigned count = 1; taken.contains(name); ++count)
    name = (stage.getBlock() + "_" + Twine(count)).str();
  taken.insert(name);
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto type = builder.getFunctionType(stage.getInputs().getTypes(), stage.getResultTypes());
  auto made = func::FuncOp::create(builder, NameLoc::get(builder.getStringAttr(name)), name, type);
  made.setPrivate();
  made.getBody().takeBody(stage.getBody());
  Operation *end = made.getBody().front().getTerminator();
  builder.setInsertionPoint(end);
  func::ReturnOp::create(builder, end->getLoc(), end->getOperands());
  end->erase();
  return made;
}

func::CallOp replaceByCall(StageOp stage, func::FuncOp callee) {
  OpBuilder builder(stage);
  auto call = func::CallOp::create(builder, callLocation(stage), callee, stage.getInputs());
  stage->replaceAllUsesWith(call);
  stage.erase();
  return call;
}

func::FuncOp Outliner::call(StageOp stage, bool fenced) {
  func::FuncOp callee = function(stage);
  func::CallOp call = replaceByCall(stage, callee);
  if (fenced) {
    OpBuilder builder(call);
    auto fence = builder.getNamedAttr("inlineable", builder.getStringAttr("false"));
    call->setAttr("mhlo.frontend_attributes", builder.getDictionaryAttr(fence));
  }
  return callee;
}

void Outliner::composite(StageOp stage, bool keepMode) {
  func::FuncOp callee = function(stage);
  OpBuilder builder(stage);
  NamedAttrList details(stage.getParamsAttr());
  details.set("stage", stage.getNameAttr());
  if (keepMode && stage.getMode() != Mode::Auto)
    details.set("mode", builder.getStringAttr(stringifyMode(stage.getMode())));
  if (ArrayAttr origin = stage.getOriginAttr()) details.set("origin", origin);
  // As attributes, never as properties: StableHLO may be unregistered here, and symbol uses inside
  // the properties of an unregistered operation are invisible to symbol-dce.
  OperationState state(callLocation(stage), "stablehlo.composite");
  state.addOperands(stage.getInputs());
  state.addTypes(stage.getResultTypes());
  state.addAttribute("composite_attributes", details.getDictionary(builder.getContext()));
  state.addAttribute("decomposition", FlatSymbolRefAttr::get(callee));
  state.addAttribute("name", builder.getStringAttr("rlx." + stage.getBlock()));
  Operation *made = builder.create(state);
  stage->replaceAllUsesWith(made);
  stage.erase();
}

LogicalResult checkParams(const FoundStage &stage) {
  StageOp op = stage.op;
  DictionaryAttr params = op.getParamsAttr();
  for (StringRef key : kOwnKeys)
    if (params && params.contains(key))
      return op.emitError() << "stage `" << stage.path
                            << "`: expected `params` without the keys " 
                            << llvm::join(std::begin(kOwnKeys), std::end(kOwnKeys), ", ")
                            << ", found `" << key << "`; rename that field of the block";
  return success();
}

}  // namespace rlx
