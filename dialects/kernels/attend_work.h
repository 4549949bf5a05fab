// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a task of attention to a cache keeps: a piece of one head, gone through in steps.

#ifndef RLX_KERNELS_ATTEND_WORK_H_
#define RLX_KERNELS_ATTEND_WORK_H_

#include "attend_cells.h"
#include "attend_decode.h"
#include "lanes.h"

namespace rlx::RLX_ISA {
namespace {

// A piece, the block of queries [first, first + count) at hand, and the step: query i of the block
// sees [begin[i], end[i]) of it.
struct Work {
  Work(const AttendDecode& a, int64_t row, int64_t head, int64_t index) noexcept
      : a(a),
        row(row),
        head(head),
        piece(PieceOf(a, row, index)),
        part(PartOf(a, row, head, index)) {}

  const AttendDecode& a;
  const int64_t row, head;
  const Piece piece;
  const Part part;
  int64_t first = 0, count = 0;
  Piece step = {};
  int64_t stride = 0;  // of rows of scores
  int64_t begin[kMostQueries], end[kMostQueries];
  alignas(64) float queries[kMostElements];
  alignas(64) float scales[kMostSlots];
  alignas(64) float scores[kScores + 16 * kMostQueries];
};

// Where something of the head begins in a cache of `per_head` of them.
RLX_INLINE int64_t HeadAt(const Work& w, int64_t per_head) noexcept {
  return (w.row * w.a.k + w.head) * per_head;
}

// The weighted values of query i of the block.
RLX_INLINE float* SumsOf(const Work& w, int64_t i) noexcept {
  return w.part.sums + (w.first + i) * LanesUp(w.a.e);
}

// Queries of the block, and nothing seen yet.
inline void ReadQueries(Work& w) noexcept {
  const AttendDecode& a = w.a;
  for (int64_t i = 0; i < w.count; ++i) {
    const int64_t token = (w.first + i) / a.g, group = (w.first + i) % a.g;
    const int64_t at = (((w.row * a.t + token) * a.k + w.head) * a.g + group) * a.e;
    float* query = w.queries + i * a.e;
    ReadCells(a.x, a.q, at, a.e, query);
    for (int64_t j = 0; j < a.e; ++j) query[j] *= a.scale;
    for (int64_t j = 0; j < LanesUp(a.e); j += 16) Store(SumsOf(w, i) + j, Zero());
    w.part.best[w.first + i] = kLowest;
    w.part.weight[w.first + i] = 0.0f;
  }
}

// Takes `slots` of the piece, or what is left of it.
inline void TakeStep(Work& w, int64_t offset, int64_t slots) noexcept {
  const int64_t count = Least(slots, w.piece.count - offset);
  w.step = {w.piece.position + offset, w.piece.slot + offset, count};
  w.stride = LanesUp(count) + 16;
  for (int64_t i = 0; i < w.count; ++i) {
    const Seen seen = SeenBy(w.a, w.row, (w.first + i) / w.a.g);
    w.begin[i] = Least(Most(seen.first - w.step.position, 0), count);
    w.end[i] = Most(Least(seen.last + 1 - w.step.position, count), w.begin[i]);
  }
}

// Floats of scales that are read while others are asked for: those of a step of attend_bytes.h.
constexpr int64_t kScalesAhead = 512;

// w.scales[j] = scales of the step's slots [begin, end), zero for others of whole vectors; null if
// there are none.
inline const float* ReadScales(Work& w, const float* scales, int64_t begin, int64_t end) noexcept {
  if (scales == nullptr) return nullptr;
  const float* from = scales + HeadAt(w, w.a.s) + w.step.slot;
  for (int64_t j = 0; j < LanesUp(w.step.count); j += 16) {
    __builtin_prefetch(from + j + kScalesAhead, 0, 2);
    if (j >= begin && j + 16 <= end) {
      Store(w.scales + j, Load(from + j));
    } else {
      for (int64_t i = j; i < j + 16; ++i) w.scales[i] = i >= begin && i < end ? from[i] : 0.0f;
    }
  }
  return w.scales;
}

// Adds weights e^(score - best) of the step, with that sum, to those before it, and makes what is
// there relative to the larger of the largest scores; returns what the step's values are to be
// multiplied by.
inline float Join(Work& w, int64_t i, float best, float weight) noexcept {
  float* of_all = w.part.best + w.first + i;
  float* weights = w.part.weight + w.first + i;
  const float larger = best > *of_all ? best : *of_all;
  if (larger == kLowest) return 1.0f;
  const float before = FirstOf(ExpBelow(Set(*of_all - larger)));
  const float now = FirstOf(ExpBelow(Set(best - larger)));
  float* sums = SumsOf(w, i);
  for (int64_t j = 0; j < LanesUp(w.a.e); j += 16) Store(sums + j, Load(sums + j) * Set(before));
  *weights = *weights * before + weight * now;
  *of_all = larger;
  return now;
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ATTEND_WORK_H_
