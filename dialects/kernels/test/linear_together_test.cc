// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of several matrices in one call: one row reads panels of some of them side by side.

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "check.h"
#include "linear_data.h"
#include "linear_run.h"
#include "threads.h"

namespace rlx::test {
namespace {

constexpr int64_t kIn = 256;
constexpr float kUntouched = -77;

// A matrix with a bias, and results with room behind them that nobody may touch.
struct Made {
  Made(Format format, int64_t out_dim, int64_t rows, Random& random)
      : packed(format, out_dim, kIn, random),
        bias(Normals(random, out_dim)),
        y(static_cast<size_t>(rows * out_dim) + 16) {}

  Matrix Get() {
    std::fill(y.begin(), y.end(), kUntouched);
    return {packed.format,
            packed.panels.data(),
            packed.out_dim,
            {bias.data(), Element::kF32},
            {y.data(), Element::kF32}};
  }

  // The result in exact numbers.
  Expected At(int64_t column, const float* x) const {
    const Expected product = Dot(packed, column, x);
    const double value = product.value + bias[static_cast<size_t>(column)];
    return {value, product.slack + 2e-7 * std::fabs(value)};
  }

  Packed packed;
  std::vector<float> bias, y;
};

void CheckNear(const KernelTable* table, const Made& made, int64_t index, double value,
               double slack) {
  const float y = made.y[static_cast<size_t>(index)];
  CHECK(std::fabs(y - value) <= slack, table->isa, " ", Info(made.packed.format).name, " of ",
        made.packed.out_dim, " at ", index, ": ", y, " for ", value, " within ", slack);
}

void CheckUntouched(const Made& made) {
  for (size_t i = made.y.size() - 16; i < made.y.size(); ++i) CHECK(made.y[i] == kUntouched);
}

// All matrices in one call, by every set, with one thread and with more.
void CheckTogether(std::vector<Made> all, int64_t rows, Random& random) {
  const std::vector<float> x = Normals(random, rows * kIn);
  for (int threads : {1, 2, 3}) {
    for (const KernelTable* table : Tables()) {
      std::vector<Matrix> matrices;
      for (Made& one : all) matrices.push_back(one.Get());
      Product product = {};
      product.x = {x.data(), Element::kF32};
      product.rows = rows;
      product.in_dim = kIn;
      product.matrices = matrices.data();
      product.count = static_cast<int>(matrices.size());
      Runner{table, OwnThreads(threads)}(product);
      for (const Made& one : all) {
        const int64_t out_dim = one.packed.out_dim;
        for (int64_t i = 0; i < rows * out_dim; ++i) {
          const Expected expected = one.At(i % out_dim, &x[static_cast<size_t>(i / out_dim * kIn)]);
          CheckNear(table, one, i, expected.value, expected.slack);
        }
        CheckUntouched(one);
      }
    }
  }
}

// Of few rows threads have parts that end within matrices, whose formats change among panels that
// are read side by side. With the last matrices all rows are integers of 16 bits, without them few
// may be digits.
TEST(several_matrices_in_one_call) {
  Random random(31);
  for (int64_t rows : {1, 2, 5, 8, 9}) {
    std::vector<Made> all;
    all.emplace_back(Format::kQ8_0, 150, rows, random);
    all.emplace_back(Format::kQ8_0, 5, rows, random);
    all.emplace_back(Format::kBf16, 37, rows, random);
    all.emplace_back(Format::kQ8_0, 261, rows, random);
    all.emplace_back(Format::kQ4K, 97, rows, random);
    CheckTogether(all, rows, random);
    all.emplace_back(Format::kQ6K, 16, rows, random);
    all.emplace_back(Format::kQ4_0, 50, rows, random);
    CheckTogether(all, rows, random);
  }
}

// Both matrices of one format, or not.
TEST(gated_products_of_all_sizes) {
  Random random(14);
  for (const auto& [gate_format, up_format] : {std::pair{Format::kQ8_0, Format::kQ8_0},
                                               {Format::kQ4_0, Format::kQ6K},
                                               {Format::kBf16, Format::kQ8_0}}) {
    for (int64_t out_dim : {5, 37, 150, 500}) {
      for (int64_t rows : {1, 3, 9}) {
        Made gate(gate_format, out_dim, rows, random), up(up_format, out_dim, rows, random);
        const std::vector<float> x = Normals(random, rows * kIn);
        for (int threads : {1, 2}) {
          for (const KernelTable* table : Tables()) {
            const Matrix matrices[] = {gate.Get(), up.Get()};
            Product product = {};
            product.x = {x.data(), Element::kF32};
            product.rows = rows;
            product.in_dim = kIn;
            product.matrices = matrices;
            product.count = 2;
            product.act = Act::kRelu;
            Runner{table, OwnThreads(threads)}(product);
            for (int64_t i = 0; i < rows * out_dim; ++i) {
              const float* row = &x[static_cast<size_t>(i / out_dim * kIn)];
              const Expected g = gate.At(i % out_dim, row), u = up.At(i % out_dim, row);
              const double value = std::max(g.value, 0.0) * u.value;
              CheckNear(table, gate, i, value,
                        g.slack * std::fabs(u.value) + u.slack * std::fabs(g.value) +
                            g.slack * u.slack + 2e-7 * std::fabs(value));
            }
            CheckUntouched(gate);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace rlx::test
