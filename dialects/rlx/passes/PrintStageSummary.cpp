// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rlx-print-stage-summary: one line for each stage, or for the composite made of it.

#include <map>

#include "RlxPasses.h"
#include "Stages.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

namespace rlx {

#define GEN_PASS_DEF_PRINTSTAGESUMMARY
#include "rlx/RlxPasses.h.inc"

namespace {

using namespace mlir;

// The operations that a line counts by name; `ops` counts all, also constants.
constexpr StringLiteral kMainOps[] = {
    "dot_general", "convolution", "reduce",  "reduce_window", "gather",
    "scatter",     "sort",        "dynamic_update_slice", "while", "custom_call"};
constexpr StringLiteral kControl[] = {"stablehlo.while", "stablehlo.if", "stablehlo.case"};
constexpr StringLiteral kUncounted[] = {"func.return", "stablehlo.return", "rlx.yield"};

using Counts = std::map<std::string, unsigned>;
using Known = llvm::DenseMap<Value, bool>;  // whether a value is a weight
using Row = std::vector<std::string>;

void add(Counts &all, const Counts &more) {
  for (auto &[name, count] : more) all[name] += count;
}

std::string shown(Type type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor) {
    stream << type;
    return text;
  }
  stream << tensor.getElementType() << "[";
  llvm::interleaveComma(tensor.getShape(), stream, [&](int64_t size) {
    if (ShapedType::isDynamic(size))
      stream << "?";
    else
      stream << size;
  });
  stream << "]";
  return text;
}

std::string joined(const std::vector<std::string> &types) {
  return types.empty() ? "()" : llvm::join(types, ", ");
}

std::string arrow(ValueRange inputs, const std::vector<bool> &weights, TypeRange outputs) {
  std::vector<std::string> left, right;
  for (auto [value, weight] : llvm::zip_equal(inputs, weights))
    if (!weight) left.push_back(shown(value.getType()));
  for (Type type : outputs) right.push_back(shown(type));
  return joined(left) + " -> " + joined(right);
}

std::string counted(const Counts &counts) {
  unsigned total = 0;
  std::string text;
  for (auto &[name, count] : counts) total += count;
  for (StringRef name : kMainOps)
    if (auto found = counts.find(name.str()); found != counts.end())
      text += (name + "=" + Twine(found->second) + " ").str();
  return text + "ops=" + std::to_string(total);
}

// Collects a row for each stage; functions of composites and calls are walked at each use.
class Walk {
 public:
  explicit Walk(ModuleOp module) : symbols(module) {}

  std::vector<Row> rows;

  Counts block(Block &block, const Known &known, const std::string &path, unsigned depth) {
    Counts counts;
    for (Operation &op : block) {
      StringRef name = op.getName().getStringRef();
      if (Block *inner = body(op)) {
        Known given;
        std::vector<bool> weights;
        for (auto [argument, operand] : llvm::zip_equal(inner->getArguments(), op.getOperands())) {
          weights.push_back(known.lookup(operand));
          given[argument] = weights.back();
        }
        bool call = isa<func::CallOp>(op);
        add(counts, call ? this->block(*inner, given, path, depth)
                         : stage(op, *inner, given, weights, path, depth));
      } else if (!llvm::is_contained(kUncounted, name)) {
        ++counts[name.split('.').second.str()];
        if (llvm::is_contained(kControl, name))
          for (Region &region : op.getRegions())
            add(counts, this->block(region.front(), known, path, depth));
      }
    }
    return counts;
  }

 private:
  SymbolTable symbols;

  // The body of a stage, or of the function that an operation stands for.
  Block *body(Operation &op) {
    if (auto stage = dyn_cast<StageOp>(op)) return &stage.getBody().front();
    FlatSymbolRefAttr symbol;
    if (auto call = dyn_cast<func::CallOp>(op)) {
      symbol = call.getCalleeAttr();
    } else if (op.getName().getStringRef() == "stablehlo.composite") {
      auto name = op.getAttrOfType<StringAttr>("name");
      if (name && name.getValue().starts_with("rlx."))
        symbol = op.getAttrOfType<FlatSymbolRefAttr>("decomposition");
    }
    auto function = symbol ? symbols.lookup<func::FuncOp>(symbol.getValue()) : nullptr;
    return function && !function.isExternal() ? &function.getBody().front() : nullptr;
  }

  Counts stage(Operation &op, Block &inner, const Known &given, const std::vector<bool> &weights,
               const std::string &path, unsigned depth) {
    auto [name, block, mode] = named(op);
    std::string full = path.empty() ? name : path + "/" + name;
    size_t at = rows.size();
    Counts counts = this->block(inner, given, full, depth + 1);
    std::string count = std::to_string(llvm::count(weights, true));
    rows.insert(rows.begin() + at,
                {std::string(2 * depth, ' ') + full, block, mode == "auto" ? "" : mode,
                 arrow(op.getOperands(), weights, op.getResultTypes()), "weights=" + count,
                 counted(counts)});
    return counts;
  }

  std::tuple<std::string, std::string, std::string> named(Operation &op) {
    if (auto stage = dyn_cast<StageOp>(op))
      return {stage.getName().str(), stage.getBlock().str(), stringifyMode(stage.getMode()).str()};
    StringRef block = op.getAttrOfType<StringAttr>("name").getValue().drop_front(4);
    auto details = op.getAttrOfType<DictionaryAttr>("composite_attributes");
    auto text = [&](StringRef key, StringRef missing) {
      auto value = details ? details.getAs<StringAttr>(key) : StringAttr();
      return value ? value.getValue().str() : missing.str();
    };
    return {text("stage", block), block.str(), text("mode", "auto")};
  }
};

void print(const std::vector<Row> &rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row &row : rows)
    for (auto [i, cell] : llvm::enumerate(row)) widths[i] = std::max(widths[i], cell.size());
  for (const Row &row : rows) {
    std::string line;
    for (auto [i, cell] : llvm::enumerate(row)) {
      if (!widths[i]) continue;
      line += (line.empty() ? "" : "  ") + cell + std::string(widths[i] - cell.size(), ' ');
    }
    llvm::outs() << StringRef(line).rtrim() << "\n";
  }
}

struct PrintStageSummary : public impl::PrintStageSummaryBase<PrintStageSummary> {
  void runOnOperation() final {
    markAllAnalysesPreserved();
    func::FuncOp main = findMain();
    if (!main) return signalPassFailure();
    Block &body = main.getBody().front();
    Known known;
    std::vector<bool> weights;
    for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
      weights.push_back(bool(main.getArgAttr(i, "rlx.param")));
      known[argument] = weights.back();
    }
    Walk walk(getOperation());
    Counts counts = walk.block(body, known, "", 0);
    if (walk.rows.empty())
      walk.rows.push_back({"main", "", "", arrow(body.getArguments(), weights,
                                                 main.getFunctionType().getResults()),
                           "weights=" + std::to_string(llvm::count(weights, true)),
                           counted(counts)});
    print(walk.rows);
  }

  // The function `main`, or the only function that there is.
  func::FuncOp findMain() {
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (function.getName() == "main" && !function.isExternal()) return function;
    if (functions.size() == 1 && !functions.front().isExternal()) return functions.front();
    getOperation().emitError() << "module: expected a function `main`, found " << functions.size()
                               << " others";
    return nullptr;
  }
};

}  // namespace
}  // namespace rlx
