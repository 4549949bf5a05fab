// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "experts_data.h"

#include <algorithm>
#include <cmath>

namespace rlx::test {
namespace {

double Activated(Act act, double x) {
  return act == Act::kSilu ? x / (1 + std::exp(-x)) : std::max(x, 0.0);
}

// What one expert makes of a token.
std::vector<Expected> Answer(const Mixture& mixture, int64_t e, const float* x) {
  const int64_t inner_dim = mixture.sizes.inner_dim;
  std::vector<float> inner;
  std::vector<double> slack;
  for (int64_t f = 0; f < inner_dim; ++f) {
    const Expected gate = Dot(mixture.Gate(e), f, x), up = Dot(mixture.Up(e), f, x);
    const double activated = Activated(mixture.act, gate.value);
    inner.push_back(static_cast<float>(activated * up.value));
    // No slope of an activation exceeds 1.1; its own error is a few units in the last place.
    slack.push_back(1.1 * gate.slack * (std::fabs(up.value) + up.slack) +
                    std::fabs(activated) * up.slack + 2e-6 * std::fabs(inner.back()) + 1e-30);
  }
  const Packed& down = mixture.Down(e);
  std::vector<Expected> made;
  for (int64_t d = 0; d < mixture.sizes.in_dim; ++d) {
    Expected one = Dot(down, d, inner.data());
    for (int64_t f = 0; f < inner_dim; ++f) {
      const double weight = std::fabs(down.values[static_cast<size_t>(d * inner_dim + f)]);
      one.slack += weight * slack[static_cast<size_t>(f)];
    }
    made.push_back(one);
  }
  return made;
}

}  // namespace

Tokens RandomTokens(const ExpertsSizes& sizes, Random& random) {
  Tokens tokens = {Normals(random, sizes.tokens * sizes.in_dim), {}, {}};
  for (int64_t i = 0; i < sizes.tokens * sizes.choices; ++i) {
    const int64_t first = i / sizes.choices * 7, usable = std::max<int64_t>(sizes.experts - 1, 1);
    tokens.ids.push_back(static_cast<int32_t>((first + i % sizes.choices) % usable));
    tokens.shares.push_back(0.1f + 0.07f * static_cast<float>(random() % 11));
  }
  return tokens;
}

void CheckMixture(const Runs& runs, const Mixture& mixture, const Tokens& tokens,
                  const std::vector<float>& y, double relative) {
  const ExpertsSizes& sizes = mixture.sizes;
  const auto columns = static_cast<size_t>(sizes.in_dim);
  for (int64_t t = 0; t < sizes.tokens; ++t) {
    std::vector<Expected> sums(columns);
    for (int64_t i = t * sizes.choices; i < (t + 1) * sizes.choices; ++i) {
      const int64_t e = std::clamp<int64_t>(tokens.ids[i], 0, sizes.experts - 1);
      const std::vector<Expected> answer = Answer(mixture, e, &tokens.x[t * columns]);
      for (size_t d = 0; d < columns; ++d) {
        const double value = tokens.shares[i] * answer[d].value;
        sums[d].value += value;
        sums[d].slack += tokens.shares[i] * answer[d].slack + relative * std::fabs(value) + 1e-30;
      }
    }
    for (size_t d = 0; d < columns; ++d) {
      const float found = y[t * columns + d];
      CHECK(std::fabs(found - sums[d].value) <= sums[d].slack, runs.table->isa, " ",
            Info(mixture.gate_up.format).name, " ", Info(mixture.down.format).name, " token ", t,
            " column ", d, ": ", found, " for ", sums[d].value, " within ", sums[d].slack);
    }
  }
}

}  // namespace rlx::test
