// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Random matrices in every format, and what a product with them should be.

#ifndef RLX_KERNELS_TEST_LINEAR_DATA_H_
#define RLX_KERNELS_TEST_LINEAR_DATA_H_

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "formats.h"
#include "halves.h"
#include "linear_run.h"
#include "pack.h"
#include "tables.h"

namespace rlx::test {

using Random = std::mt19937;

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInf = std::numeric_limits<float>::infinity();

inline float Normal(Random& random) { return std::normal_distribution<float>()(random); }

inline std::vector<float> Normals(Random& random, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = Normal(random);
  return values;
}

inline std::vector<float> Widened(const std::vector<uint16_t>& halves) {
  std::vector<float> values;
  for (uint16_t half : halves) values.push_back(Bf16ToF32(half));
  return values;
}

inline std::vector<uint16_t> ToBf16(const std::vector<float>& values) {
  std::vector<uint16_t> halves;
  for (float value : values) halves.push_back(F32ToBf16(value));
  return halves;
}

// Rows of a file: random bytes, with scales of f16 between 2^-8 and 2^-5.
std::vector<uint8_t> RandomRows(Format format, int64_t out_dim, int64_t in_dim, Random& random);

// A packed matrix and its values.
struct Packed {
  Packed(Format format, int64_t out_dim, int64_t in_dim, Random& random);
  void Unpack();  // reads `values` again, after a change of the panels
  void Round();   // rounds `values` to bf16

  Format format;
  int64_t out_dim, in_dim;
  std::vector<uint8_t> panels;
  std::vector<float> values;  // [out_dim, in_dim]
};

// One entry of a product in double, and how far a kernel may be off.
struct Expected {
  double value, slack;
};
Expected Dot(const Packed& packed, int64_t column, const float* x);

// Checks y = x W^T, row by row.
void CheckProduct(const KernelTable* table, const Packed& packed, const std::vector<float>& x,
                  const std::vector<float>& y);

// Runs products with their own workspace.
struct Runner {
  const KernelTable* table;
  Parallel parallel;

  void operator()(Product product) const;
};

// Whether products of so many rows of bf16 round weights.
bool Rounds(const KernelTable* table, int64_t rows);

// y = x W^T for f32.
std::vector<float> Multiply(const Runner& run, const Packed& packed, const std::vector<float>& x);
std::vector<float> Multiply(const Runner& run, const Packed& packed, View x, int64_t rows);

// Checks products of f32 of every format, table and size of in_dim, with so many rows; of more than
// 300 values with the second ones.
void CheckSizes(Random& random, const std::vector<int64_t>& rows,
                const std::vector<int64_t>& long_rows);

// All tables to test: those that this CPU runs.
std::vector<const KernelTable*> Tables();

std::vector<Format> AllFormats();

// Sizes of in_dim that a format can have and that leave tails.
std::vector<int64_t> InDims(Format format);

}  // namespace rlx::test

#endif  // RLX_KERNELS_TEST_LINEAR_DATA_H_
