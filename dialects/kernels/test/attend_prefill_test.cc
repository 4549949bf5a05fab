// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention within one call against its definition in double, key by key.

#include "attend_data.h"
#include "check.h"
#include "tables.h"
#include "threads.h"

namespace rlx::test {
namespace {

struct Sizes {
  int64_t b, t, k, g, e, s;
};

struct Numbers {
  bool causal = true;
  int64_t window = 0;
  float softcap = 0.0f;
  std::vector<int32_t> lengths = {};  // empty: none
  std::vector<uint8_t> mask = {};     // empty: none
  Element x = Element::kF32;
};

struct Call {
  Call(const Sizes& n, const Numbers& how, uint32_t seed)
      : n(n),
        how(how),
        scale(1.4f / std::sqrt(static_cast<float>(n.e))),
        draw(seed),
        q(Random(draw, how.x, n.b * n.t * n.k * n.g * n.e)),
        keys(Random(draw, how.x, n.b * n.s * n.k * n.e)),
        values(Random(draw, how.x, n.b * n.s * n.k * n.e)),
        out(how.x, n.b * n.t * n.k * n.g * n.e),
        workspace(static_cast<size_t>(PrefillWorkspace(n.b, n.k, n.e, n.s)),
                  std::numeric_limits<float>::quiet_NaN()) {}

  void Run(const KernelTable& table, const Parallel& parallel) {
    const AttendPrefill a = {n.b,
                             n.t,
                             n.k,
                             n.g,
                             n.e,
                             n.s,
                             how.x,
                             q.data(),
                             keys.data(),
                             values.data(),
                             how.lengths.empty() ? nullptr : how.lengths.data(),
                             how.mask.empty() ? nullptr : how.mask.data(),
                             out.data(),
                             workspace.data(),
                             scale,
                             how.softcap,
                             how.window,
                             how.causal};
    Attend(a, *table.prefill, parallel);
  }

  int64_t Length(int64_t row) const {
    return how.lengths.empty() ? n.s : how.lengths[static_cast<size_t>(row)];
  }
  bool Sees(int64_t row, int64_t token, int64_t key) const {
    const int64_t distance = token + n.s - n.t - key;
    const bool masked = !how.mask.empty() && how.mask[static_cast<size_t>(row * n.s + key)] == 0;
    if (masked || key >= Length(row) || (how.causal && distance < 0)) return false;
    return how.window == 0 || std::abs(distance) < how.window;
  }
  bool SeenByAny(int64_t row, int64_t key) const {
    bool any = false;
    for (int64_t token = 0; token < Length(row) && token < n.t; ++token) {
      any |= Sees(row, token, key);
    }
    return any;
  }
  int64_t At(int64_t row, int64_t key, int64_t head, int64_t i) const {
    return ((row * n.s + key) * n.k + head) * n.e + i;
  }
  void Spoil(int64_t row, int64_t key, double with) {
    for (int64_t i = 0; i < n.k * n.e; ++i) {
      keys.set(At(row, key, 0, 0) + i, with);
      values.set(At(row, key, 0, 0) + i, with);
    }
  }
  void SpoilHidden() {
    for (int64_t row = 0; row < n.b; ++row) {
      for (int64_t key = 0; key < n.s; ++key) {
        if (!SeenByAny(row, key)) Spoil(row, key, key % 2 ? kNan : kInfinity);
      }
    }
  }

  // One query's scores, and the keys that they are of; all keys alike where it sees none.
  std::vector<double> Scores(int64_t row, int64_t token, int64_t head, int64_t group,
                             std::vector<int64_t>* seen) const {
    std::vector<double> scores;
    const int64_t at = (((row * n.t + token) * n.k + head) * n.g + group) * n.e;
    for (int64_t key = 0; key < n.s; ++key) {
      if (!Sees(row, token, key)) continue;
      double sum = 0.0;
      for (int64_t i = 0; i < n.e; ++i) sum += q.get(at + i) * keys.get(At(row, key, head, i));
      sum *= scale;
      scores.push_back(how.softcap > 0 ? how.softcap * std::tanh(sum / how.softcap) : sum);
      seen->push_back(key);
    }
    if (!seen->empty()) return scores;
    for (int64_t key = 0; key < n.s; ++key) seen->push_back(key);
    return std::vector<double>(static_cast<size_t>(n.s), 0.0);
  }

