// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Experts of a mixture against sums in f64 over the values in the panels.

#include "experts.h"

#include <limits>

#include "check.h"
#include "linear_data.h"
#include "threads.h"

namespace rlx::test {
namespace {

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
Tokens RandomTokens(const ExpertsSizes& sizes, Random& random) {
  Tokens tokens = {Normals(random, sizes.tokens * sizes.in_dim), {}, {}};
  for (int64_t i = 0; i < sizes.tokens * sizes.choices; ++i) {
    const int64_t first = i / sizes.choices * 7, usable = std::max<int64_t>(sizes.experts - 1, 1);
    tokens.ids.push_back(static_cast<int32_t>((first + i % sizes.choices) % usable));
    tokens.shares.push_back(0.1f + 0.07f * static_cast<float>(random() % 11));
  }
  return tokens;
}

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

std::vector<float> Run(const Runs& runs, const Mixture& mixture, const Tokens& tokens) {
  return RunInto<float>(runs, mixture, tokens, {tokens.x.data(), Element::kF32});
}

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

void CheckMixture(const Runs& runs, const Mixture& mixture, const Tokens& tokens,
                  const std::vector<float>& y, double relative = 1e-6) {
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

// Sizes that a format can have, neither a multiple of a panel where that can be.
int64_t OddSize(Format format, int64_t about) {
  const int block = Info(format).file_block;
  return block == 1 ? about : RoundUp(about, block);
}

TEST(experts_of_all_formats_and_numbers_of_tokens) {
  Random random(21);
  for (Format wide : AllFormats()) {
    const Format narrow = wide == Format::kQ4K ? Format::kQ6K : wide;
    const int64_t in_dim = OddSize(wide, 41), inner_dim = OddSize(narrow, 23);
    const Mixture made({1, 2, 5, in_dim, inner_dim}, wide, narrow, Act::kSilu, random);
    for (int64_t tokens : {1, 2, 9, 40}) {
      if (tokens > 9 && in_dim > 100) continue;  // sums in f64 take their time
      Mixture mixture = made;
      mixture.sizes.tokens = tokens;
      const Tokens given = RandomTokens(mixture.sizes, random);
      for (const KernelTable* table : Tables()) {
        const Runs runs = {table};
        CheckMixture(runs, mixture, given, Run(runs, mixture, given));
      }
    }
  }
}

TEST(any_number_of_experts_and_choices) {
  Random random(22);
  for (auto [experts, choices] : {std::pair{1, 1}, {3, 3}, {16, 1}, {17, 5}}) {
    const Mixture mixture({6, choices, experts, 18, 33}, Format::kBf16, Format::kF16, Act::kRelu,
                          random);
    const Tokens tokens = RandomTokens(mixture.sizes, random);
    const Runs runs = {Tables()[0]};
    CheckMixture(runs, mixture, tokens, Run(runs, mixture, tokens));
  }
}

TEST(all_tokens_of_one_expert) {
  Random random(23);
  const Mixture mixture({70, 1, 4, 32, 64}, Format::kQ8_0, Format::kQ4_0, Act::kSilu, random);
  Tokens tokens = RandomTokens(mixture.sizes, random);
  std::fill(tokens.ids.begin(), tokens.ids.end(), 2);
  for (const KernelTable* table : Tables()) {
    const Runs runs = {table};
    CheckMixture(runs, mixture, tokens, Run(runs, mixture, tokens));
  }
}

// Rows stand in eights, which experts need not: these begin at the rows 0, 13, 23 and 38.
TEST(experts_that_begin_within_eights) {
  Random random(31);
  for (Format format : {Format::kF32, Format::kBf16, Format::kInt8, Format::kQ4_0}) {
    const Mixture mixture({45, 1, 4, 64, 96}, format, format, Act::kSilu, random);
    Tokens tokens = RandomTokens(mixture.sizes, random);
    for (int32_t i = 0; i < 45; ++i) {
      const int32_t place = i * 7 % 45;  // in another order than that of experts
      tokens.ids[static_cast<size_t>(i)] = (place >= 13) + (place >= 23) + (place >= 38);
    }
    for (const KernelTable* table : Tables()) {
      const Runs runs = {table};
      CheckMixture(runs, mixture, tokens, Run(runs, mixture, tokens));
    }
  }
}

TEST(experts_with_inputs_of_several_blocks) {
  Random random(30);
  for (auto [wide, narrow] :
       {std::pair{Format::kQ8_0, Format::kQ4_0}, {Format::kF16, Format::kF32}}) {
    const Mixture mixture({20, 1, 2, 1056, 544}, wide, narrow, Act::kSilu, random);
    const Tokens tokens = RandomTokens(mixture.sizes, random);
    for (const KernelTable* table : Tables()) {
      const Runs runs = {table, OwnThreads(2)};
      CheckMixture(runs, mixture, tokens, Run(runs, mixture, tokens));
    }
  }
}

TEST(ids_out_of_range_and_chosen_twice) {
  Random random(24);
  const Mixture mixture({3, 3, 4, 20, 12}, Format::kF32, Format::kF32, Act::kSilu, random);
  Tokens tokens = RandomTokens(mixture.sizes, random);
  tokens.ids = {-1, 4, 1, 3, 3, 0, INT32_MIN, INT32_MAX, 2};
  const Runs runs = {Tables()[0]};
  CheckMixture(runs, mixture, tokens, Run(runs, mixture, tokens));
}

TEST(no_tokens_touch_nothing) {
  Random random(25);
  const Mixture mixture({0, 2, 4, 20, 12}, Format::kF32, Format::kF32, Act::kSilu, random);
  CHECK(Run({Tables()[0], OwnThreads(2)}, mixture, {}).empty());
}

TEST(experts_that_nobody_chose_are_not_read) {
  Random random(26);
  Mixture mixture({5, 2, 4, 32, 32}, Format::kQ8_0, Format::kBf16, Act::kSilu, random);
  Tokens tokens = RandomTokens(mixture.sizes, random);  // nobody chooses the last one
  const Runs runs = {Tables()[0]};
  const std::vector<float> before = Run(runs, mixture, tokens);
  for (Banked* bank : {&mixture.gate_up, &mixture.down}) {
    const auto last = bank->bytes.size() - bank->bytes.size() / 4;
    std::fill(bank->bytes.begin() + static_cast<ptrdiff_t>(last), bank->bytes.end(), 0xff);
  }
  CHECK(Run(runs, mixture, tokens) == before);
  tokens.ids[3] = 3;
  const std::vector<float> after = Run(runs, mixture, tokens);
  for (size_t i = 0; i < after.size(); ++i) CHECK(std::isnan(after[i]) == (i / 32 == 1), i);
}

TEST(a_broken_token_stays_alone) {
  Random random(27);
  for (Format format : AllFormats()) {
    const int64_t in_dim = OddSize(format, 37);
    const Mixture mixture({12, 2, 3, in_dim, in_dim}, format, format, Act::kSilu, random);
    Tokens tokens = RandomTokens(mixture.sizes, random);
    for (const KernelTable* table : Tables()) {
      const Runs runs = {table};
      const std::vector<float> whole = Run(runs, mixture, tokens);
      Tokens broken = tokens;
      broken.x[static_cast<size_t>(4 * in_dim + 3)] = std::numeric_limits<float>::quiet_NaN();
      const std::vector<float> y = Run(runs, mixture, broken);
      for (size_t i = 0; i < y.size(); ++i) {
        const bool bad = static_cast<int64_t>(i) / in_dim == 4;
        CHECK(bad ? std::isnan(y[i]) : y[i] == whole[i], table->isa, " ", Info(format).name, " ", i,
              " ", y[i]);
      }
    }
  }
}

TEST(threads_do_not_change_experts) {
  Random random(28);
  const Mixture mixture({90, 4, 12, 256, 288}, Format::kQ4_0, Format::kQ8_0, Act::kSilu, random);
  const Tokens tokens = RandomTokens(mixture.sizes, random);
  const KernelTable* table = Tables()[0];
  const std::vector<float> alone = Run({table}, mixture, tokens);
  for (int threads : {2, 3, 7}) {
    CHECK(Run({table, OwnThreads(threads)}, mixture, tokens) == alone, threads);
  }
}

TEST(experts_of_bf16_tokens) {
  Random random(29);
  const Mixture mixture({3, 2, 4, 70, 18}, Format::kBf16, Format::kBf16, Act::kSilu, random);
  Tokens tokens = RandomTokens(mixture.sizes, random);
  const std::vector<uint16_t> halves = ToBf16(tokens.x);
  for (size_t i = 0; i < halves.size(); ++i) tokens.x[i] = Bf16ToF32(halves[i]);
  for (const KernelTable* table : Tables()) {
    const Runs runs = {table};
    const View x = {halves.data(), Element::kBf16};
    std::vector<float> y;
    for (uint16_t half : RunInto<uint16_t>(runs, mixture, tokens, x)) y.push_back(Bf16ToF32(half));
    CheckMixture(runs, mixture, tokens, y, 1.0 / 64);  // sums may be smaller than their terms
  }
}

// Two experts of three are chosen, so that a panel meets as many rows as there are tokens, or 0.
TEST(experts_of_many_bf16_tokens) {
  Random random(30);
  for (Format format : {Format::kBf16, Format::kF16, Format::kInt8}) {
    const Mixture mixture({45, 2, 3, 70, 34}, format, Format::kF32, Act::kRelu, random);
    Mixture rounded = mixture;
    for (Packed& matrix : rounded.gate_up.matrices) matrix.Round();
    Tokens tokens = RandomTokens(mixture.sizes, random);
    const std::vector<uint16_t> halves = ToBf16(tokens.x);
    tokens.x = Widened(halves);
    for (const KernelTable* table : Tables()) {
      const Runs runs = {table};
      const auto y = RunInto<float>(runs, mixture, tokens, {halves.data(), Element::kBf16});
      CheckMixture(runs, Rounds(table, 2 * 45 / 3) ? rounded : mixture, tokens, y);
    }
  }
}

}  // namespace
}  // namespace rlx::test
