// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The best scores against a stable sort.

#include "sample.h"

#include <algorithm>
#include <numeric>

#include "attend_data.h"
#include "check.h"
#include "tables.h"
#include "threads.h"

namespace rlx::test {
namespace {

constexpr double kNegativeNan = -std::numeric_limits<double>::quiet_NaN();

// Scores of which many are equal, or not numbers.
Cells Draw(Element x, int64_t count, uint32_t seed, bool odd) {
  std::mt19937 draw(seed);
  Cells cells = Random(draw, x, count);
  for (int64_t i = 0; i < count; i += 3) cells.set(i, std::round(4 * cells.get(i)) / 4);
  const double others[] = {kNan, kInfinity, -kInfinity, kNegativeNan, -0.0, 0.0};
  for (int64_t i = 0; odd && i < count; i += 37) cells.set(i, others[draw() % 6]);
  return cells;
}

// The place of a score in the order of bits.
int64_t Rank(double score) {
  const float single = static_cast<float>(score);
  const int32_t bits = std::bit_cast<int32_t>(single);
  return bits < 0 ? -int64_t{bits & 0x7fffffff} - 1 : bits;
}

std::vector<int32_t> Ordered(const Cells& cells, int64_t begin, int64_t count) {
  std::vector<int32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return Rank(cells.get(begin + a)) > Rank(cells.get(begin + b));
  });
  return order;
}

template <class Check>
void EachSet(const Check& check) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < count; ++i) {
    if (compiled[i].runs_here) check(*compiled[i].table);
  }
}

void CheckTopK(const KernelTable& table, Element x, int64_t rows, int64_t count, int64_t k,
               bool odd) {
  Cells cells = Draw(x, rows * count, static_cast<uint32_t>(count + k), odd);
  Cells values(x, rows * k);
  std::vector<int32_t> indices(static_cast<size_t>(rows * k), -1);
  std::vector<char> workspace(static_cast<size_t>(TopKWorkspace(rows, count, k)));
  TopK({x, cells.data(), rows, count}, k, values.data(), indices.data(), workspace.data(),
       *table.sample, OwnThreads(2));
  for (int64_t row = 0; row < rows; ++row) {
    const std::vector<int32_t> order = Ordered(cells, row * count, count);
    for (int64_t i = 0; i < k; ++i) {
      const int32_t found = indices[static_cast<size_t>(row * k + i)];
      CHECK(found == order[static_cast<size_t>(i)], table.isa, " of ", count, " place ", i, ": ",
            found, ", expected ", order[static_cast<size_t>(i)]);
      CHECK(Rank(values.get(row * k + i)) == Rank(cells.get(row * count + found)), i);
    }
  }
}

TEST(top_k_is_a_stable_sort) {
  EachSet([](const KernelTable& table) {
    for (Element x : {Element::kF32, Element::kBf16}) {
      for (int64_t count : {1, 15, 16, 33, 1000, 70000}) {
        for (int64_t k : {1, 5, 40}) {
          if (k <= count) CheckTopK(table, x, 2, count, k, false);
          if (k <= count) CheckTopK(table, x, 2, count, k, true);
        }
      }
    }
    CheckTopK(table, Element::kF32, 1, 300, 300, true);
    CheckTopK(table, Element::kF32, 1, 140000, 70000, true);
  });
}

void CheckArgmax(const KernelTable& table, const Cells& cells, int64_t rows) {
  Cells copy = cells;
  const int64_t count = cells.count() / rows;
  std::vector<int32_t> indices(static_cast<size_t>(rows), -1);
  std::vector<char> workspace(static_cast<size_t>(ArgmaxWorkspace(rows, count)));
  Argmax({cells.element, copy.data(), rows, count}, indices.data(), workspace.data(), *table.sample,
         OwnThreads(2));
  for (int64_t row = 0; row < rows; ++row) {
    int64_t best = 0;
    for (int64_t i = 1; i < count && !std::isnan(cells.get(row * count + best)); ++i) {
      const double score = cells.get(row * count + i);
      if (std::isnan(score) || score > cells.get(row * count + best)) best = i;
    }
    CHECK(indices[static_cast<size_t>(row)] == best, table.isa, " of ", count, ": ",
          indices[static_cast<size_t>(row)], ", expected ", best);
  }
}

TEST(argmax_is_the_first_of_the_largest) {
  EachSet([](const KernelTable& table) {
    for (Element x : {Element::kF32, Element::kBf16}) {
      for (int64_t count : {1, 15, 16, 33, 1000, 70000}) {
        CheckArgmax(table, Draw(x, 3 * count, static_cast<uint32_t>(count), false), 3);
        CheckArgmax(table, Draw(x, 3 * count, static_cast<uint32_t>(count), true), 3);
      }
    }
  });
}

TEST(argmax_of_equals_and_of_nothing_finite) {
  EachSet([](const KernelTable& table) {
    for (double with : {0.0, -kInfinity, kInfinity, kNan}) {
      Cells cells(Element::kF32, 9000);
      for (int64_t i = 0; i < 9000; ++i) cells.set(i, with);
      CheckArgmax(table, cells, 1);
      cells.set(0, -0.0);
      CheckArgmax(table, cells, 1);
      cells.set(8999, kNan);
      CheckArgmax(table, cells, 1);
    }
  });
}

}  // namespace
}  // namespace rlx::test
