// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops that say how fast a CPU multiplies: done, not removed by a compiler that sees no use of
// them.

#include <chrono>
#include <cmath>
#include <cstring>

#include "capi.h"
#include "check.h"
#include "tables.h"

namespace rlx::test {
namespace {

// 32-bit lanes of an instruction; of `scalar` as many as a compiler may choose.
int LanesOf(const char* isa) {
  if (std::strcmp(isa, "avx2") == 0) return 8;
  return std::strcmp(isa, "neon") == 0 ? 4 : 16;
}

// More than any CPU does a second: 4 vectors a cycle, of which each multiplies and adds 2 values a
// lane, at 7 GHz; of tiles, 16 rows of 16 x 32 values in 16 cycles.
double MostRate(const char* isa) {
  if (std::strcmp(isa, "amx") == 0) return 7e9 * 2 * 16 * 32;
  return 7e9 * 4 * 4 * LanesOf(isa);
}

// By the wall clock, which counts too much where others run: the fastest of some is what is there.
// On a virtual machine the system's count of a thread's time was 0.02 of what a loop took.
void CheckRate(const char* isa, const char* type, MultiplyFn multiply) {
  constexpr int64_t kTurns = 1 << 14;
  double rate = 0.0;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto done = static_cast<double>(multiply(kTurns));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    rate = std::fmax(rate, done / seconds.count());
  }
  CHECK(rate < MostRate(isa), isa, " ", type, ": ", rate, " a second");
}

TEST(multiplications_take_their_time) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!compiled[i].runs_here) continue;
    const KernelTable& table = *compiled[i].table;
    CheckRate(table.isa, "int16", *table.linear.multiply_ints);
    CheckRate(table.isa, "f32", *table.linear.multiply_floats);
    const MultiplyFn halves = *table.linear.multiply_halves;
    CHECK((halves != nullptr) == table.linear.MultipliesHalves(), table.isa);
    if (halves != nullptr) CheckRate(table.isa, "bf16", halves);
    const MultiplyFn tiles = *table.linear.multiply_tiles;
    CHECK((tiles != nullptr) == table.linear.MultipliesTiles(), table.isa);
    if (tiles != nullptr) CheckRate(table.isa, "bf16 in tiles", tiles);
  }
}

TEST(multiplications_are_of_the_type_asked_for) {
  const LinearKernels& chosen = ChosenKernels().table->linear;
  CHECK(rlx_multiply("int16", 5) == (*chosen.multiply_ints)(5));
  CHECK(rlx_multiply("f32", 5) == (*chosen.multiply_floats)(5));
  const MultiplyFn tiles = *chosen.multiply_tiles, halves = *chosen.multiply_halves;
  const MultiplyFn best = tiles != nullptr ? tiles : halves;
  CHECK(rlx_multiply("bf16", 5) == (best == nullptr ? 0 : best(5)));
  CHECK(rlx_multiply("f8", 5) == -1);
}

}  // namespace
}  // namespace rlx::test
