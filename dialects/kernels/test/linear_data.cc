// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "linear_data.h"

#include <cmath>
#include <cstring>

#include "check.h"

namespace rlx::test {
namespace {

// Where f16 scales lie in a block of a file; -1 where there is none.
struct Halves {
  int first, second;
};

Halves HalvesOf(Format format) {
  switch (format) {
    case Format::kQ8_0:
    case Format::kQ4_0:
      return {0, -1};
    case Format::kQ4K:
    case Format::kQ5K:
      return {0, 2};
    case Format::kQ6K:
      return {208, -1};
    default:
      return {-1, -1};
  }
}

void PutHalf(uint8_t* at, uint16_t half) { std::memcpy(at, &half, 2); }

}  // namespace

std::vector<uint8_t> RandomRows(Format format, int64_t out_dim, int64_t in_dim, Random& random) {
  const FormatInfo& info = Info(format);
  std::vector<uint8_t> rows(static_cast<size_t>(out_dim * FileRowBytes(format, in_dim)));
  const auto block = static_cast<size_t>(info.file_bytes);
  for (size_t at = 0; at < rows.size(); at += block) {
    for (size_t i = 0; i < block; ++i) rows[at + i] = static_cast<uint8_t>(random());
    if (format == Format::kF32) {
      const float value = Normal(random);
      std::memcpy(&rows[at], &value, 4);
    } else if (format == Format::kF16) {
      PutHalf(&rows[at], static_cast<uint16_t>((random() & 0x83ff) | ((random() % 20) << 10)));
    } else if (format == Format::kBf16) {
      PutHalf(&rows[at], F32ToBf16(Normal(random)));
    }
    for (int half : {HalvesOf(format).first, HalvesOf(format).second}) {
      const auto scale = static_cast<uint16_t>((7 + random() % 3) << 10 | (random() & 1023));
      if (half >= 0) PutHalf(&rows[at + static_cast<size_t>(half)], scale);
    }
  }
  return rows;
}

Packed::Packed(Format format, int64_t out_dim, int64_t in_dim, Random& random)
    : format(format), out_dim(out_dim), in_dim(in_dim) {
  const std::vector<uint8_t> rows = RandomRows(format, out_dim, in_dim, random);
  std::vector<float> scales = Normals(random, out_dim);
  panels.resize(static_cast<size_t>(PackedBytes(format, out_dim, in_dim)));
  const PackJob job = {format, rows.data(), scales.data(), nullptr, out_dim, in_dim, panels.data()};
  for (int64_t part = 0; part < PackParts(job); ++part) PackPart(job, part);
  Unpack();
}

void Packed::Unpack() {
  values.resize(static_cast<size_t>(out_dim * in_dim));
  for (int64_t row = 0; row < out_dim; ++row) {
    const uint8_t* panel = panels.data() + row / 16 * PanelBytes(format, in_dim);
    UnpackRow(format, panel, static_cast<int>(row % 16), 0, in_dim, &values[row * in_dim]);
  }
}

void Packed::Round() { values = Widened(ToBf16(values)); }

bool Rounds(const KernelTable* table, int64_t rows) {
  return table->linear.MultipliesHalves() && rows >= kRoundRows;
}

Expected Dot(const Packed& packed, int64_t column, const float* x) {
  const float* w = &packed.values[static_cast<size_t>(column * packed.in_dim)];
  double value = 0, sizes = 0, rounding = 0;
  for (int64_t begin = 0; begin < packed.in_dim; begin += kSub) {
    const int64_t end = std::min(begin + kSub, packed.in_dim);
    double largest = 0, weights = 0;
    for (int64_t k = begin; k < end; ++k) {
      value += static_cast<double>(w[k]) * x[k];
      sizes += std::fabs(static_cast<double>(w[k]) * x[k]);
      largest = std::max(largest, std::fabs(static_cast<double>(x[k])));
      weights += std::fabs(static_cast<double>(w[k]));
    }
    rounding += largest / (2 * kMostQ) * weights;  // half a step of int16 a value
  }
  const bool integer = Info(packed.format).integer;
  // What the K formats subtract may be larger than what is left, and is rounded too.
  const double parts = integer ? 8 * sizes + 4 * rounding : sizes;
  return {value, (integer ? rounding : 0) + parts * 1e-6 + 1e-30};
}

void CheckProduct(const KernelTable* table, const Packed& packed, const std::vector<float>& x,
                  const std::vector<float>& y) {
  for (size_t i = 0; i < y.size(); ++i) {
    const int64_t row = static_cast<int64_t>(i) / packed.out_dim;
    const int64_t column = static_cast<int64_t>(i) % packed.out_dim;
    const Expected expected = Dot(packed, column, &x[static_cast<size_t>(row * packed.in_dim)]);
    CHECK(std::fabs(y[i] - expected.value) <= expected.slack, table->isa, " ",
          Info(packed.format).name, " in ", packed.in_dim, " row ", row, " column ", column, ": ",
          y[i], " for ", expected.value, " within ", expected.slack);
  }
}

void Runner::operator()(Product product) const {
  Needs needs = {};
  for (int i = 0; i < product.count; ++i) Add(&needs, product.matrices[i].format);
  const int64_t bytes = WorkspaceBytes(needs, product.rows, product.in_dim);
  std::vector<uint8_t> workspace(static_cast<size_t>(bytes), 0xff);
  product.workspace = workspace.data();
  Run(product, table->linear, parallel);
}

std::vector<float> Multiply(const Runner& run, const Packed& packed, const std::vector<float>& x) {
  const int64_t rows = static_cast<int64_t>(x.size()) / packed.in_dim;
  return Multiply(run, packed, {x.data(), Element::kF32}, rows);
}

std::vector<float> Multiply(const Runner& run, const Packed& packed, View x, int64_t rows) {
  std::vector<float> y(static_cast<size_t>(rows * packed.out_dim), -77.0f);
  const Matrix matrix = {packed.format, packed.panels.data(), packed.out_dim, {}, {y.data(), {}}};
  Product product = {};
  product.x = x;
  product.rows = rows;
  product.in_dim = packed.in_dim;
  product.matrices = &matrix;
  product.count = 1;
  run(product);
  return y;
}

void CheckSizes(Random& random, const std::vector<int64_t>& rows,
                const std::vector<int64_t>& long_rows) {
  for (Format format : AllFormats()) {
    for (int64_t in_dim : InDims(format)) {
      const Packed packed(format, 37, in_dim, random);
      for (int64_t count : in_dim > 300 ? long_rows : rows) {
        const std::vector<float> x = Normals(random, count * in_dim);
        for (const KernelTable* table : Tables()) {
          CheckProduct(table, packed, x, Multiply({table, Serial()}, packed, x));
        }
      }
    }
  }
}

std::vector<const KernelTable*> Tables() {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  std::vector<const KernelTable*> tables;
  for (size_t i = 0; i < count; ++i) {
    if (compiled[i].runs_here) tables.push_back(compiled[i].table);
  }
  return tables;
}

std::vector<Format> AllFormats() {
  std::vector<Format> formats;
  for (int i = 0; i < kFormats; ++i) formats.push_back(static_cast<Format>(i));
  return formats;
}

std::vector<int64_t> InDims(Format format) {
  switch (Info(format).file_block) {
    case 1:
      return {1, 2, 7, 35, 64, 129, 301, 1043};
    case 32:
      return {32, 64, 160, 288};
    default:
      return {256, 768};
  }
}

}  // namespace rlx::test
