// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention within one call, but for its products: tiles of keys, a running softmax for each query.
//
// Products says how queries, keys and values are multiplied:
//   kTogether                    queries that go through a tile at once
//   Queries                      those of a block, and what else it keeps
//   Read(work)                   makes the queries ready
//   Score(work, part, index)     scores of the part against a tile, scaled and capped, for keys
//   from
//                                part.low / 16 * 16 to a whole vector that ends at or after
//                                part.high
//   AddValues(work, part, index) adds the tile's values, by weights that stand where scores did

#ifndef RLX_KERNELS_ATTEND_PREFILL_WORK_H_
#define RLX_KERNELS_ATTEND_PREFILL_WORK_H_

#include "attend_cells.h"
#include "attend_prefill.h"
#include "lanes.h"

namespace rlx::RLX_ISA {
namespace {

bool Hidden(const AttendPrefill& a, int64_t row, int64_t key) noexcept {
  if (key >= LengthOf(a, row)) return true;
  return a.mask != nullptr && a.mask[row * a.s + key] == 0;
}

// The block of queries [first, first + count) of one head, and how far each of them is.
template <class Products>
struct Work {
  Work(const AttendPrefill& a, int64_t row, int64_t head, int64_t block) noexcept
      : a(a),
        row(row),
        head(head),
        wide(LanesUp(a.e)),
        first(block * QueriesOfTask(a.e)),
        count(Least(QueriesOfTask(a.e), a.t * a.g - first)) {}

  // Where query i of the block stands in q and out.
  int64_t At(int64_t i) const noexcept {
    const int64_t token = (first + i) / a.g, group = (first + i) % a.g;
    return (((row * a.t + token) * a.k + head) * a.g + group) * a.e;
  }

