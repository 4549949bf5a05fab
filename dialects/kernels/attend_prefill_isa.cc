// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention within one call, with products of f32.
//
// One thread, Zen 3 with AVX2, other work on the machine, 2026-11-26, 512 tokens, 32 heads of 64,
// causal, CPU time: 44 GFLOP/s of 103. A bit more than half of the time are the products; the rest
// is softmax, and reading and writing of queries and results.

#include "attend_prefill_work.h"
#include "products.h"

namespace rlx::RLX_ISA {
namespace {

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

struct InLanes {
  static constexpr int64_t kTogether = 12, kMostSums = kMostElements;
  struct Queries {
    alignas(64) float values[kMostElements];
  };

  static void Read(Work<InLanes>& w) noexcept {
    const AttendPrefill& a = w.a;
    for (int64_t i = 0; i < w.count; ++i) {
      ReadCells(a.x, a.q, w.At(i), a.e, w.queries.values + i * a.e);
    }
  }

  static void Score(Work<InLanes>& w, const Part<InLanes>& part, int64_t index) noexcept {
    const AttendPrefill& a = w.a;
    const Tile tile = TileOf(a, w.row, w.head, index);
    const int64_t low = part.low / 16 * 16, width = LanesUp(part.high);
    for (int64_t i = 0; i < part.count; ++i) {
      for (int64_t j = low; j < width; j += 16) Store(w.scores + i * kTile + j, Zero());
    }
    AddProducts<Source::kCache>(Rows<const float>{w.queries.values + part.first * a.e, a.e},
                                part.count, Rows<const float>{tile.keys + low, kTile}, a.e, kTile,
                                width - low, Rows<float>{w.scores + low, kTile});
    Scale(w, part);
  }

  static void AddValues(Work<InLanes>& w, const Part<InLanes>& part, int64_t index) noexcept {
    const Tile tile = TileOf(w.a, w.row, w.head, index);
    const auto add = [&](int64_t i, int64_t count, int64_t low, int64_t high) {
      AddProducts<Source::kCache>(Rows<const float>{w.scores + i * kTile + low, kTile}, count,
                                  Rows<const float>{tile.values + low * w.wide, w.wide}, high - low,
                                  kTile, w.wide,
                                  Rows<float>{w.sums + (part.first + i) * w.wide, w.wide});
    };
    if (*tile.finite != 0.0f) return add(0, part.count, part.low, part.high);
    // A weight of 0 does not hide NaN and infinity: each query by itself.
    for (int64_t i = 0; i < part.count; ++i) add(i, 1, part.begin[i], part.end[i]);
  }
};

}  // namespace

extern const PrefillKernels kPrefill;
const PrefillKernels kPrefill = {Pack, PrefillBlock<InLanes>};

}  // namespace rlx::RLX_ISA
