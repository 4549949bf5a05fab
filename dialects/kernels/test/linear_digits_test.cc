// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One row that meets weights of 4 bits, and few rows with AMX, are multiplied in digits: no bit of
// a result may tell.

#include <algorithm>
#include <cmath>
#include <vector>

#include "check.h"
#include "linear_data.h"
#include "threads.h"

namespace rlx::test {
namespace {

// The last row of x alone is one row in digits; with the others it is ints, or bytes with AMX.
void CheckRow(const Runner& run, const Packed& packed, const std::vector<float>& x) {
  const std::vector<float> last(x.end() - packed.in_dim, x.end());
  const std::vector<float> one = Multiply(run, packed, last), all = Multiply(run, packed, x);
  for (int64_t column = 0; column < packed.out_dim; ++column) {
    const float found = one[static_cast<size_t>(column)];
    const float wanted = all[all.size() - static_cast<size_t>(packed.out_dim - column)];
    CHECK(found == wanted, run.table->isa, " ", Info(packed.format).name, " ", packed.in_dim,
          ", column ", column, ": ", found, " for ", wanted);
  }
}

TEST(one_row_in_digits_is_that_row_among_others) {
  Random random(17);
  for (const KernelTable* table : Tables()) {
    for (Format format : {Format::kQ4_0, Format::kQ4K}) {
      for (int64_t in_dim : InDims(format)) {
        const Packed packed(format, 43, in_dim, random);
        std::vector<float> x = Normals(random, 2 * in_dim);
        // Both ends of what a digit is, beside numbers of every size.
        x[static_cast<size_t>(in_dim)] = -50.0f;
        x[static_cast<size_t>(in_dim + 1)] = 50.0f;
        for (int64_t k = 2; k < 20; ++k) {
          const float q = static_cast<float>(k % 2 == 0 ? 128 * k : 128 * k - 1);
          x[static_cast<size_t>(in_dim + k)] = 50.0f / kMostQ * q;
        }
        CheckRow({table, Serial()}, packed, x);
      }
    }
  }
}

// Beside a matrix that takes ints, both do.
TEST(one_row_for_weights_of_four_bits_and_others) {
  Random random(18);
  for (const KernelTable* table : Tables()) {
    const Packed few(Format::kQ4K, 35, 512, random), more(Format::kQ6K, 19, 512, random);
    const std::vector<float> x = Normals(random, 512);
    std::vector<float> y(35), z(19);
    const Matrix matrices[] = {
        {few.format, few.panels.data(), few.out_dim, {}, {y.data(), Element::kF32}},
        {more.format, more.panels.data(), more.out_dim, {}, {z.data(), Element::kF32}}};
    Product product = {};
    product.x = {x.data(), Element::kF32};
    product.rows = 1;
    product.in_dim = 512;
    product.matrices = matrices;
    product.count = 2;
    const Runner run = {table, Serial()};
    run(product);
    CHECK(y == Multiply(run, few, x), table->isa, " q4_k");
    CHECK(z == Multiply(run, more, x), table->isa, " q6_k");
  }
}

// What AMX makes of few rows is what they are as ints, to the bit; so are a row that is not finite
// and one of tiny numbers.
TEST(few_rows_as_bytes_are_those_rows_as_integers) {
  static constexpr PanelFn kNone[kFormats] = {};
  Random random(19);
  for (const KernelTable* table : Tables()) {
    if (!table->linear.MultipliesBytes()) continue;
    KernelTable without = *table;
    without.linear.byte_panels = kNone;
    for (Format format : AllFormats()) {
      if (!Info(format).integer) continue;
      for (int64_t in_dim : InDims(format)) {
        const Packed packed(format, 43, in_dim, random);
        for (int64_t rows = kByteRowsLeast; rows <= kFewRows; ++rows) {
          std::vector<float> x = Normals(random, rows * in_dim);
          for (int64_t k = 0; k < in_dim; ++k) x[static_cast<size_t>(in_dim + k)] *= 0x1p-99f;
          if (rows > 3) x[static_cast<size_t>(3 * in_dim - 1)] = kInf;
          for (int threads : {1, 3}) {
            const std::vector<float> found = Multiply({table, OwnThreads(threads)}, packed, x);
            const std::vector<float> wanted = Multiply({&without, Serial()}, packed, x);
            for (size_t i = 0; i < found.size(); ++i) {
              const bool both = std::isnan(found[i]) && std::isnan(wanted[i]);
              CHECK(found[i] == wanted[i] || both, Info(format).name, " in ", in_dim, " rows ",
                    rows, " at ", static_cast<int64_t>(i), ": ", found[i], " for ", wanted[i]);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace rlx::test
