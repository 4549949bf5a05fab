// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How attention to a cache is cut into tasks: pieces of the cache, and what each leaves behind.

#ifndef RLX_KERNELS_ATTEND_DECODE_H_
#define RLX_KERNELS_ATTEND_DECODE_H_

#include <cstdint>

#include "attend.h"
#include "whole.h"

namespace rlx {

// Slots of a piece at the least and at the most. Keys of a piece are strips of rows: the CPU has to
// find its way anew at the start of each, which shorter ones spend more time on. Longer ones leave
// fewer tasks, so they are for caches that make kManyPieces of them; and the scores of a block of
// queries, kMostQueries at most, have to be kept, kScores at most.
inline constexpr int64_t kLeastSlots = 512, kMostSlots = 8192, kManyPieces = 16;
inline constexpr int64_t kMostQueries = 16, kScores = 32 * 1024;

// Slots whose scores can be kept, in whole vectors.
RLX_HERE constexpr int64_t MostSlots(int64_t queries) noexcept {
  return Least(kMostSlots, kScores / Least(queries, kMostQueries) / 16 * 16);
}

RLX_HERE constexpr int64_t PieceSlots(int64_t b, int64_t queries, int64_t k, int64_t s) noexcept {
  int64_t slots = kLeastSlots;
  while (2 * slots <= MostSlots(queries) && b * k * s >= 2 * slots * kManyPieces) slots *= 2;
  return slots;
}

// Positions first .. last.
struct Seen {
  int64_t first, last;
};

RLX_HERE Seen SeenBy(const AttendDecode& a, int64_t row, int64_t token) noexcept {
  const int32_t* positions = a.positions + row * a.t;
  const int64_t own = positions[token];
  const int64_t held = int64_t{positions[a.t - 1]} - a.s + 1;  // the oldest in the cache
  const int64_t near = a.window > 0 ? own - a.window + 1 : 0;
  return {Most(0, Most(held, near)), own};
}

// What the queries of a row see between them.
RLX_HERE Seen SeenByAny(const AttendDecode& a, int64_t row) noexcept {
  return {SeenBy(a, row, 0).first, SeenBy(a, row, a.t - 1).last};
}

// Positions that stand side by side in the cache.
struct Piece {
  int64_t position, slot, count;
};

// The piece that begins at `position`: it ends where sight or ring end, or at a multiple of
// PieceSlots with more behind it than a quarter of these, which would be strips of a few lines.
RLX_HERE Piece PieceAt(const AttendDecode& a, Seen seen, int64_t position) noexcept {
  const int64_t queries = a.t * a.g, slots = PieceSlots(a.b, queries, a.k, a.s);
  const int64_t slot = position % a.s, room = slots - slot % slots;
  const int64_t left = Least(a.s - slot, seen.last + 1 - position);
  const bool whole = left - room <= slots / 4 && left <= MostSlots(queries);
  return {position, slot, whole ? left : Least(room, left)};
}

RLX_HERE int64_t CountPieces(const AttendDecode& a, int64_t row) noexcept {
  const Seen seen = SeenByAny(a, row);
  int64_t count = 0;
  for (int64_t at = seen.first; at <= seen.last; at += PieceAt(a, seen, at).count) ++count;
  return count;
}

RLX_HERE Piece PieceOf(const AttendDecode& a, int64_t row, int64_t index) noexcept {
  const Seen seen = SeenByAny(a, row);
  Piece piece = PieceAt(a, seen, seen.first);
  for (; index > 0; --index) piece = PieceAt(a, seen, piece.position + piece.count);
  return piece;
}

// Pieces of a row at most: the ring may begin within one.
RLX_HERE constexpr int64_t MostPieces(int64_t b, int64_t queries, int64_t k, int64_t s) noexcept {
  const int64_t slots = PieceSlots(b, queries, k, s);
  return (s + slots - 1) / slots + 1;
}

// What a piece leaves for the merge, for the t g queries of its head.
struct Part {
  float* sums;    // [t g, LanesUp(e)]: weighted values
  float* best;    // [t g]: the largest score
  float* weight;  // [t g]: the sum of weights, e^(score - best)
};

RLX_HERE constexpr int64_t PartFloats(int64_t queries, int64_t e) noexcept {
  return LanesUp(queries * (LanesUp(e) + 2));
}

RLX_HERE Part PartOf(const AttendDecode& a, int64_t row, int64_t head, int64_t piece) noexcept {
  const int64_t queries = a.t * a.g;
  const int64_t index = (row * a.k + head) * MostPieces(a.b, queries, a.k, a.s) + piece;
  float* sums = a.workspace + index * PartFloats(queries, a.e);
  float* best = sums + queries * LanesUp(a.e);
  return {sums, best, best + queries};
}

}  // namespace rlx

#endif  // RLX_KERNELS_ATTEND_DECODE_H_
