// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Mixtures of experts with random weights, and what they should make of tokens.

#ifndef RLX_KERNELS_TEST_EXPERTS_DATA_H_
#define RLX_KERNELS_TEST_EXPERTS_DATA_H_

#include "check.h"
#include "experts.h"
#include "linear_data.h"

namespace rlx::test {

// Matrices of all experts, and their panels one behind the other.
struct Banked {
  Banked(Format format, int64_t count, int64_t out_dim, int64_t in_dim, Random& random)
      : format(format), stride(PackedBytes(format, out_dim, in_dim)) {
    for (int64_t i = 0; i < count; ++i) {
      matrices.emplace_back(format, out_dim, in_dim, random);
      const std::vector<uint8_t>& panels = matrices.back().panels;
      bytes.insert(bytes.end(), panels.begin(), panels.end());
    }
  }
  Bank All() const { return {format, bytes.data(), stride}; }
  Bank EverySecond(int64_t first) const {
    return {format, bytes.data() + first * stride, 2 * stride};
  }

  Format format;
  int64_t stride;
  std::vector<Packed> matrices;
  std::vector<uint8_t> bytes;
};

// A mixture with random weights; gate and up lie in one bank.
struct Mixture {
  Mixture(ExpertsSizes sizes, Format wide, Format narrow, Act act, Random& random)
      : sizes(sizes),
        act(act),
        gate_up(wide, 2 * sizes.experts, sizes.inner_dim, sizes.in_dim, random),
        down(narrow, sizes.experts, sizes.in_dim, sizes.inner_dim, random) {}

  const Packed& Gate(int64_t e) const { return gate_up.matrices[static_cast<size_t>(2 * e)]; }
  const Packed& Up(int64_t e) const { return gate_up.matrices[static_cast<size_t>(2 * e + 1)]; }
  const Packed& Down(int64_t e) const { return down.matrices[static_cast<size_t>(e)]; }

  ExpertsSizes sizes;
  Act act;
  Banked gate_up, down;
};

struct Tokens {
  std::vector<float> x;
  std::vector<int32_t> ids;
  std::vector<float> shares;
};

// Tokens that choose experts evenly, but never the last one.
Tokens RandomTokens(const ExpertsSizes& sizes, Random& random);

struct Runs {
  const KernelTable* table;
  Parallel parallel = Serial();
};

// Runs a mixture; everything that it may not read or write is poisoned.
template <class Cell>
std::vector<Cell> RunInto(const Runs& runs, const Mixture& mixture, const Tokens& tokens, View x) {
  const ExpertsSizes& sizes = mixture.sizes;
  std::vector<Cell> y(static_cast<size_t>(sizes.tokens * sizes.in_dim + 1), Cell{99});
  ExpertsJob job = {};
  job.sizes = sizes;
  job.x = x;
  job.ids = tokens.ids.data();
  job.shares = tokens.shares.data();
  job.gate = mixture.gate_up.EverySecond(0);
  job.up = mixture.gate_up.EverySecond(1);
  job.down = mixture.down.All();
  job.act = mixture.act;
  job.y = {y.data(), sizeof(Cell) == 4 ? Element::kF32 : Element::kBf16};
  const auto bytes = static_cast<size_t>(ExpertsBytes(sizes, NeedsOf(job)));
  std::vector<uint8_t> workspace(bytes + 3, 0xff);  // f32 NaNs
  job.workspace = workspace.data() + 3;             // at no boundary
  RunExperts(job, *runs.table, runs.parallel);
  CHECK(y.back() == Cell{99}, "written past the end");
  y.pop_back();
  return y;
}

inline std::vector<float> Run(const Runs& runs, const Mixture& mixture, const Tokens& tokens) {
  return RunInto<float>(runs, mixture, tokens, {tokens.x.data(), Element::kF32});
}

// Checks y against sums in f64; `relative` is what every answer may be off by itself.
void CheckMixture(const Runs& runs, const Mixture& mixture, const Tokens& tokens,
                  const std::vector<float>& y, double relative = 1e-6);

}  // namespace rlx::test

#endif  // RLX_KERNELS_TEST_EXPERTS_DATA_H_