  const AttendPrefill& a;
  const int64_t row, head, wide, first, count;
  Sight sight[kQueries];
  float best[kQueries];    // the largest score so far
  float weight[kQueries];  // the sum of e^(score - best)
  typename Products::Queries queries;
  alignas(64) float sums[Products::kMostSums];  // of weighted values
  alignas(64) float scores[Products::kTogether * kTile];
};

template <class Products>
void Begin(Work<Products>& w) noexcept {
  const AttendPrefill& a = w.a;
  for (int64_t i = 0; i < w.count; ++i) {
    const int64_t token = (w.first + i) / a.g;
    w.sight[i] = SightOf(a, w.row, token);
    if (token >= LengthOf(a, w.row)) w.sight[i] = {0, 0};
    w.best[i] = kLowest;
    w.weight[i] = 0.0f;
    for (int64_t j = 0; j < w.wide; j += 16) Store(w.sums + i * w.wide + j, Zero());
  }
  Products::Read(w);
}

// Some queries of the block at one tile: query i of them sees keys [begin[i], end[i]) of it, all
// together [low, high), but for the mask.
template <class Products>
struct Part {
  int64_t first, count, low, high;
  int64_t begin[Products::kTogether], end[Products::kTogether];
};

template <class Products>
Part<Products> PartAt(const Work<Products>& w, int64_t first, int64_t tile) noexcept {
  Part<Products> part;
  part.first = first;
  part.count = Least(Products::kTogether, w.count - first);
  part.low = kTile;
  part.high = 0;
  for (int64_t i = 0; i < part.count; ++i) {
    const Sight sight = w.sight[first + i];
    part.begin[i] = Least(Most(sight.begin - tile * kTile, 0), kTile);
    part.end[i] = Least(Most(sight.end - tile * kTile, part.begin[i]), kTile);
    if (part.begin[i] == part.end[i]) continue;
    part.low = Least(part.low, part.begin[i]);
    part.high = Most(part.high, part.end[i]);
  }
  return part;
}

// Scales the scores of a part, and caps them.
template <class Products>
void Scale(Work<Products>& w, const Part<Products>& part) noexcept {
  for (int64_t i = 0; i < part.count; ++i) {
    float* scores = w.scores + i * kTile;
    for (int64_t j = part.low / 16 * 16; j < part.high; j += 16) {
      Store(scores + j, Capped(Load(scores + j) * Set(w.a.scale), w.a.softcap));
    }
  }
}

template <class Products>
void HideMasked(Work<Products>& w, const Part<Products>& part, int64_t tile) noexcept {
  if (w.a.mask == nullptr) return;
  for (int64_t j = part.low; j < part.high; ++j) {
    if (!Hidden(w.a, w.row, tile * kTile + j)) continue;
    for (int64_t i = 0; i < part.count; ++i) w.scores[i * kTile + j] = kLowest;
  }
}

// Turns scores into weights, and makes what was summed before relative to the new largest score.
template <class Products>
void WeighAll(Work<Products>& w, const Part<Products>& part) noexcept {
  const int64_t width = LanesUp(part.high);
  for (int64_t i = 0; i < part.count; ++i) {
    const int64_t query = part.first + i;
    float* scores = w.scores + i * kTile;
    const float found = Hide(scores, part.begin[i], part.end[i], width);
    const float before = w.best[query];
    const float best = found > before ? found : before;
    const float sum = Weigh(scores, width, best);
    w.best[query] = best;
    if (best != before) {
      const F32 by = Exp(Set(before - best));
      float* sums = w.sums + query * w.wide;
      for (int64_t j = 0; j < w.wide; j += 16) Store(sums + j, Load(sums + j) * by);
      w.weight[query] *= FirstOf(by);
    }
    w.weight[query] += sum;
  }
}

template <class Products>
void AttendTile(Work<Products>& w, int64_t first, int64_t index) noexcept {
  const Part<Products> part = PartAt(w, first, index);
  if (part.low >= part.high) return;
  Products::Score(w, part, index);
  HideMasked(w, part, index);
  WeighAll(w, part);
  Products::AddValues(w, part, index);
}

template <class Products>
bool SeesNone(const Work<Products>& w, int64_t i) noexcept {
  for (int64_t key = w.sight[i].begin; key < w.sight[i].end; ++key) {
    if (!Hidden(w.a, w.row, key)) return false;
  }
  return true;
}

// The mean of all values of the row.
template <class Products>
void Mean(const Work<Products>& w, float* sums) noexcept {
  const AttendPrefill& a = w.a;
  for (int64_t i = 0; i < a.e; ++i) sums[i] = 0.0f;
  for (int64_t key = 0; key < a.s; ++key) {
    const int64_t at = ((w.row * a.s + key) * a.k + w.head) * a.e;
    for (int64_t i = 0; i < a.e; ++i) sums[i] += ReadCell(a.x, a.values, at + i);
  }
}

template <class Products>
void Finish(Work<Products>& w) noexcept {
  const AttendPrefill& a = w.a;
  for (int64_t i = 0; i < w.count; ++i) {
    float* sums = w.sums + i * w.wide;
    float weight = w.weight[i];
    if ((w.first + i) / a.g >= LengthOf(a, w.row)) {
      weight = 1.0f;
    } else if (weight == 0.0f && SeesNone(w, i)) {
      Mean(w, sums);
      weight = static_cast<float>(a.s);
    }
    WriteQuotients(a.x, a.out, w.At(i), a.e, sums, weight);
  }
}

template <class Products>
void PrefillBlock(const AttendPrefill& a, int64_t row, int64_t head, int64_t block) noexcept {
  Work<Products> w(a, row, head, block);
  Begin(w);
  int64_t begin = a.s, end = 0;
  for (int64_t i = 0; i < w.count; ++i) {
    begin = Least(begin, w.sight[i].begin);
    end = Most(end, w.sight[i].end);
  }
  for (int64_t tile = begin / kTile; tile * kTile < end; ++tile) {
    for (int64_t first = 0; first < w.count; first += Products::kTogether)
      AttendTile(w, first, tile);
  }
  Finish(w);
}

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ATTEND_PREFILL_WORK_H_
