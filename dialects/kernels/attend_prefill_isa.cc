// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention within one call: tiles of keys, a running softmax for each query.
//
// One thread, Zen 3 with AVX2, other work on the machine, 2026-11-26, 512 tokens, 32 heads of 64,
// causal, CPU time: 44 GFLOP/s of 103. A bit more than half of the time are the products; the rest
// is softmax, and reading and writing of queries and results.

#include "attend_cells.h"
#include "attend_prefill.h"
#include "lanes.h"
#include "products.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int64_t kTogether = 12;  // queries that go through a tile at once

bool Hidden(const AttendPrefill& a, int64_t row, int64_t key) noexcept {
  if (key >= LengthOf(a, row)) return true;
  return a.mask != nullptr && a.mask[row * a.s + key] == 0;
}

void PackKey(const AttendPrefill& a, int64_t row, int64_t head, int64_t key, const Tile& tile,
             float* finite) noexcept {
  const int64_t at = ((row * a.s + key) * a.k + head) * a.e, j = key % kTile;
  const int64_t wide = LanesUp(a.e);
  float* values = tile.values + j * wide;
  for (int64_t i = a.e; i < wide; ++i) values[i] = 0.0f;
  ReadCells(a.x, a.values, at, a.e, values);
  for (int64_t i = 0; i < a.e; ++i) {
    tile.keys[i * kTile + j] = ReadCell(a.x, a.keys, at + i);
    *finite = values[i] - values[i] == 0.0f ? *finite : 0.0f;
  }
}

void Pack(const AttendPrefill& a, int64_t row, int64_t head, int64_t index) noexcept {
  const Tile tile = TileOf(a, row, head, index);
  const int64_t wide = LanesUp(a.e);
  float finite = 1.0f;
  for (int64_t j = 0; j < kTile; ++j) {
    const int64_t key = index * kTile + j;
    if (key < a.s && !Hidden(a, row, key)) {
      PackKey(a, row, head, key, tile, &finite);
      continue;
    }
    for (int64_t i = 0; i < a.e; ++i) tile.keys[i * kTile + j] = 0.0f;
    for (int64_t i = 0; i < wide; ++i) tile.values[j * wide + i] = 0.0f;
  }
  *tile.finite = finite;
}

// The block of queries [first, first + count) of one head, and how far each of them is.
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
  alignas(64) float queries[kMostElements];
  alignas(64) float sums[kMostElements];  // of weighted values
  alignas(64) float scores[kTogether * kTile];
};

void Begin(Work& w) noexcept {
  const AttendPrefill& a = w.a;
  for (int64_t i = 0; i < w.count; ++i) {
    const int64_t token = (w.first + i) / a.g;
    w.sight[i] = SightOf(a, w.row, token);
    if (token >= LengthOf(a, w.row)) w.sight[i] = {0, 0};
    w.best[i] = kLowest;
    w.weight[i] = 0.0f;
    ReadCells(a.x, a.q, w.At(i), a.e, w.queries + i * a.e);
    for (int64_t j = 0; j < w.wide; j += 16) Store(w.sums + i * w.wide + j, Zero());
  }
}

// Some queries of the block at one tile: query i of them sees keys [begin[i], end[i]) of it, all
// together [low, high), but for the mask.
struct Part {
  int64_t first, count, low, high;
  int64_t begin[kTogether], end[kTogether];
};

