// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rlx-opt: mlir-opt for modules with stages.

#include "Nesting.h"
#include "RlxDialect.h"
#include "RlxPasses.h"
#include "Supervise.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

#ifdef RLX_WITH_STABLEHLO
#include "stablehlo/dialect/ChloOps.h"
#include "stablehlo/dialect/StablehloOps.h"
#endif

namespace {

int run(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<rlx::RlxDialect, mlir::func::FuncDialect>();
  mlir::func::registerInlinerExtension(registry);
#ifdef RLX_WITH_STABLEHLO
  registry.insert<mlir::stablehlo::StablehloDialect, mlir::chlo::ChloDialect>();
#endif
  rlx::registerRlxPasses();
  mlir::registerTransformsPasses();
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "rlx-opt: passes over modules with stages\n", registry);
  auto config = mlir::MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
  std::string error;
  auto file = mlir::openInputFile(input, &error);
  if (!file) {
    llvm::errs() << error << '\n';
    return 1;
  }
  if (!file->getBuffer().starts_with("ML\xefR"))
    if (auto place = rlx::firstTooDeep(file->getBuffer())) {
      llvm::errs() << input << ':' << place->first << ':' << place->second
                   << ": error: brackets must be nested at most " << rlx::kDeepest << " deep\n";
      return 1;
    }
  auto target = mlir::openOutputFile(output, &error);
  if (!target) {
    llvm::errs() << error << '\n';
    return 1;
  }
  if (failed(mlir::MlirOptMain(target->os(), std::move(file), registry, config))) return 1;
  target->keep();
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  return rlx::supervised(argc, argv, [&] { return run(argc, argv); });
}
