// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with x in bf16, of which many rows meet rounded weights where the CPU multiplies bf16.

#include <cmath>

#include "check.h"
#include "linear_data.h"

namespace rlx::test {
namespace {

TEST(bias_residual_and_bf16) {
  Random random(4);
  for (const KernelTable* table : Tables()) {
    for (Format format : {Format::kQ6K, Format::kF16, Format::kBf16}) {
      const Packed packed(format, 21, 256, random);
      const auto x = ToBf16(Normals(random, 3 * 256)), bias = ToBf16(Normals(random, 21));
      const auto residual = ToBf16(Normals(random, 3 * 21));
      std::vector<uint16_t> y(3 * 21 + 1, 0x1234);
      const Matrix matrix = {format,
                             packed.panels.data(),
                             21,
                             {bias.data(), Element::kBf16},
                             {y.data(), Element::kBf16}};
      Product product = {};
      product.x = {x.data(), Element::kBf16};
      product.rows = 3;
      product.in_dim = 256;
      product.matrices = &matrix;
      product.count = 1;
      product.residual = {residual.data(), Element::kBf16};
      Runner{table, Serial()}(product);
      CHECK(y.back() == 0x1234, "written past the end");
      const std::vector<float> wide = Widened(x);
      for (size_t i = 0; i < 3 * 21; ++i) {
        const Expected dot = Dot(packed, static_cast<int64_t>(i % 21), &wide[i / 21 * 256]);
        const double value = dot.value + Bf16ToF32(bias[i % 21]) + Bf16ToF32(residual[i]);
        const double found = Bf16ToF32(y[i]);
        CHECK(std::fabs(found - value) <= dot.slack + std::fabs(value) / 250, found, " for ",
              value);
      }
    }
  }
}

TEST(rows_in_bf16) {
  Random random(10);
  for (Format format : AllFormats()) {
    for (int64_t in_dim : InDims(format)) {
      const Packed packed(format, 37, in_dim, random);
      Packed rounded = packed;
      rounded.Round();
      for (int64_t rows : {1, 2, 3, 4, 7, 8, 11, 16, 17, 23, 24, 35, 66}) {
        if (in_dim > 300 && rows > 24) continue;
        const auto x = ToBf16(Normals(random, rows * in_dim));
        const View view = {x.data(), Element::kBf16};
        for (const KernelTable* table : Tables()) {
          CheckProduct(table, Rounds(table, rows) ? rounded : packed, Widened(x),
                       Multiply({table, Serial()}, packed, view, rows));
        }
      }
    }
  }
}

// More rows than a tile of results has, without AMX and with it, and more panels than a group.
TEST(many_rows_in_bf16_and_many_panels) {
  Random random(15);
  for (Format format : {Format::kBf16, Format::kQ4_0}) {
    const Packed packed(format, 270, 32, random);
    Packed rounded = packed;
    rounded.Round();
    for (const int64_t rows : {kTileRows + 5, kTileRowsOfAmx + 13}) {
      const auto x = ToBf16(Normals(random, rows * 32));
      for (const KernelTable* table : Tables()) {
        const auto y = Multiply({table, Serial()}, packed, {x.data(), Element::kBf16}, rows);
        CheckProduct(table, Rounds(table, rows) ? rounded : packed, Widened(x), y);
      }
    }
  }
}

// Rows of odd length: what follows a row is the next one, or not there.
TEST(nan_and_infinity_stay_in_their_row_in_bf16) {
  Random random(11);
  for (Format format : {Format::kBf16, Format::kF16, Format::kInt8}) {
    const Packed packed(format, 18, 35, random);
    for (float bad : {kNan, kInf, -kInf}) {
      for (int64_t rows : {3, 21, 29}) {
        auto x = ToBf16(Normals(random, rows * 35));
        x[35] = F32ToBf16(bad);
        for (const KernelTable* table : Tables()) {
          const auto y = Multiply({table, Serial()}, packed, {x.data(), Element::kBf16}, rows);
          for (size_t i = 0; i < y.size(); ++i) {
            CHECK(std::isfinite(y[i]) == (i / 18 != 1), table->isa, " ", i, " ", y[i]);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace rlx::test