  void CheckOut(const char* isa) const {
    const double sums = 3e-6 * std::fmax(1.0, static_cast<double>(n.e) / 256);
    const double rounding = how.x == Element::kBf16 ? 0x1p-8 : 0.0;  // of what comes out
    for (int64_t query = 0; query < n.b * n.t * n.k * n.g; ++query) {
      const int64_t group = query % n.g, head = query / n.g % n.k;
      const int64_t token = query / n.g / n.k % n.t, row = query / n.g / n.k / n.t;
      std::vector<int64_t> seen;
      const std::vector<double> scores = Scores(row, token, head, group, &seen);
      for (int64_t i = 0; i < n.e; ++i) {
        double wanted =
            Mixed(scores, [&](size_t j) { return values.get(At(row, seen[j], head, i)); });
        if (token >= Length(row)) wanted = 0.0;
        const double found = out.get(query * n.e + i);
        const double slack = rounding * std::fabs(wanted) / (1.0 + std::fabs(wanted));
        CHECK(Near(found, wanted, sums + (rounding > 0 ? 2e-5 : 0.0) + slack), isa, " b=", row,
              " t=", token, " k=", head, " g=", group, " e=", i, ": ", found, ", expected ",
              wanted);
      }
    }
  }

  Sizes n;
  Numbers how;
  float scale;
  std::mt19937 draw;
  Cells q, keys, values, out;
  std::vector<float> workspace;
};

constexpr Element kTypes[] = {Element::kF32, Element::kBf16};

// Runs with every instruction set and type, with hidden keys spoiled, and checks all that comes
// out.
void CheckCall(const Sizes& n, Numbers how, int threads = 1) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < 2 * count; ++i) {
    if (!compiled[i / 2].runs_here) continue;
    how.x = kTypes[i % 2];
    Call call(n, how, static_cast<uint32_t>(n.e + 100 * n.s));
    if (how.mask.empty()) call.SpoilHidden();
    call.Run(*compiled[i / 2].table, threads > 1 ? OwnThreads(threads) : Serial());
    call.CheckOut(compiled[i / 2].table->isa);
  }
}

TEST(attend_prefill_head_sizes) {
  for (int64_t e : {64, 128, 80, 96, 20, 33, 1, 7, 192, 256, 257, 300})
    CheckCall({1, 21, 2, 2, e, 21}, {});
}

TEST(attend_prefill_lengths_of_prompts) {
  for (int64_t t : {1, 2, 15, 16, 17, 63, 64, 65, 130}) CheckCall({1, t, 1, 3, 20, t}, {});
}

TEST(attend_prefill_earlier_keys) { CheckCall({2, 19, 2, 2, 20, 100}, {}); }

TEST(attend_prefill_windows) {
  for (int64_t window : {1, 3, 16, 70}) {
    CheckCall({1, 140, 1, 2, 20, 140}, {.window = window});
    CheckCall({1, 140, 1, 2, 20, 140}, {.causal = false, .window = window});
    CheckCall({1, 30, 1, 2, 20, 140}, {.window = window});
  }
}

TEST(attend_prefill_softcap) { CheckCall({1, 40, 2, 2, 33, 40}, {.softcap = 1.5f}); }

TEST(attend_prefill_padded_rows) {
  CheckCall({4, 70, 2, 2, 20, 70}, {.lengths = {70, 64, 5, 0}});
  CheckCall({3, 70, 2, 1, 20, 70}, {.causal = false, .lengths = {70, 33, 1}});
}

// Values that weights nearly cancel, so that rounding of weights shows behind that of what comes
// out.
TEST(attend_prefill_bf16_keeps_weights) {
  size_t count = 0;
  const Compiled* compiled = CompiledKernels(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!compiled[i].runs_here) continue;
    Call call({1, 64, 1, 1, 64, 64}, {.causal = false, .x = Element::kBf16}, 8);
    for (int64_t key = 0; key < 64; ++key) {
      for (int64_t j = 0; j < 64; ++j) {
        if (key % 2 == 1) call.keys.set(64 * key + j, call.keys.get(64 * key - 64 + j) * 1.0625);
        call.values.set(64 * key + j, key % 2 ? -8.0 : 8.0);
      }
    }
    call.Run(*compiled[i].table, Serial());
    call.CheckOut(compiled[i].table->isa);
  }
}

