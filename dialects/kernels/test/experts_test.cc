// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Experts of a mixture against sums in f64 over the values in the panels.

#include <limits>

#include "experts_data.h"
#include "threads.h"

namespace rlx::test {
namespace {

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

// With AMX few rows are digits, of which an expert meets those from any row on, or one alone.
TEST(experts_of_few_rows_in_all) {
  Random random(37);
  for (Format format : {Format::kInt8, Format::kQ8_0, Format::kQ4_0, Format::kQ4K}) {
    const int64_t size = OddSize(format, 96);
    const Mixture mixture({8, 1, 2, size, size}, format, format, Act::kSilu, random);
    for (int32_t first : {0, 1, 3, 8}) {  // tokens of the first expert, the last ones
      Tokens tokens = RandomTokens(mixture.sizes, random);
      for (int32_t i = 0; i < 8; ++i) tokens.ids[static_cast<size_t>(i)] = i < 8 - first;
      for (const KernelTable* table : Tables()) {
        const Runs runs = {table};
        CheckMixture(runs, mixture, tokens, Run(runs, mixture, tokens));
      }
    }
  }
}

// So many rows an expert that they stand as AMX reads them, from any row on.
TEST(experts_of_many_tokens) {
  Random random(32);
  for (Format format : {Format::kF32, Format::kBf16, Format::kInt8, Format::kQ4_0}) {
    const Mixture mixture({157, 1, 3, 64, 96}, format, format, Act::kSilu, random);
    Tokens tokens = RandomTokens(mixture.sizes, random);
    for (int32_t i = 0; i < 157; ++i) {
      tokens.ids[static_cast<size_t>(i)] = (i * 7 % 157 >= 35) + (i * 7 % 157 >= 36);
    }
    for (const KernelTable* table : Tables()) {
      const Runs runs = {table, OwnThreads(2)};
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
