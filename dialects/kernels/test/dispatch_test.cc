// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The choice of an instruction set.

#include <cstring>

#include "check.h"
#include "tables.h"

namespace rlx::test {
namespace {

TEST(best_set_is_the_default) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  const KernelTable* best = nullptr;
  for (size_t i = count; i-- > 0;) best = compiled[i].runs_here ? compiled[i].table : best;
  CHECK(ChooseKernels(nullptr).table == best);
  CHECK(ChooseKernels("").table == best);
}

TEST(scalar_is_always_there) {
  const Choice choice = ChooseKernels("scalar");
  CHECK(choice.table != nullptr && std::strcmp(choice.table->isa, "scalar") == 0);
}

TEST(unknown_set_is_refused_by_name) {
  const Choice choice = ChooseKernels("avx3");
  CHECK(choice.table == nullptr);
  CHECK(std::strstr(choice.error, "RLX_KERNELS_ISA=avx3: no such kernels; there are ") != nullptr,
        choice.error);
  CHECK(std::strstr(choice.error, "scalar") != nullptr, choice.error);
}

TEST(set_that_the_cpu_lacks_is_refused_by_name) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < count; ++i) {
    const Choice choice = ChooseKernels(compiled[i].table->isa);
    CHECK((choice.table != nullptr) == compiled[i].runs_here, compiled[i].table->isa);
    if (compiled[i].runs_here) continue;
    CHECK(std::strstr(choice.error, "this CPU lacks it; it runs ") != nullptr, choice.error);
  }
}

TEST(every_set_multiplies_in_registers) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!compiled[i].runs_here) continue;
    const LinearKernels& linear = compiled[i].table->linear;
    for (const MultiplyFn multiply : {*linear.multiply_ints, *linear.multiply_floats}) {
      CHECK(multiply(0) == 0 && multiply(1) > 0, compiled[i].table->isa);
      CHECK(multiply(6) == 3 * multiply(2), compiled[i].table->isa);
    }
  }
}

}  // namespace
}  // namespace rlx::test
