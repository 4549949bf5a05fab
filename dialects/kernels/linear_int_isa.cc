// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with integer weights.
//
// Up to kTileInt rows of x stay in registers while the panel streams by: every weight is unpacked
// once for all of them. One row of x meets weights of 4 bits in digits, that is as bytes. For a
// second tile light formats are unpacked again. With more rows a part of the panel is unpacked into
// the first-level cache, and the rows go over it tile by tile.

#include "linear_int_isa.h"

#include "linear_digits_isa.h"
#include "side_by_side_isa.h"
#include "unpacked_isa.h"
#include "weights_isa.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int kChunk = 64;  // subs that two tiles go over: up to 34 KiB of weights

// Unpacked subs of some panels times rows `first` .. `last` - 1 of the tile.
template <class Rows, int panels, class Weights>
void AddRows(const Weights (&w)[panels], int count, const PanelPart& part, int64_t begin, int first,
             int last, float* const* tile) noexcept {
  EachTile<Rows>(part.row, first, last, [&](int row, int some) {
    const Rows x = RowsOf<Rows>(part.x, part.row + row);
    float* to[panels];
    for (int p = 0; p < panels; ++p) to[p] = tile[p] + row * kPanelRows;
    if (panels > 1 && some == kTileInt) {
      return AddSubs<panels, kTileInt, AskNextRows>(w, 0, count, x, begin, to);
    }
    for (int p = 0; p < panels; ++p) {
      AddSubsOf<kTileInt, AskNextRows>(some, w[p], 0, count, x, begin, to[p]);
    }
  });
}

// Unpacks a few subs at a time; all rows go over them.
template <int panels, class Weights>
void ManyRows(const Weights* w, int64_t begin, int64_t end, const PanelPart& part,
              float* const* tile) noexcept {
  constexpr int kSubs = kPart / panels;
  Unpacked<Weights::kHalves, Weights::kZero, Weights::kOffset> unpacked[panels];
  const int eights = part.Eights();
  for (; begin < end; begin += kSubs) {
    const int count = static_cast<int>(end - begin < kSubs ? end - begin : kSubs);
    for (int p = 0; p < panels; ++p) unpacked[p].Fill(w[p], begin, count);
    AddRows<SubsInEights>(unpacked, count, part, begin, 0, eights, tile);
    AddRows<SubsInLine>(unpacked, count, part, begin, eights, part.rows, tile);
  }
}

// A chunk of the panel for one tile of rows and again for the other: unpacking light formats twice
// costs less than storing them, and the second time they come from the second-level cache. Each
// tile asks for half of the next chunk, or of the panel behind this one, so that memory works all
// the time, not for the first tile only.
template <class First, class Second, class Weights>
void TwoTiles(const Weights& w, int64_t begin, int64_t end, const PanelPart& part,
              float* tile) noexcept {
  const First first = RowsOf<First>(part.x, part.row);
  const Second second = RowsOf<Second>(part.x, part.row + kTileInt);
  for (; begin < end; begin += kChunk) {
    const int64_t stop = end - begin < kChunk ? end : begin + kChunk;
    AddSubs<1, kTileInt, AskHalf<0>>(&w, begin, stop, first, begin, &tile);
    AddSubsOf<kTileInt, AskHalf<1>>(part.rows - kTileInt, w, begin, stop, second, begin,
                                    tile + kTileInt * kPanelRows);
  }
}

// One row, panels side by side. Its digits are null where other rows or formats take it as ints.
template <class Weights>
void OneRow(const PanelPart& part, int64_t begin, int64_t end) noexcept {
  if constexpr (Weights::kNibbles) {
    if (part.x.digits != nullptr) {
      const int64_t from = begin - part.x.begin / kSub;
      return SideBySide<Weights, kStreams>(
          part, [&]<int panels>(const auto& w, float* const* tile) {
            AddDigits<panels>(w, begin, end, part.x.digits + from, part.x.heads + from, tile);
          });
    }
  }
  if (part.Eights() == 1) {
    const auto x = RowsOf<SubsInEights>(part.x, part.row);
    return SideBySide<Weights, kPair>(part, [&]<int panels>(const auto& w, float* const* tile) {
      AddSubs<panels, 1, AskAhead>(w, begin, end, x, begin, tile);
    });
  }
  const auto x = RowsOf<SubsInLine>(part.x, part.row);
  SideBySide<Weights, kStreams>(part, [&]<int panels>(const auto& w, float* const* tile) {
    AddSubs<panels, 1, AskAhead>(w, begin, end, x, begin, tile);
  });
}

