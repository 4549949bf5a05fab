// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention within one call with AMX, for bf16: products of queries with keys are exact, weights
// are two numbers of bf16 each, and sums are f32. What is f32, or has long heads, is another set's.

#include <algorithm>

#include "attend_prefill_work.h"
#include "tiles_isa.h"

namespace rlx::RLX_REST_ISA {
extern const PrefillKernels kPrefill;
}  // namespace rlx::RLX_REST_ISA

namespace rlx::RLX_ISA {
namespace {

constexpr int64_t kMostDepth = 256;  // of a head
constexpr int kParts = 2;            // of a weight

bool MeetsTiles(const AttendPrefill& a) noexcept {
  return a.x == Element::kBf16 && a.e <= kMostDepth;
}

// Elements of a head, filled up to whole tiles.
constexpr int64_t DepthOf(int64_t e) noexcept { return (e + kTileK - 1) / kTileK * kTileK; }

// A tile of keys, panels of 16 of them as pairs along the head, and of values, panels of 16
// elements as pairs along keys. It takes less memory than one of f32.
struct HalfTile {
  HalfTile(const AttendPrefill& a, int64_t row, int64_t head, int64_t index) noexcept
      : depth(DepthOf(a.e)) {
    const Tile tile = TileOf(a, row, head, index);
    keys = reinterpret_cast<uint16_t*>(tile.keys);
    values = keys + kTile * depth;
    finite = tile.finite;
  }
  // Of key j the i-th element, of keys and of values.
  uint16_t* Key(int64_t j, int64_t i) const noexcept {
    return keys + j / 16 * 16 * depth + i / 2 * 32 + j % 16 * 2 + i % 2;
  }
  uint16_t* Value(int64_t j, int64_t i) const noexcept {
    return values + i / 16 * 16 * kTile + j / 2 * 32 + i % 16 * 2 + j % 2;
  }

  int64_t depth;
  uint16_t *keys, *values;
  float* finite;
};
// LanesUp(e) is 16 at least, and depth 16 more than that at most: bf16 of both fits f32 of two
// such.
static_assert(DepthOf(1) + 16 <= 2 * (16 + 16));

void Pack(const AttendPrefill& a, int64_t row, int64_t head, int64_t index) noexcept {
  if (!MeetsTiles(a)) return RLX_REST_ISA::kPrefill.pack(a, row, head, index);
  const HalfTile tile(a, row, head, index);
  const auto *keys = static_cast<const uint16_t*>(a.keys),
             *values = static_cast<const uint16_t*>(a.values);
  std::fill_n(tile.keys, kTile * (tile.depth + LanesUp(a.e)), uint16_t{0});
  bool finite = true;
  for (int64_t j = 0; j < kTile; ++j) {
    const int64_t key = index * kTile + j;
    if (key >= a.s || Hidden(a, row, key)) continue;
    const int64_t at = ((row * a.s + key) * a.k + head) * a.e;
    for (int64_t i = 0; i < a.e; ++i) {
      *tile.Key(j, i) = keys[at + i];
      *tile.Value(j, i) = values[at + i];
      finite &= (values[at + i] & 0x7f80) != 0x7f80;
    }
  }
  *tile.finite = finite ? 1.0f : 0.0f;
}

struct InTiles {
  static constexpr int64_t kTogether = 2 * kTileLines;
  static constexpr int64_t kMostSums = kQueries * kMostDepth;
  static_assert(kQueries % kTogether == 0 && kMostElements / kMostDepth % kTogether == 0);
  struct Queries {
    alignas(64) uint16_t values[kQueries * kMostDepth];  // [query][depth]
    alignas(64) uint16_t weights[kParts][kTogether][kTile] = {};
  };

  static void Read(Work<InTiles>& w) noexcept {
    const AttendPrefill& a = w.a;
    const int64_t depth = DepthOf(a.e), rows = (w.count + kTogether - 1) / kTogether * kTogether;
    std::fill_n(w.queries.values, rows * depth, uint16_t{0});
    for (int64_t i = 0; i < w.count; ++i) {
      const uint16_t* from = static_cast<const uint16_t*>(a.q) + w.At(i);
      std::copy_n(from, a.e, w.queries.values + i * depth);
    }
  }

