// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention to a cache against its definition in double, slot by slot.

#include "attend_decode_call.h"

namespace rlx::test::decode {
namespace {

// Runs with hidden slots spoiled and checks all that comes out.
void CheckCall(const Sizes& n, const Numbers& how, int threads = 1) {
  Call call(n, how, static_cast<uint32_t>(n.e + 100 * n.s));
  call.SpoilHidden();
  EachSet(call, threads > 1 ? OwnThreads(threads) : Serial(),
          [](const char* isa, const Call& after) { after.CheckOut(isa); });
}

TEST(attend_decode_head_sizes) {
  for (int64_t e : {64, 128, 80, 96, 20, 33, 1, 7}) CheckCall({2, 1, 2, 4, e, 37}, {{36, 5}});
}

TEST(attend_decode_positions) {
  for (int32_t s : {1, 5, 16, 37, kPiece + 18}) {
    for (int32_t first : {0, s - 1, s, 3 * s + 5}) {
      CheckCall({2, 1, 1, 3, 20, s}, {{first, first / 2}});
    }
  }
}

TEST(attend_decode_cell_types) {
  for (Element cache : {Element::kF32, Element::kBf16, Element::kF16, Element::kInt8}) {
    for (Element x : {Element::kF32, Element::kBf16}) {
      CheckCall({2, 2, 3, 2, 33, 45}, {{60, 2}, 0, 0.0f, x, cache});
    }
  }
}

// Pieces and windows begin anywhere within the vectors that these are read in.
TEST(attend_decode_cells_of_16_bits) {
  for (Element cache : {Element::kBf16, Element::kF16}) {
    for (int64_t e : {64, 40, 33, 7, 1}) {
      CheckCall({2, 3, 2, 3, e, kPiece + 88},
                {{kPiece + 85, kPiece + 3}, 40, 0.0f, Element::kF32, cache});
      CheckCall({2, 1, 1, 5, e, 45}, {{44, 21}, 0, 1.5f, Element::kF32, cache});
    }
  }
}

// Strips around 2 KiB, of which other memory is asked for ahead, and some KiB more, in rows that
// begin anywhere in a line; heads that leave a part of a block of rows.
TEST(attend_decode_strips) {
  for (Element cache : {Element::kF32, Element::kBf16, Element::kF16, Element::kInt8}) {
    for (int64_t s : {3, 257, 511}) {
      const int32_t last = static_cast<int32_t>(s - 1);
      for (int64_t e : {5, 64}) {
        CheckCall({1, 1, 2, 4, e, s}, {{last}, 0, 0.0f, Element::kF32, cache});
      }
      CheckCall({1, 2, 2, 3, 11, s}, {{5 * last + 7}, s - 2, 0.0f, Element::kF32, cache});  // rings
    }
    for (int64_t s : {1027, 2047, 2307}) {  // of so many heads that pieces are as long as may be
      const int32_t last = static_cast<int32_t>(s - 1);
      CheckCall({1, 1, 41, 2, 3, s}, {{last}, 0, 0.0f, Element::kF32, cache});
      CheckCall({1, 2, 41, 1, 3, s}, {{5 * last + 7}, s - 2, 0.0f, Element::kF32, cache});
    }
  }
}

// As long as leaves 16 pieces of all heads and rows, if the scores of so many queries can be kept.
TEST(attend_decode_length_of_pieces) {
  CHECK(PieceSlots(1, 4, 8, 8192) == 4096 && PieceSlots(1, 4, 8, 8191) == 2048);
  CHECK(PieceSlots(8, 4, 8, 576) == 2048 && PieceSlots(1, 4, 8, 576) == 512);
  CHECK(PieceSlots(1, 1, 1, 8192) == 512);
  CHECK(PieceSlots(64, 4, 8, 1 << 20) == 8192 && PieceSlots(64, 5, 8, 1 << 20) == 4096);
  CHECK(PieceSlots(64, 16, 8, 1 << 20) == 2048 && PieceSlots(64, 71, 8, 1 << 20) == 2048);
}

// What is behind a multiple of PieceSlots goes with the piece before it, if it is little.
TEST(attend_decode_rests_of_pieces) {
  for (Element cache : {Element::kF32, Element::kF16, Element::kInt8}) {
    constexpr int32_t kBorder = kLeastSlots;
    for (int32_t s : {kBorder, kBorder + 1, kPiece - 1, kPiece, kPiece + 1}) {
      for (int32_t last : {s - 1, 2 * s + 77}) {
        CheckCall({1, 1, 1, 3, 5, s}, {{last}, 0, 0.0f, Element::kF32, cache});
        CheckCall({1, 2, 2, 1, 5, s}, {{last}, 200, 0.0f, Element::kF32, cache}, 2);
      }
    }
  }
}

// Pieces of every size of cache and of sight stand behind one another, from the first position
// that is seen to the last; there is room for what they leave and for their scores.
TEST(attend_decode_pieces_are_all_that_is_seen) {
  std::mt19937 draw(5);
  const auto below = [&](int64_t most) { return static_cast<int64_t>(draw() % most); };
  for (int i = 0; i < 20000; ++i) {
    AttendDecode a = {};
    a.b = 1 + below(3), a.k = 1 + below(40), a.g = 1 + below(20), a.t = 1 + below(3), a.e = 1;
    a.s = a.t + below(i % 2 == 0 ? 2000 : 20000);
    a.window = below(3) == 0 ? 1 + below(a.s - a.t + 1) : 0;
    std::vector<int32_t> positions;
    const int64_t first = below(3 * a.s);
    for (int64_t j = 0; j < a.b * a.t; ++j) {
      positions.push_back(static_cast<int32_t>(first + j % a.t));
    }
    a.positions = positions.data();
    const int64_t queries = a.t * a.g, slots = PieceSlots(a.b, queries, a.k, a.s);
    const int64_t count = CountPieces(a, 0);
    CHECK(count <= MostPieces(a.b, queries, a.k, a.s), "s=", a.s, ": ", count, " pieces");
    const Seen seen = SeenByAny(a, 0);
    int64_t next = seen.first;
    for (int64_t j = 0; j < count; ++j) {
      const Piece piece = PieceOf(a, 0, j);
      CHECK(piece.position == next && piece.count > 0, "s=", a.s, ": ", piece.position);
      CHECK(piece.slot == next % a.s && piece.slot + piece.count <= a.s, "s=", a.s);
      CHECK(piece.count <= slots + slots / 4, "s=", a.s, ": ", piece.count, " of ", slots);
      CHECK((LanesUp(piece.count) + 16) * Least(queries, kMostQueries) <=
            kScores + 16 * kMostQueries);
      next += piece.count;
      const int64_t rest = Least(a.s - piece.slot - piece.count, seen.last + 1 - next);
      CHECK(rest == 0 || rest > slots / 4 || piece.count + rest > MostSlots(queries), rest);
    }
    CHECK(next == seen.last + 1, "s=", a.s, ": ", next, " of ", seen.last + 1);
  }
}

// Of enough heads that pieces are as long as the scores of a block of queries allow; one of
// these with a rest that goes with it, or another piece behind, and a ring that begins within one.
TEST(attend_decode_long_pieces) {
  constexpr int64_t kHeads = 17;
  for (int64_t queries : {1, 4, 5, 13, 16, 17}) {
    const int64_t slots = PieceSlots(1, queries, kHeads, 8192);
    CHECK(slots == (queries <= 4 ? 8192 : queries <= 8 ? 4096 : 2048));
    const int64_t longest = Least(slots + slots / 4, MostSlots(queries));
    for (int64_t s : {longest, longest + 40}) {
      for (Element cache : {Element::kF16, Element::kInt8}) {
        for (int64_t last : {s - 1, 2 * s + 77}) {
          CheckCall({1, 1, kHeads, queries, 1, s},
                    {{static_cast<int32_t>(last)}, 0, 0.0f, Element::kF32, cache});
        }
      }
    }
  }
}

TEST(attend_decode_several_tokens) {
  for (int64_t t = 1; t <= 8; ++t) {
    CheckCall({2, t, 2, 3, 20, 24}, {{19, 0}});
    CheckCall({2, t, 2, 3, 20, 24}, {{60, 23}, 24 - t + 1});  // rings
  }
}

TEST(attend_decode_windows) {
  for (int64_t window : {1, 2, 15, 16, 40}) {
    CheckCall({2, 3, 1, 2, 16, 48}, {{47, 3}, window});
    CheckCall({2, 1, 1, 2, 16, kPiece + 88}, {{kPiece + 87, kPiece + 8}, window});
    CheckCall({2, 8, 1, 1, 16, kPiece + 88}, {{2 * kPiece + 676, kPiece - 5}, window});
  }
}

TEST(attend_decode_softcap) { CheckCall({1, 2, 2, 2, 33, 50}, {{40}, 0, 1.5f}); }

TEST(attend_decode_one_head_of_many_queries) { CheckCall({1, 3, 1, 19, 40, 70}, {{66}, 60}); }

TEST(attend_decode_large_head) { CheckCall({1, 2, 1, 5, 2050, 9}, {{7}}); }

TEST(attend_decode_only_reads) {
  Numbers how{{50, 3}};
  how.writes = false;
  CheckCall({2, 2, 2, 2, 24, 64}, how);
}

TEST(attend_decode_long_context_of_one_head_on_threads) {
  CheckCall({1, 1, 1, 4, 64, 3 * kPiece + 164}, {{3 * kPiece + 163}}, 3);
  CheckCall({1, 4, 1, 2, 20, 2 * kPiece + 76}, {{9 * kPiece + 392}, 2 * kPiece + 73}, 3);
}

TEST(attend_decode_rows_of_many_lengths_on_threads) {
  CheckCall({5, 1, 2, 2, 20, 2 * kPiece + 76}, {{2 * kPiece + 75, 0, kPiece + 188, 3, kPiece}}, 2);
}

// What is visible and not finite is seen in the result; other queries are as before.
TEST(attend_decode_visible_nan) {
  for (double with : {kNan, kInfinity, -kInfinity}) {
    for (Element cache : {Element::kF32, Element::kBf16, Element::kF16, Element::kInt8}) {
      Call call({2, 1, 1, 2, 20, kPiece + 88}, {{kPiece + 87, 80}, 0, 0.0f, Element::kF32, cache},
                5);
      call.Spoil(1, 3, with);
      const Call before = call;
      call.Run(*ChosenKernels().table, Serial());
      for (int64_t i = 0; i < call.out.count(); ++i) {
        CHECK(std::isfinite(call.out.get(i)) == (i < call.out.count() / 2), with, " ", i);
      }
    }
  }
}

// The second token is NaN: the first one does not see it, the third and fourth do.
TEST(attend_decode_nan_of_a_later_token_stays_there) {
  for (Element cache : {Element::kF32, Element::kF16, Element::kInt8}) {
    Call call({1, 4, 1, 2, 20, kPiece + 88}, {{kPiece - 1}, 0, 0.0f, Element::kF32, cache}, 6);
    for (int64_t i = 0; i < 20; ++i) call.new_values.set(20 + i, kNan);
    call.Run(*ChosenKernels().table, Serial());
    for (int64_t i = 0; i < call.out.count(); ++i) {
      CHECK(std::isfinite(call.out.get(i)) == (i < 40), i, " ", call.out.get(i));
    }
  }
}

TEST(attend_decode_scores_of_minus_infinity) {
  Call call({1, 1, 1, 1, 1, 2 * kPiece + 76}, {{2 * kPiece + 75}}, 7);
  call.q.set(0, 1.0);
  for (int64_t slot = 0; slot < kPiece + 88; ++slot) call.keys.set(slot, -kInfinity);
  call.Run(*ChosenKernels().table, Serial());
  call.CheckOut("all of the first piece");
  CHECK(std::isfinite(call.out.get(0)));
  for (int64_t slot = kPiece + 88; slot < call.n.s; ++slot) call.keys.set(slot, -kInfinity);
  call.new_keys.set(0, -kInfinity);
  call.Run(*ChosenKernels().table, Serial());
  CHECK(std::isnan(call.out.get(0)), call.out.get(0));
}

TEST(attend_decode_large_and_tiny_numbers) {
  for (double size : {1e-38, 1e-42, 1e15}) {
    Call call({1, 2, 1, 2, 24, kPiece + 18}, {{kPiece + 16}}, 8);
    call.q = Random(call.draw, Element::kF32, call.q.count(), size);
    call.values = Random(call.draw, Element::kF32, call.values.count(), size);
    call.new_values = Random(call.draw, Element::kF32, call.new_values.count(), size);
    call.Run(*ChosenKernels().table, Serial());
    for (int64_t i = 0; i < call.out.count(); ++i) CHECK(std::fabs(call.out.get(i)) < 20 * size);
    if (size < 1) call.CheckOut("tiny");
  }
}

}  // namespace
}  // namespace rlx::test::decode
