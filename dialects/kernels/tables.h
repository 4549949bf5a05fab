// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The kernels of one instruction set, and which set this process uses.

#ifndef RLX_KERNELS_TABLES_H_
#define RLX_KERNELS_TABLES_H_

#include <cstddef>

#include "attend.h"
#include "convert.h"
#include "linear.h"
#include "read.h"
#include "sample.h"

namespace rlx {

struct KernelTable {
  const char* isa;
  const ConvertKernels* convert;
  const DecodeKernels* decode;
  const PrefillKernels* prefill;
  const ReadFn* read;
  const SampleKernels* sample;
  LinearKernels linear;
};

// The table in use, or why there is none.
struct Choice {
  const KernelTable* table;  // null if error is not empty
  char error[200];
};

// Chooses once a process: the best set that this CPU has, or the one that the environment variable
// RLX_KERNELS_ISA names.
const Choice& ChosenKernels() noexcept;

// As ChosenKernels() does with the variable set to `wanted`; null means not set.
Choice ChooseKernels(const char* wanted) noexcept;

// Tables that were compiled, best first, whether this CPU has the instructions or not.
struct Compiled {
  const KernelTable* table;
  bool runs_here;
};
const Compiled* CompiledKernels(size_t* count) noexcept;

}  // namespace rlx

#endif  // RLX_KERNELS_TABLES_H_
