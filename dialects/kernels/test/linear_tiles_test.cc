// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of so many rows that AMX multiplies them, where the CPU has it: f32 as sums of bf16.

#include <cmath>

#include "check.h"
#include "linear_data.h"
#include "threads.h"

namespace rlx::test {
namespace {

// Tiles of rows that are full, begun and just begun, and the same along k.
TEST(rows_and_values_that_fill_no_tile) {
  Random random(17);
  CheckSizes(random, {24, 25, 48, 49, 63, 64, 65, 79, 80, 97}, {49});
}

// Longer than a part of any order, and than a block of x, with a rest.
TEST(many_rows_of_several_parts) {
  Random random(18);
  for (Format format : AllFormats()) {
    const int64_t block = Info(format).file_block;
    const int64_t in_dim = block == 1 ? 1161 : block == 32 ? 1184 : 1280;
    const Packed packed(format, 50, in_dim, random);
    const std::vector<float> x = Normals(random, 53 * in_dim);
    for (const KernelTable* table : Tables()) {
      CheckProduct(table, packed, x, Multiply({table, OwnThreads(2)}, packed, x));
    }
  }
}

// A large value takes no bits from the small ones beside it.
TEST(values_of_all_sizes_in_a_row) {
  Random random(19);
  for (Format format : {Format::kF32, Format::kF16, Format::kBf16}) {
    const Packed packed(format, 20, 96, random);
    std::vector<float> x = Normals(random, 51 * 96);
    for (size_t i = 0; i < x.size(); ++i) x[i] *= std::pow(10.0f, static_cast<float>(i % 13) - 6);
    for (const KernelTable* table : Tables()) {
      CheckProduct(table, packed, x, Multiply({table, Serial()}, packed, x));
    }
  }
}

// Integers with x as two numbers: weights that no bf16 holds, so that each of the three products
// counts.
TEST(weights_in_blocks_keep_their_bits) {
  Random random(20);
  for (Format format : AllFormats()) {
    if (!Info(format).integer) continue;
    const Packed packed(format, 33, 256, random);
    Packed rounded = packed;
    rounded.Round();
    std::vector<float> x(60 * 256, 0.0f);  // one value a row, so that nothing averages out
    for (size_t row = 0; row < 60; ++row) x[row * 256 + row * 4 % 256] = Normal(random);
    for (const KernelTable* table : Tables()) {
      const std::vector<float> y = Multiply({table, Serial()}, packed, x);
      double largest = 0, off = 0;
      for (size_t i = 0; i < y.size(); ++i) {
        const size_t row = i / 33, at = row * 4 % 256;
        const double w = packed.values[i % 33 * 256 + at], of = x[row * 256 + at];
        if (w == 0) continue;
        largest = std::fmax(largest, std::fabs(y[i] - w * of) / std::fabs(w * of));
        off = std::fmax(off, std::fabs(rounded.values[i % 33 * 256 + at] - w) / std::fabs(w));
      }
      CHECK(off > 1e-3, "weights that bf16 holds tell nothing: ", off);
      CHECK(largest < 6e-5, table->isa, " ", Info(format).name, ": ", largest);
    }
  }
}

}  // namespace
}  // namespace rlx::test
