// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Caches of int8, of which some sets take four rows and 64 columns, and 512 rows, at a time.

#include "attend_decode_call.h"

namespace rlx::test::decode {
namespace {

constexpr int32_t kStep = 512;

Numbers How(std::vector<int32_t> starts, int64_t window = 0, float softcap = 0.0f) {
  return {starts, window, softcap, Element::kF32, Element::kInt8};
}

void CheckInt8(const Sizes& n, const Numbers& how, int threads = 1) {
  Call call(n, how, static_cast<uint32_t>(3 * n.e + 100 * n.s + n.g));
  call.SpoilHidden();
  EachSet(call, threads > 1 ? OwnThreads(threads) : Serial(),
          [](const char* isa, const Call& after) { after.CheckOut(isa); });
}

// Lines and groups of rows that are whole, or are not; queries in fours, twos and ones.
TEST(attend_decode_int8_sizes) {
  for (int64_t e : {1, 2, 3, 4, 63, 64, 65, 80, 128, 150}) {
    for (int32_t s : {1, 2, 7, 64, 129}) CheckInt8({2, 1, 2, 3, e, s}, How({s - 1, s / 2}));
  }
  for (int64_t g = 1; g <= 9; ++g) CheckInt8({1, 1, 2, g, 20, 77}, How({70}));
}

TEST(attend_decode_int8_heads_of_several_sums) {
  for (int64_t e : {511, 512, 513, 1100, 2050}) {
    CheckInt8({1, 1, 1, 2, e, 70}, How({69}));
    CheckInt8({1, 2, 1, 3, e, 9}, How({7}, 5, 1.5f));
  }
}

// Pieces of up to 8192 slots in steps of 512.
TEST(attend_decode_int8_steps) {
  for (int64_t s : {kStep - 1, kStep, kStep + 1, 2 * kStep + 3, 3 * kStep}) {
    const int32_t last = static_cast<int32_t>(s - 1);
    for (int64_t heads : {1, 41}) {
      CheckInt8({1, 1, heads, 2, 5, s}, How({last}), 2);
      CheckInt8({1, 3, heads, 1, 5, s}, How({5 * last + 7}, s - 2), 2);
      CheckInt8({2, 1, heads, 1, 5, s}, How({last / 2, 0}, 300), 2);
    }
  }
}

// Steps that one token sees and another one does not, before its first and behind its last.
TEST(attend_decode_int8_steps_of_some_tokens) {
  for (int32_t first : {kStep - 1, kStep - 2, 2 * kStep - 1}) {
    CheckInt8({1, 3, 41, 1, 5, 2 * kStep + 3}, How({first}));
    CheckInt8({1, 3, 41, 1, 5, 2 * kStep + 3}, How({first}, kStep - 1));
  }
}

// The oldest token that the first query sees is NaN; the second query does not see it any more.
TEST(attend_decode_int8_nan_of_an_earlier_token_stays_there) {
  constexpr int32_t kFirst = kStep + 190, kWindow = kStep + 90;
  Call call({1, 2, 41, 1, 5, 2 * kStep}, How({kFirst}, kWindow), 38);
  call.Spoil(0, kFirst - kWindow + 1, kNan);
  EachSet(call, Serial(), [](const char* isa, const Call& after) {
    for (int64_t i = 0; i < after.out.count(); ++i) {
      const bool second = i >= after.out.count() / 2;
      CHECK(std::isfinite(after.out.get(i)) == second, isa, " ", i, ": ", after.out.get(i));
    }
  });
}

TEST(attend_decode_int8_several_tokens) {
  for (int64_t t = 1; t <= 8; ++t) {
    CheckInt8({2, t, 2, 3, 20, 24}, How({19, 0}));
    CheckInt8({2, t, 2, 3, 20, kStep + 24}, How({kStep - 3, kStep + 16}, 40, 2.0f));
  }
  CheckInt8({1, 3, 1, 19, 40, 70}, How({66}, 60));
}

// One slot has nearly all of the weight; the others, each of less than half a step of its integer,
// together some percent.
TEST(attend_decode_int8_many_small_weights) {
  constexpr int64_t kSlots = kStep;
  constexpr float kScore = 11.5f;  // e^-11.5 = 1.01e-5; a step is 3.06e-5
  Call call({1, 1, 1, 1, 1, kSlots}, How({kSlots - 1}), 31);
  call.how.writes = false;
  call.scale = 1.0f;
  call.q.set(0, kScore / 100);
  for (int64_t slot = 0; slot < kSlots; ++slot) {
    call.keys.set(slot, slot == 77 ? 100 : 0);
    call.values.set(slot, slot == 77 ? 0 : 100);
    call.key_scales[static_cast<size_t>(slot)] = 1.0f;
    call.value_scales[static_cast<size_t>(slot)] = 0.01f;
  }
  const double small = static_cast<double>(kSlots - 1) * std::exp(-static_cast<double>(kScore));
  const double wanted = small / (1 + small);
  EachSet(call, Serial(), [&](const char* isa, const Call& after) {
    const double found = after.out.get(0);
    CHECK(std::fabs(found - wanted) < 0.01 * wanted, isa, ": ", found, ", expected ", wanted);
  });
}

// Steps with scores far from each other, in every order.
TEST(attend_decode_int8_scores_of_steps_far_apart) {
  for (int64_t high : {0, 1, 2}) {
    Call call({1, 1, 41, 2, 3, 3 * kStep}, How({3 * kStep - 1}), 32);
    for (int64_t head = 0; head < 41; ++head) {
      for (int64_t slot = 0; slot < call.n.s; ++slot) {
        const double size = slot / kStep == high ? 6.0 : slot / kStep == 1 ? 2.0 : 0.001;
        call.key_scales[static_cast<size_t>(head * call.n.s + slot)] *= static_cast<float>(size);
      }
    }
    EachSet(call, Serial(), [](const char* isa, const Call& after) { after.CheckOut(isa); });
  }
}

// Nothing that rlxflow writes, but a module written by hand may: numbers all the same.
TEST(attend_decode_int8_negative_scales) {
  Call call({1, 1, 2, 3, 20, 45}, How({44}), 33);
  for (size_t i = 0; i < call.key_scales.size(); i += 2) call.key_scales[i] *= -1.0f;
  for (size_t i = 0; i < call.value_scales.size(); i += 3) call.value_scales[i] *= -1.0f;
  EachSet(call, Serial(), [](const char* isa, const Call& after) { after.CheckOut(isa); });
}

TEST(attend_decode_int8_scales_of_zero) {
  Call call({1, 1, 2, 3, 20, 45}, How({44}), 34);
  for (float& scale : call.key_scales) scale = 0.0f;
  for (size_t i = 0; i < call.value_scales.size(); i += 2) call.value_scales[i] = 0.0f;
  EachSet(call, Serial(), [](const char* isa, const Call& after) { after.CheckOut(isa); });
}

// A query that is not finite spoils its own result alone.
TEST(attend_decode_int8_query_not_finite) {
  for (double with : {kNan, kInfinity, -kInfinity}) {
    Call call({1, 1, 1, 6, 20, kStep + 30}, How({kStep + 20}), 35);
    call.q.set(4 * 20 + 7, with);
    EachSet(call, Serial(), [&](const char* isa, const Call& after) {
      for (int64_t i = 0; i < after.out.count(); ++i) {
        CHECK(std::isfinite(after.out.get(i)) == (i / 20 != 4), isa, " ", with, " ", i);
      }
    });
  }
}

// A value that is not finite is seen even if its weight is 0.
TEST(attend_decode_int8_value_not_finite_without_weight) {
  Call call({1, 1, 1, 1, 1, kStep}, How({kStep - 1}), 36);
  call.how.writes = false;
  call.q.set(0, 1.0);
  for (int64_t slot = 0; slot < call.n.s; ++slot) {
    call.keys.set(slot, slot == 5 ? -100 : 100);
    call.key_scales[static_cast<size_t>(slot)] = 1.0f;
  }
  EachSet(call, Serial(),
          [](const char* isa, const Call& after) { CHECK(std::isfinite(after.out.get(0)), isa); });
  call.value_scales[5] = std::numeric_limits<float>::infinity();
  EachSet(call, Serial(), [](const char* isa, const Call& after) {
    CHECK(!std::isfinite(after.out.get(0)), isa, " ", after.out.get(0));
  });
}

// Values of a slot without weight may be as large as they like: those of others are no coarser.
TEST(attend_decode_int8_large_values_without_weight) {
  Call call({1, 1, 2, 3, 20, 6}, How({5}), 39);
  call.how.writes = false;
  for (int64_t i = 0; i < call.q.count(); ++i) call.q.set(i, std::fabs(call.q.get(i)));
  for (int64_t head = 0; head < 2; ++head) {
    for (int64_t i = 0; i < 20; ++i) call.keys.set(call.KeyAt(0, head, i, 3), -100);
    call.key_scales[static_cast<size_t>(head * 6 + 3)] = 1.0f;
    call.value_scales[static_cast<size_t>(head * 6 + 3)] *= 1e4f;
  }
  EachSet(call, Serial(), [](const char* isa, const Call& after) { after.CheckOut(isa); });
}

// Queries below the normal numbers, and as large as f32 has them.
TEST(attend_decode_int8_tiny_and_large_queries) {
  for (double size : {1e-42, 1e-33, 1e-20, 1e34}) {
    Call call({1, 2, 1, 2, 24, kPiece + 18}, How({kPiece + 16}), 37);
    call.q = Random(call.draw, Element::kF32, call.q.count(), size);
    if (size > 1) call.scale /= 1e34f;
    EachSet(call, Serial(), [](const char* isa, const Call& after) { after.CheckOut(isa); });
  }
}

}  // namespace
}  // namespace rlx::test::decode