  static void Score(Work<InTiles>& w, const Part<InTiles>& part, int64_t index) noexcept {
    const HalfTile tile(w.a, w.row, w.head, index);
    const uint16_t* queries = w.queries.values + part.first * tile.depth;
    {
      const Tiles tiles(kTileLines, kTileLines);
      for (int64_t j = part.low / 32 * 32; j < part.high; j += 32) {
        float* to[] = {w.scores + j, w.scores + j + 16};
        const uint16_t *first = tile.Key(j, 0), *second = tile.Key(j + 16, 0);
        ZeroSums();
        for (int64_t k = 0; k < tile.depth; k += kTileK) {
          LoadWeights<2>(first + k * 16, second + k * 16);
          LoadRows<2>(queries + k, tile.depth);
          AddProducts<2, 2>();
        }
        StoreSums<2, 2>(to, kTile);
      }
    }
    Scale(w, part);
  }

  static void AddValues(Work<InTiles>& w, const Part<InTiles>& part, int64_t index) noexcept {
    const HalfTile tile(w.a, w.row, w.head, index);
    if (*tile.finite == 0.0f) return AddEach(w, part, index);
    const int64_t low = part.low / 32 * 32, high = (part.high + 31) / 32 * 32;
    SplitWeights(w, part, low, high);
    const Tiles tiles(kTileLines, kTileLines);
    for (int64_t i = 0; i < w.wide; i += 32) {
      float* to = w.sums + part.first * w.wide + i;
      if (i + 16 < w.wide) {
        AddPanels<2>(w, tile, i, low, high, to);
      } else {
        AddPanels<1>(w, tile, i, low, high, to);
      }
    }
  }

 private:
  // Elements i .. of 16 or 32, of keys `low` .. `high` - 1.
  template <int panels>
  static void AddPanels(const Work<InTiles>& w, const HalfTile& tile, int64_t i, int64_t low,
                        int64_t high, float* to) noexcept {
    float* sums[] = {to, to + 16};
    LoadSums<2, panels>(sums, w.wide);
    for (int64_t j = low; j < high; j += kTileK) {
      LoadWeights<panels>(tile.Value(j, i), tile.Value(j, i + 16));
      for (const auto& weights : w.queries.weights) {
        LoadRows<2>(weights[0] + j, kTile);
        AddProducts<2, panels>();
      }
    }
    StoreSums<2, panels>(sums, w.wide);
  }

  // Weights as numbers of bf16, of keys from `low` to before `high`: 0 of those without scores.
  static void SplitWeights(Work<InTiles>& w, const Part<InTiles>& part, int64_t low,
                           int64_t high) noexcept {
    const int64_t first = part.low / 16 * 16, end = LanesUp(part.high);
    for (int64_t i = 0; i < part.count; ++i) {
      for (int64_t j = low; j < high; j += 16) {
        const bool there = j >= first && j < end;
        F32 rest = there ? Load(w.scores + i * kTile + j) : Zero();
        for (auto& weights : w.queries.weights) {
          StoreBf16(weights[i] + j, rest);
          rest = rest - LoadBf16(weights[i] + j);
        }
      }
    }
  }

  // Where values are NaN or infinite, which a weight of 0 does not hide: each query by itself.
  static void AddEach(Work<InTiles>& w, const Part<InTiles>& part, int64_t index) noexcept {
    const AttendPrefill& a = w.a;
    for (int64_t i = 0; i < part.count; ++i) {
      float* sums = w.sums + (part.first + i) * w.wide;
      for (int64_t j = part.begin[i]; j < part.end[i]; ++j) {
        const int64_t key = index * kTile + j;
        if (Hidden(a, w.row, key)) continue;
        const int64_t at = ((w.row * a.s + key) * a.k + w.head) * a.e;
        const float weight = w.scores[i * kTile + j];
        for (int64_t e = 0; e < a.e; ++e) sums[e] += weight * ReadCell(a.x, a.values, at + e);
      }
    }
  }
};

void Block(const AttendPrefill& a, int64_t row, int64_t head, int64_t block) noexcept {
  if (!MeetsTiles(a)) return RLX_REST_ISA::kPrefill.block(a, row, head, block);
  PrefillBlock<InTiles>(a, row, head, block);
}

}  // namespace

extern const PrefillKernels kPrefill;
const PrefillKernels kPrefill = {Pack, Block};

}  // namespace rlx::RLX_ISA
