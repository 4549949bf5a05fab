// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect itself: what it registers, and the names of arguments and results, (F1) to (F5).

#include "RlxDialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/InliningUtils.h"

#include "rlx/RlxDialect.cpp.inc"
#include "rlx/RlxEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "rlx/RlxAttrs.cpp.inc"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace rlx {
namespace {

using namespace mlir;

constexpr StringLiteral kArgumentNames[] = {"rlx.input", "rlx.param", "rlx.state"};
constexpr StringLiteral kOutput = "rlx.output";

// A stage is a region that runs once, so whatever may stand in a function may stand in it.
struct RlxInlinerInterface : public DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Operation *, bool) const final { return true; }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final { return true; }
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
};

// Returns the position of the first argument or result before `index` that carries the same name.
template <typename GetAttr>
std::optional<unsigned> firstWithName(unsigned index, Attribute value, GetAttr get) {
  for (unsigned i = 0; i < index; ++i)
    if (get(i) == value) return i;
  return std::nullopt;
}

std::string quoted(Attribute value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

template <typename GetAttr>
LogicalResult checkName(Operation *op, StringRef what, unsigned index, NamedAttribute attribute,
                        StringRef kind, StringRef twice, GetAttr get) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (!isa<StringAttr>(value))
    return op->emitOpError() << "(" << kind << ") '" << name << "' of " << what << " #" << index
                             << " must be a string: " << quoted(value);
  if (std::optional<unsigned> first = firstWithName(index, value, get))
    return op->emitOpError() << "(" << twice << ") '" << name << "' of " << what << "s #" << *first
                             << " and #" << index << " must differ: " << quoted(value);
  return success();
}

// (F4)
LogicalResult checkParts(FunctionOpInterface function, unsigned index, Attribute value) {
  auto report = [&] { return function->emitOpError() << "(F4) 'rlx.parts' of argument #" << index; };
  auto parts = dyn_cast<ArrayAttr>(value);
  if (!parts || !llvm::all_of(parts, llvm::IsaPred<StringAttr>))
    return report() << " must be an array of strings: " << quoted(value);
  if (!function.getArgAttr(index, "rlx.param") && !function.getArgAttr(index, "rlx.state"))
    return report() << " must stand on a weight or a state";
  Type type = function.getArgumentTypes()[index];
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.getRank() || tensor.getDimSize(0) != static_cast<int64_t>(parts.size()))
    return report() << " must name each slice of its first axis: " << parts.size()
                    << " names for " << type;
  llvm::DenseSet<Attribute> known;
  for (Attribute part : parts)
    if (!known.insert(part).second)
      return report() << " must hold no name twice: " << quoted(part);
  return success();
}

// (F5)
LogicalResult checkBelow(FunctionOpInterface function, unsigned index, Attribute value) {
  auto number = dyn_cast<IntegerAttr>(value);
  if (number && number.getType().isSignlessInteger(64)) return success();
  return function->emitOpError() << "(F5) 'rlx.below' of argument #" << index
                                 << " must be an i64: " << quoted(value);
}

}  // namespace

void RlxDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "rlx/RlxOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "rlx/RlxAttrs.cpp.inc"
      >();
  addInterfaces<RlxInlinerInterface>();
}

// (F1), (F2), (F4) and (F5). MLIR calls this once for each attribute of the dialect, in the order of position.
LogicalResult RlxDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                   NamedAttribute attribute) {
  StringRef name = attribute.getName();
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function) return success();
  if (name == "rlx.parts") return checkParts(function, index, attribute.getValue());
  if (name == "rlx.below") return checkBelow(function, index, attribute.getValue());
  if (!llvm::is_contained(kArgumentNames, name)) return success();
  if (failed(checkName(op, "argument", index, attribute, "F1", "F2",
                       [&](unsigned i) { return function.getArgAttr(i, name); })))
    return failure();
  SmallVector<std::string> carried;
  for (StringRef other : kArgumentNames)
    if (function.getArgAttr(index, other)) carried.push_back(llvm::formatv("'{0}'", other));
  if (carried.size() > 1 && StringRef(carried.back()).contains(name))
    return op->emitOpError() << "(F1) argument #" << index
                             << " must carry at most one name: " << llvm::join(carried, " and ");
  return success();
}

// (F3)
LogicalResult RlxDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned index,
                                                      NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function || attribute.getName() != kOutput) return success();
  return checkName(op, "result", index, attribute, "F3", "F3",
                   [&](unsigned i) { return function.getResultAttr(i, kOutput); });
}

}  // namespace rlx
