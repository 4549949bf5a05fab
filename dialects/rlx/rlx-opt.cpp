// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rlx-opt: mlir-opt for modules with stages.

#include "RlxDialect.h"
#include "RlxPasses.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

#ifdef RLX_WITH_STABLEHLO
#include "stablehlo/dialect/StablehloOps.h"
#endif

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<rlx::RlxDialect, mlir::func::FuncDialect>();
  mlir::func::registerInlinerExtension(registry);
#ifdef RLX_WITH_STABLEHLO
  registry.insert<mlir::stablehlo::StablehloDialect>();
#endif
  rlx::registerRlxPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "rlx-opt: passes over modules with stages\n", registry));
}