Part PartAt(const Work& w, int64_t first, int64_t tile) noexcept {
  Part part;
  part.first = first;
  part.count = Least(kTogether, w.count - first);
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

// Scores of the part against the tile, for keys from 0 to a whole vector that ends at or after
// high.
void Score(Work& w, const Part& part, const Tile& tile) noexcept {
  const AttendPrefill& a = w.a;
  const int64_t low = part.low / 16 * 16, width = LanesUp(part.high);
  for (int64_t i = 0; i < part.count; ++i) {
    for (int64_t j = low; j < width; j += 16) Store(w.scores + i * kTile + j, Zero());
  }
  AddProducts<Source::kCache>(Rows<const float>{w.queries + part.first * a.e, a.e}, part.count,
                              Rows<const float>{tile.keys + low, kTile}, a.e, kTile, width - low,
                              Rows<float>{w.scores + low, kTile});
  for (int64_t i = 0; i < part.count; ++i) {
    float* scores = w.scores + i * kTile;
    for (int64_t j = low; j < width; j += 16) {
      Store(scores + j, Capped(Load(scores + j) * Set(a.scale), a.softcap));
    }
  }
}

void HideMasked(Work& w, const Part& part, int64_t tile) noexcept {
  if (w.a.mask == nullptr) return;
  for (int64_t j = part.low; j < part.high; ++j) {
    if (!Hidden(w.a, w.row, tile * kTile + j)) continue;
    for (int64_t i = 0; i < part.count; ++i) w.scores[i * kTile + j] = kLowest;
  }
}

// Turns scores into weights, and makes what was summed before relative to the new largest score.
void WeighAll(Work& w, const Part& part) noexcept {
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

// Adds the values [low, high) of the tile for queries [i, i + count) of the part.
void AddValues(Work& w, const Part& part, const Tile& tile, int64_t i, int64_t count, int64_t low,
               int64_t high) noexcept {
  AddProducts<Source::kCache>(Rows<const float>{w.scores + i * kTile + low, kTile}, count,
                              Rows<const float>{tile.values + low * w.wide, w.wide}, high - low,
                              kTile, w.wide,
                              Rows<float>{w.sums + (part.first + i) * w.wide, w.wide});
}

void AttendTile(Work& w, int64_t first, int64_t index) noexcept {
  const Part part = PartAt(w, first, index);
  if (part.low >= part.high) return;
  const Tile tile = TileOf(w.a, w.row, w.head, index);
  Score(w, part, tile);
  HideMasked(w, part, index);
  WeighAll(w, part);
  if (*tile.finite != 0.0f) return AddValues(w, part, tile, 0, part.count, part.low, part.high);
  // A weight of 0 does not hide NaN and infinity: each query by itself.
  for (int64_t i = 0; i < part.count; ++i) {
    AddValues(w, part, tile, i, 1, part.begin[i], part.end[i]);
  }
}

bool SeesNone(const Work& w, int64_t i) noexcept {
  for (int64_t key = w.sight[i].begin; key < w.sight[i].end; ++key) {
    if (!Hidden(w.a, w.row, key)) return false;
  }
  return true;
}

// The mean of all values of the row.
void Mean(const Work& w, float* sums) noexcept {
  const AttendPrefill& a = w.a;
  for (int64_t i = 0; i < a.e; ++i) sums[i] = 0.0f;
  for (int64_t key = 0; key < a.s; ++key) {
    const int64_t at = ((w.row * a.s + key) * a.k + w.head) * a.e;
    for (int64_t i = 0; i < a.e; ++i) sums[i] += ReadCell(a.x, a.values, at + i);
  }
}

void Finish(Work& w) noexcept {
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

void PrefillBlock(const AttendPrefill& a, int64_t row, int64_t head, int64_t block) noexcept {
  Work w(a, row, head, block);
  Begin(w);
  int64_t begin = a.s, end = 0;
  for (int64_t i = 0; i < w.count; ++i) {
    begin = Least(begin, w.sight[i].begin);
    end = Most(end, w.sight[i].end);
  }
  for (int64_t tile = begin / kTile; tile * kTile < end; ++tile) {
    for (int64_t first = 0; first < w.count; first += kTogether) AttendTile(w, first, tile);
  }
  Finish(w);
}

}  // namespace

extern const PrefillKernels kPrefill;
const PrefillKernels kPrefill = {Pack, PrefillBlock};

}  // namespace rlx::RLX_ISA