// Row 0 is padded on the left, so that its first queries see nothing; row 1 has holes.
TEST(attend_prefill_mask) {
  std::vector<uint8_t> mask(2 * 90, 1);
  for (size_t j = 0; j < 70; ++j) mask[j] = 0;
  for (size_t j = 0; j < 90; j += 3) mask[90 + j] = 0;
  CheckCall({2, 90, 1, 2, 20, 90}, {.mask = mask});
  CheckCall({2, 90, 1, 2, 20, 90}, {.causal = false, .mask = mask});
  CheckCall({2, 90, 1, 2, 20, 90}, {.window = 5, .mask = mask});
}

TEST(attend_prefill_masked_nan_is_not_seen) {
  for (Element x : kTypes) {
    Call call({1, 90, 1, 1, 20, 90}, {.mask = std::vector<uint8_t>(90, 1), .x = x}, 3);
    for (int64_t key : {7, 8, 66}) {
      call.how.mask[static_cast<size_t>(key)] = 0;
      call.Spoil(0, key, kNan);
    }
    call.Run(*ChosenKernels().table, Serial());
    call.CheckOut("masked");
  }
}

TEST(attend_prefill_many_queries_of_one_head) { CheckCall({1, 9, 1, 19, 40, 9}, {}); }

TEST(attend_prefill_large_head) { CheckCall({1, 5, 1, 2, 2050, 5}, {}); }

TEST(attend_prefill_on_threads) { CheckCall({2, 150, 2, 2, 32, 150}, {.lengths = {150, 80}}, 3); }

// Key 40 is not finite: queries before it do not see it, all others do.
TEST(attend_prefill_nan_is_seen_from_its_place_on) {
  for (Element x : kTypes) {
    for (double with : {kNan, kInfinity}) {
      Call call({1, 100, 1, 3, 20, 100}, {.x = x}, 4);
      call.Spoil(0, 40, with);
      call.Run(*ChosenKernels().table, Serial());
      for (int64_t i = 0; i < call.out.count(); ++i) {
        CHECK(std::isfinite(call.out.get(i)) == (i / 60 < 40), i / 60, " ", call.out.get(i));
      }
    }
  }
}

// A value that is infinite: whoever sees it gets it, others what they had; nobody sees another one
// beside it, which is masked.
TEST(attend_prefill_infinite_value) {
  for (Element x : kTypes) {
    Call call({1, 100, 1, 2, 20, 100}, {.window = 30, .mask = std::vector<uint8_t>(100, 1), .x = x},
              9);
    call.values.set(call.At(0, 40, 0, 3), kInfinity);
    call.how.mask[43] = 0;
    call.Spoil(0, 43, kNan);
    call.Run(*ChosenKernels().table, Serial());
    call.CheckOut("infinite");
  }
}

TEST(attend_prefill_scores_of_minus_infinity) {
  for (Element x : kTypes) {
    Call call({1, 80, 1, 1, 1, 80}, {.x = x}, 5);
    for (int64_t i = 0; i < 80; ++i) call.q.set(i, 1.0);
    for (int64_t key = 0; key < 70; ++key) call.keys.set(key, -kInfinity);
    call.Run(*ChosenKernels().table, Serial());
    for (int64_t i = 0; i < 80; ++i) CHECK(std::isnan(call.out.get(i)) == (i < 70), i);
    CHECK(Near(call.out.get(70), call.values.get(70), 1e-6), call.out.get(70));
  }
}

TEST(attend_prefill_tiny_numbers) {
  for (double size : {1e-38, 1e-42}) {
    Call call({1, 70, 1, 2, 24, 70}, {}, 6);
    call.q = Random(call.draw, Element::kF32, call.q.count(), size);
    call.values = Random(call.draw, Element::kF32, call.values.count(), size);
    call.Run(*ChosenKernels().table, Serial());
    for (int64_t i = 0; i < call.out.count(); ++i) CHECK(std::fabs(call.out.get(i)) < 20 * size);
    call.CheckOut("tiny");
  }
}

}  // namespace
}  // namespace rlx::test
