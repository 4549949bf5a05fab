// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Caches of f16: numbers below its normal ones, near its largest, and beyond.

#include "attend_decode_call.h"

namespace rlx::test::decode {
namespace {

const Numbers kHow = {{kPiece - 1}, 0, 0.0f, Element::kF32, Element::kF16};

Call Drawn(uint32_t seed) { return Call({1, 4, 1, 2, 23, kPiece + 88}, kHow, seed); }

// Sizes of what is in the caches, of queries that make scores of about 1, and of results.
TEST(attend_decode_f16_tiny_and_large_cells) {
  struct Size {
    double keys, values;
  };
  for (Size size : {Size{2e-6, 1e4}, Size{1e4, 2e-6}, Size{3e-5, 3e-5}}) {
    Call call = Drawn(21);
    call.q = Random(call.draw, Element::kF32, call.q.count(), 1 / size.keys);
    call.keys = Random(call.draw, Element::kF16, call.keys.count(), size.keys);
    call.values = Random(call.draw, Element::kF16, call.values.count(), size.values);
    call.new_keys = Random(call.draw, Element::kF32, call.new_keys.count(), size.keys);
    call.new_values = Random(call.draw, Element::kF32, call.new_values.count(), size.values);
    EachSet(call, Serial(),
            [&](const char* isa, const Call& after) { after.CheckOut(isa, size.values); });
  }
}

// New values around the end of the range: token 1 keeps the largest, token 2 has what f16 does not.
TEST(attend_decode_f16_values_out_of_range_are_infinite) {
  for (double sign : {1.0, -1.0}) {
    Call call = Drawn(22);
    call.new_values.set(1 * 23 + 5, sign * 65519.0);
    call.new_values.set(2 * 23 + 5, sign * 65520.0);
    EachSet(call, Serial(), [&](const char* isa, const Call& after) {
      CHECK(after.values.get(after.ValueAt(0, 0, kPiece, 5)) == sign * 65504, isa);
      CHECK(after.values.get(after.ValueAt(0, 0, kPiece + 1, 5)) == sign * kInfinity, isa);
      for (int64_t i = 0; i < after.out.count(); ++i) {
        const double found = after.out.get(i);
        if (i / 46 >= 2 && i % 23 == 5) {
          CHECK(found == sign * kInfinity, isa, " ", i, ": ", found);
        } else {
          CHECK(std::isfinite(found), isa, " ", i, ": ", found);
        }
      }
      after.CheckOut(isa);
    });
  }
}

// A score of infinity has no softmax; one of minus infinity has no weight.
TEST(attend_decode_f16_keys_out_of_range_are_infinite) {
  for (double sign : {1.0, -1.0}) {
    Call call = Drawn(23);
    for (int64_t i = 0; i < call.q.count(); ++i) call.q.set(i, 0.25);
    call.new_keys.set(1 * 23 + 7, sign * 1e5);
    EachSet(call, Serial(), [&](const char* isa, const Call& after) {
      CHECK(after.keys.get(after.KeyAt(0, 0, 7, kPiece)) == sign * kInfinity, isa);
      for (int64_t i = 0; i < after.out.count(); ++i) {
        const bool spoiled = sign > 0 && i / 46 >= 1;
        CHECK(std::isnan(after.out.get(i)) == spoiled, isa, " ", i, ": ", after.out.get(i));
      }
      after.CheckOut(isa);
    });
  }
}

}  // namespace
}  // namespace rlx::test::decode
