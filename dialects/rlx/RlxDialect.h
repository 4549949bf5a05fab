// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect `rlx`: what RlxBase.td and RlxOps.td generate.

#ifndef RLX_DIALECT_H
#define RLX_DIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "rlx/RlxDialect.h.inc"
#include "rlx/RlxEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "rlx/RlxAttrs.h.inc"

#define GET_OP_CLASSES
#include "rlx/RlxOps.h.inc"

#endif  // RLX_DIALECT_H
