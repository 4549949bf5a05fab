// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations: assembly form and the constraints (C1) to (C10) that no trait checks.

#include "RlxDialect.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

// `mode(fence)`; may be left out for `auto`.
static ParseResult parseStageMode(OpAsmParser &parser, rlx::ModeAttr &mode) {
  auto *context = parser.getContext();
  if (failed(parser.parseOptionalKeyword("mode"))) {
    mode = rlx::ModeAttr::get(context, rlx::Mode::Auto);
    return success();
  }
  StringRef word;
  SMLoc place;
  if (parser.parseLParen() || parser.getCurrentLocation(&place) || parser.parseKeyword(&word))
    return failure();
  std::optional<rlx::Mode> known = rlx::symbolizeMode(word);
  if (!known)
    return parser.emitError(place)
           << "(C3) expects mode to be one of: auto, fuse, fence, kernel, keep; found " << word;
  mode = rlx::ModeAttr::get(context, *known);
  return parser.parseRParen();
}

static void printStageMode(OpAsmPrinter &printer, Operation *, rlx::ModeAttr mode) {
  printer << "mode(" << rlx::stringifyMode(mode.getValue()) << ")";
}

// `(%x = %0 : T, %w = %arg1 : T) -> (T, T) { ... }`; the arrow is left out where nothing comes out.
static ParseResult parseStageBody(OpAsmParser &parser,
                                  SmallVectorImpl<OpAsmParser::UnresolvedOperand> &inputs,
                                  SmallVectorImpl<Type> &inputTypes,
                                  SmallVectorImpl<Type> &outputTypes, Region &body) {
  SmallVector<OpAsmParser::Argument> arguments;
  auto parseBinding = [&]() -> ParseResult {
    OpAsmParser::Argument &argument = arguments.emplace_back();
    if (parser.parseArgument(argument) || parser.parseEqual() ||
        parser.parseOperand(inputs.emplace_back()) || parser.parseColonType(argument.type))
      return failure();
    inputTypes.push_back(argument.type);
    std::optional<Location> location;
    if (parser.parseOptionalLocationSpecifier(location)) return failure();
    argument.sourceLoc = location;
    return success();
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseBinding) ||
      parser.parseOptionalArrowTypeList(outputTypes) ||
      parser.parseRegion(body, arguments, /*enableNameShadowing=*/true))
    return failure();
  rlx::StageOp::ensureTerminator(body, parser.getBuilder(),
                                 parser.getEncodedSourceLoc(parser.getNameLoc()));
  return success();
}

static void printStageBody(OpAsmPrinter &printer, Operation *op, OperandRange inputs, TypeRange,
                           TypeRange outputTypes, Region &body) {
  printer << "(";
  llvm::interleaveComma(llvm::zip_equal(body.getArguments(), inputs), printer, [&](auto pair) {
    auto [argument, input] = pair;
    printer << argument << " = " << input << " : " << argument.getType();
    printer.printOptionalLocationSpecifier(argument.getLoc());
  });
  printer << ")";
  printer.printOptionalArrowTypeList(outputTypes);
  printer << " ";
  printer.printRegion(body, /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/op->getNumResults() > 0);
}

namespace {

bool isBlockName(StringRef text) {
  auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && lower(text.front()) &&
         llvm::all_of(text, [&](char c) { return lower(c) || llvm::isDigit(c) || c == '_'; });
}

// (C5), (C6): as many, and of the same types.
LogicalResult agree(rlx::StageOp stage, StringRef label, StringRef inner, TypeRange found,
                    StringRef outer, TypeRange wanted) {
  if (found.size() != wanted.size())
    return stage.emitOpError() << "(" << label << ") number of " << inner
                               << "s must match the number of " << outer << "s: " << found.size()
                               << " != " << wanted.size();
  for (auto [i, one, other] : llvm::enumerate(found, wanted))
    if (one != other)
      return stage.emitOpError() << "(" << label << ") type of " << inner << " #" << i
                                 << " must match the type of " << outer << " #" << i << ": " << one
                                 << " != " << other;
  return success();
}

}  // namespace

LogicalResult rlx::StageOp::verify() {
  if (getName().empty() || getName().contains('/'))
    return emitOpError() << "(C1) name must not be empty or hold \"/\": " << getNameAttr();
  if (!isBlockName(getBlock()))
    return emitOpError() << "(C2) block must match [a-z][a-z0-9_]*: " << getBlockAttr();
  if (auto origin = getOriginAttr())
    for (Attribute path : origin)
      if (cast<StringAttr>(path).empty())
        return emitOpError() << "(C9) origin must hold no empty string: " << origin;
  return success();
}

LogicalResult rlx::StageOp::verifyRegions() {
  Block &block = getBody().front();
  if (failed(agree(*this, "C5", "block argument", block.getArgumentTypes(), "operand",
                   getInputs().getTypes())))
    return failure();
  Operation *end = block.getTerminator();
  return agree(*this, "C6", "yielded value", end->getOperandTypes(), "result", getResultTypes());
}

#define GET_OP_CLASSES
#include "rlx/RlxOps.cpp.inc"
