// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect and its passes for a stock mlir-opt of the same release:
//   mlir-opt --load-dialect-plugin=RlxPlugin.so --load-pass-plugin=RlxPlugin.so
//     --pass-pipeline='builtin.module(rlx-outline-stages)'

#include "RlxDialect.h"
#include "RlxPasses.h"
#include "llvm/Config/llvm-config.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

extern "C" LLVM_ATTRIBUTE_WEAK mlir::DialectPluginLibraryInfo mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "Rlx", LLVM_VERSION_STRING,
          [](mlir::DialectRegistry *registry) { registry->insert<rlx::RlxDialect>(); }};
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "RlxPasses", LLVM_VERSION_STRING,
          []() { rlx::registerRlxPasses(); }};
}