// One tile of rows, which lie in line.
template <class Weights>
void FewRows(const Weights& w, int64_t begin, int64_t end, const PanelPart& part,
             float* tile) noexcept {
  const auto x = RowsOf<SubsInLine>(part.x, part.row);
  AddSubsOf<kTileInt, AskAhead>(part.rows, w, begin, end, x, begin, tile);
}

// Does the same for one panel after the other.
template <class Weights, class Do>
RLX_INLINE void EachPanel(const PanelPart& part, const Weights* w, Do run, int64_t begin,
                          int64_t end) noexcept {
  for (int p = 0; p < part.panels; ++p) run(w[p], begin, end, part, part.tile[p]);
}

template <Format format, class Weights>
void Panel(const PanelPart& part) noexcept {
  constexpr int block = format == Format::kInt8 ? 32 : 64;  // the larger blocks are whole ones
  const int64_t begin = part.begin / kSub, end = (part.end + block - 1) / block * (block / kSub);
  if (part.rows == 1) return OneRow<Weights>(part, begin, end);
  const Weights w[] = {Weights(part.panel[0]), Weights(part.panel[part.panels - 1])};
  const bool few = part.x.eights == 0;
  const bool two_tiles = part.rows > kTileInt && part.rows <= 2 * kTileInt && Weights::kLight;
  const bool in_tiles = kTileInt == 8 && part.row % 8 == 0;  // eights are tiles
  const int eights = part.Eights();
  if (two_tiles && in_tiles && eights == part.rows) {
    return EachPanel(part, w, TwoTiles<SubsInEights, SubsInEights, Weights>, begin, end);
  }
  if (two_tiles && in_tiles && eights == 8) {
    return EachPanel(part, w, TwoTiles<SubsInEights, SubsInLine, Weights>, begin, end);
  }
  if (two_tiles && few)
    return EachPanel(part, w, TwoTiles<SubsInLine, SubsInLine, Weights>, begin, end);
  if (few && part.rows <= kTileInt) return EachPanel(part, w, FewRows<Weights>, begin, end);
  if (part.panels == kPanelsInt) return ManyRows<kPanelsInt>(w, begin, end, part, part.tile);
  for (int p = 0; p < part.panels; ++p) ManyRows<1>(w + p, begin, end, part, part.tile + p);
}

// Weights that are in registers.
struct OnePair {
  template <int j>
  RLX_INLINE static Pairs Pair(Pairs pair) noexcept {
    return pair;
  }
};

int64_t MultiplyInts(int64_t turns) noexcept {
  IntSub x[kTileInt] = {};
  asm volatile("" : : "r"(x) : "memory");  // nobody knows that x is 0
  const Pairs pair[] = {SetPair(x[0].q)};
  const SubsInLine rows(x, 1, 0, 0);
  I32 acc[1][kTileInt];
  RLX_UNROLL
  for (int r = 0; r < kTileInt; ++r) acc[0][r] = ZeroI();
  for (int64_t turn = 0; turn < turns; ++turn) {
    asm volatile("" : : "r"(x) : "memory");  // nor that it stays so
    AddPairs<0, 15, OnePair>(pair, rows, 0, acc);
  }
  float sums[kTileInt][kPanelRows];
  RLX_UNROLL
  for (int r = 0; r < kTileInt; ++r) Store(sums[r], ToF32(acc[0][r]));
  asm volatile("" : : "r"(sums) : "memory");  // and somebody reads these
  return turns * kTileInt * kPanelRows * kSub * 2;
}

}  // namespace

extern const MultiplyFn kMultiplyInts;
const MultiplyFn kMultiplyInts = MultiplyInts;

extern const PanelFn kIntPanels[];
const PanelFn kIntPanels[] = {
    Panel<Format::kInt8, Int8Weights>, Panel<Format::kQ8_0, Q8_0Weights>,
    Panel<Format::kQ4_0, Q4_0Weights>, Panel<Format::kQ4K, Q4KWeights>,
    Panel<Format::kQ5K, Q5KWeights>,   Panel<Format::kQ6K, Q6KWeights>,
};

}  // namespace rlx::RLX_ISA
