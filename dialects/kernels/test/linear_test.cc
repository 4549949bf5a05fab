// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products against sums in double over the values that the packed weights stand for.

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "linear_data.h"
#include "panels_run.h"
#include "threads.h"

namespace rlx::test {
namespace {

TEST(products_of_all_formats_sizes_and_rows) {
  Random random(1);
  CheckSizes(random, {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 33, 66}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 17});
}

// Rows longer than what two tiles go over at a time, with a rest; more panels than a group has.
TEST(products_of_long_rows_and_of_many_panels) {
  Random random(12);
  for (Format format : AllFormats()) {
    const int64_t block = Info(format).file_block;
    const int64_t long_rows = block == 1 ? 4129 : block == 32 ? 4128 : 4352;
    const Packed packed(format, 17, long_rows, random),
        many(format, 301, block == 1 ? 67 : block, random);
    for (const KernelTable* table : Tables()) {
      for (int64_t rows : {1, 5, 8, 12}) {
        const std::vector<float> x = Normals(random, rows * long_rows);
        CheckProduct(table, packed, x, Multiply({table, Serial()}, packed, x));
      }
      for (int64_t rows : {1, 6}) {
        const std::vector<float> x = Normals(random, rows * many.in_dim);
        CheckProduct(table, many, x, Multiply({table, OwnThreads(3)}, many, x));
      }
    }
  }
}

// More rows than a tile of results has, some of which are not among the eights; more panels than a
// group has, and more values than a part.
TEST(products_of_more_rows_than_a_tile) {
  Random random(16);
  for (Format format : {Format::kF32, Format::kInt8, Format::kQ8_0, Format::kQ4K}) {
    const Packed packed(format, 290, Info(format).file_block == 1 ? 35 : 256, random),
        wide(format, 18, 768, random);
    const int64_t rows = kTileRowsOfInts + 13;
    for (const Packed* one : {&packed, &wide}) {
      const std::vector<float> x = Normals(random, rows * one->in_dim);
      for (const KernelTable* table : Tables()) {
        CheckProduct(table, *one, x, Multiply({table, OwnThreads(2)}, *one, x));
      }
    }
  }
}

TEST(threads_do_not_change_results) {
  Random random(2);
  for (Format format : {Format::kQ4_0, Format::kBf16}) {
    const Packed packed(format, 1000, 512, random);
    for (const int64_t rows : {20, 50}) {
      const std::vector<float> x = Normals(random, rows * 512);
      const KernelTable* table = Tables()[0];
      CHECK(Multiply({table, OwnThreads(3)}, packed, x) == Multiply({table, Serial()}, packed, x));
    }
  }
}

TEST(two_callers_and_a_fork) {
  Random random(3);
  const Packed packed(Format::kQ8_0, 640, 512, random);
  const Runner run = {Tables()[0], OwnThreads(2)};
  for (const int64_t rows : {3, 50}) {
    const std::vector<float> x = Normals(random, rows * 512);
    const std::vector<float> expected = Multiply(run, packed, x);
    std::atomic<int> right{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 2; ++caller) {
      callers.emplace_back([&] {
        for (int i = 0; i < 5; ++i) right += Multiply(run, packed, x) == expected;
      });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(right == 10, rows, ": ", right.load());
    const pid_t child = fork();
    if (child == 0) _exit(Multiply(run, packed, x) == expected ? 0 : 1);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0, rows, ": ", status);
  }
}

TEST(several_matrices_of_mixed_formats) {
  Random random(5);
  const Packed q(Format::kQ8_0, 40, 256, random), k(Format::kBf16, 16, 256, random);
  const Packed v(Format::kQ6K, 7, 256, random), f(Format::kF16, 20, 256, random);
  for (const int64_t rows : {2, 26}) {
    const auto halves = ToBf16(Normals(random, rows * 256));
    const std::vector<float> x = Widened(halves);
    for (const auto& all : {std::vector{&q, &k, &v}, std::vector{&k, &f}, std::vector{&k}}) {
      for (const View view : {View{x.data(), Element::kF32}, View{halves.data(), Element::kBf16}}) {
        for (const KernelTable* table : Tables()) {
          std::vector<std::vector<float>> results;
          std::vector<Matrix> matrices;
          for (const Packed* packed : all) {
            results.emplace_back(rows * packed->out_dim, kNan);
            matrices.push_back({packed->format,
                                packed->panels.data(),
                                packed->out_dim,
                                {},
                                {results.back().data(), {}}});
          }
          Product product = {};
          product.x = view;
          product.rows = rows;
          product.in_dim = 256;
          product.matrices = matrices.data();
          product.count = static_cast<int>(matrices.size());
          Runner{table, OwnThreads(2)}(product);
          for (size_t i = 0; i < all.size(); ++i) {
            Packed expected = *all[i];
            if (view.element == Element::kBf16 && Rounds(table, rows)) expected.Round();
            CheckProduct(table, expected, x, results[i]);
          }
        }
      }
    }
  }
}

double ActOf(Act act, double x) {
  switch (act) {
    case Act::kSilu:
      return x / (1 + std::exp(-x));
    case Act::kGelu:
      return x / 2 * (1 + std::erf(x * std::sqrt(0.5)));
    case Act::kGeluTanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Act::kQuickGelu:
      return x / (1 + std::exp(-1.702 * x));
    default:
      return std::max(x, 0.0);
  }
}

TEST(gated_products) {
  Random random(6);
  constexpr int kIn = 5, kOut = 500;  // few terms: the arguments of the activations are exact
  const Packed gate(Format::kF32, kOut, kIn, random), up(Format::kF32, kOut, kIn, random);
  const std::vector<float> bias = Normals(random, kOut), up_bias = Normals(random, kOut);
  std::vector<float> x = Normals(random, kIn * 2);
  for (int i = 0; i < kIn; ++i) x[static_cast<size_t>(i)] *= 4;
  for (const KernelTable* table : Tables()) {
    for (Act act : {Act::kSilu, Act::kGelu, Act::kGeluTanh, Act::kQuickGelu, Act::kRelu}) {
      std::vector<float> y(2 * kOut);
      const Matrix matrices[] = {
          {Format::kF32, gate.panels.data(), kOut, {bias.data(), {}}, {y.data(), {}}},
          {Format::kF32, up.panels.data(), kOut, {up_bias.data(), {}}, {}}};
      Product product = {};
      product.x = {x.data(), Element::kF32};
      product.rows = 2;
      product.in_dim = kIn;
      product.matrices = matrices;
      product.count = 2;
      product.act = act;
      Runner{table, Serial()}(product);
      for (size_t i = 0; i < y.size(); ++i) {
        const auto column = static_cast<int64_t>(i % kOut);
        const double g = Dot(gate, column, &x[i / kOut * kIn]).value + bias[i % kOut];
        const double u = Dot(up, column, &x[i / kOut * kIn]).value + up_bias[i % kOut];
        const double value = ActOf(act, g) * u;
        const double slack = 2e-6 * (1 + std::fabs(g)) * (1 + std::fabs(u));
        CHECK(std::fabs(y[i] - value) <= slack, table->isa, " act ", static_cast<int>(act), " of ",
              g, " times ", u, ": ", y[i], " for ", value);
      }
    }
  }
}

TEST(nan_and_infinity_stay_in_their_row) {
  Random random(7);
  for (Format format : AllFormats()) {
    const Packed packed(format, 18, 256, random);
    for (float bad : {kNan, kInf, -kInf}) {
      for (int64_t rows : {3, 12, 50}) {
        std::vector<float> x = Normals(random, rows * 256);
        x[256 + 40] = bad;
        for (const KernelTable* table : Tables()) {
          const std::vector<float> y = Multiply({table, Serial()}, packed, x);
          for (size_t i = 0; i < y.size(); ++i) {
            const bool zero = packed.values[i % 18 * 256 + 40] == 0;
            CHECK(std::isfinite(y[i]) == (i / 18 != 1) || zero, table->isa, " ", Info(format).name);
          }
        }
      }
    }
  }
}

TEST(nan_scale_of_a_block_stays_in_its_column) {
  Random random(8);
  Packed packed(Format::kQ4K, 18, 512, random);
  reinterpret_cast<Q4KBlock*>(packed.panels.data())[1].d[5] = 0x7e00;
  const auto check = [](const std::vector<float>& y) {
    for (size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i % 18 == 5), i, " ", y[i]);
  };
  for (const KernelTable* table : Tables()) {
    const Runner run = {table, Serial()};
    check(Multiply(run, packed, Normals(random, 2 * 512)));
    check(Multiply(run, packed, Normals(random, 49 * 512)));
    const auto halves = ToBf16(Normals(random, 25 * 512));
    check(Multiply(run, packed, {halves.data(), Element::kBf16}, 25));
  }
}

TEST(zeros_denormals_and_large_numbers) {
  Random random(9);
  for (Format format : AllFormats()) {
    const Packed packed(format, 16, 256, random);
    for (float factor : {0.0f, 1e-44f, 1e-40f, 1e-36f, 1e-20f, 1e30f}) {
      std::vector<float> x = Normals(random, 256);
      for (float& value : x) value *= factor;
      for (const KernelTable* table : Tables()) {
        const std::vector<float> y = Multiply({table, Serial()}, packed, x);
        for (int64_t column = 0; column < 16; ++column) {
          const Expected expected = Dot(packed, column, x.data());
          const double found = y[static_cast<size_t>(column)];
          CHECK(std::fabs(found - expected.value) <= expected.slack + 1e-27, table->isa, " ",
                Info(format).name, " ", factor, " ", found, " for ", expected.value);
          CHECK(factor != 0 || found == 0, found);
        }
      }
    }
  }
}

}  // namespace
}  // namespace rlx::test
