// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of a few rows with integer weights by AMX: those of bytes. Of formats whose unpacking is
// short: with others this is no faster.
//
// A row of x is two in a tile, its low and its high digits, so that eight rows are a whole one; 32
// weights of a panel, which share a scale, are half a tile. What comes out are the sums of products
// that integers of 16 bits have, and what happens to them is the same, so results are the same to
// the bit.

#include <type_traits>
#include <utility>

#include "linear.h"
#include "tiles_isa.h"
#include "weights_isa.h"

namespace rlx::RLX_ISA {

extern const PanelFn kBytePanels[];

#ifndef RLX_AMX

const PanelFn kBytePanels[kFormats] = {};

#else

namespace {

// Bytes 4 i .. 4 i + 3 of 16 rows of weights, in the order of DigitSub.
template <int i, class Weights, class At>
RLX_INLINE Pairs BytesOf(At at) noexcept {
  constexpr int group = i / 2, nibble = i % 2, first = 4 * group + nibble;
  if constexpr (Weights::kNibbles) {
    return Weights::template Bytes<nibble>(at + 32 * group);
  } else {
    static_assert(std::is_same_v<At, const int8_t*>);
    return ZipBytes(at + 32 * first, at + 32 * (first + 2));
  }
}

// Subs of some panels as bytes, their products, and what becomes of these.
template <int panels, class Weights>
class ByteSub {
 public:
  // Asks memory as one row does: few rows wait for it, too.
  void Fill(const Weights* w, int64_t sub) noexcept {
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) {
      w[p].template Prefetch<true>(static_cast<uint64_t>(sub));
      Put(w[p].At(static_cast<uint64_t>(sub)), bytes_[p], std::make_integer_sequence<int, 8>());
    }
  }

  void Multiply(const DigitSub* x) noexcept {
    const int8_t* bytes[panels];
    int32_t* sums[panels];
    for (int p = 0; p < panels; ++p) {
      bytes[p] = bytes_[p];
      sums[p] = sums_[p];
    }
    MultiplyBytes<panels>(x, kSub, bytes, sums);
  }

  // y[p][r] += the products, as numbers.
  RLX_INLINE void AddTo(const Weights* w, int64_t sub, const DigitHead* heads, int rows,
                        F32 (&y)[panels][kTileLines / 2]) const noexcept {
    RLX_UNROLL
    for (int p = 0; p < panels; ++p) {
      const F32 scale = w[p].Scale(static_cast<uint64_t>(sub), 0);
      RLX_UNROLL
      for (int r = 0; r < kTileLines / 2; ++r) {
        if (r >= rows) break;
        const int32_t* sums = sums_[p] + 2 * r * kPanelRows;
        I32 sum = Whole(SumsOf(sums + kPanelRows), SumsOf(sums));
        if constexpr (Weights::kZero != 0) {
          sum = sum + SetI(-Weights::kZero * (heads[r].sum16[0] + heads[r].sum16[1]));
        }
        y[p][r] = Fma(ToF32(sum), scale * Set(heads[r].scale), y[p][r]);
      }
      if constexpr (Weights::kOffset) {
        const F32 offset = w[p].Offset(static_cast<uint64_t>(sub));
        RLX_UNROLL
        for (int r = 0; r < kTileLines / 2; ++r) {
          if (r >= rows) break;
          y[p][r] = y[p][r] - offset * Set(heads[r].sum);
        }
      }
    }
  }

 private:
  static_assert(Weights::kLight && Weights::kHalves == 1);

  template <class At, int... i>
  RLX_INLINE static void Put(At at, int8_t* bytes, std::integer_sequence<int, i...>) noexcept {
    (StorePairs(bytes + 64 * i, BytesOf<i, Weights>(at)), ...);
  }
  RLX_INLINE static ByteSums SumsOf(const int32_t* sums) noexcept { return {LoadI(sums).v}; }

  alignas(64) int8_t bytes_[panels][kSub * kPanelRows];
  alignas(64) int32_t sums_[panels][kTileLines * kPanelRows];
};

// While a sub is multiplied, the next one becomes bytes, since a tile waits for what was stored
// just before, and the products of the one before become numbers.
template <int panels, class Weights>
void AddSubs(const Weights* w, int64_t begin, int64_t end, const PanelPart& part,
             float* const* tile) noexcept {
  const DigitSub* x = part.x.digits + part.row;
  const DigitHead* heads = part.x.heads + part.row;
  F32 y[panels][kTileLines / 2];
  RLX_UNROLL
  for (int i = 0; i < panels * kTileLines / 2; ++i) {
    const int p = i / (kTileLines / 2), r = i % (kTileLines / 2);
    y[p][r] = r < part.rows ? Load(tile[p] + r * kPanelRows) : Zero();
  }
  ByteSub<panels, Weights> subs[2];
  const auto add = [&](int64_t sub) __attribute__((always_inline)) {
    subs[sub % 2].AddTo(w, sub, heads + sub * part.x.rows, part.rows, y);
  };
  subs[begin % 2].Fill(w, begin);
  for (int64_t sub = begin; sub < end; ++sub) {
    if (sub + 1 < end) subs[(sub + 1) % 2].Fill(w, sub + 1);
    subs[sub % 2].Multiply(x + sub * part.x.rows);
    if (sub > begin) add(sub - 1);
  }
  add(end - 1);
  RLX_UNROLL
  for (int i = 0; i < panels * kTileLines / 2; ++i) {
    const int p = i / (kTileLines / 2), r = i % (kTileLines / 2);
    if (r < part.rows) Store(tile[p] + r * kPanelRows, y[p][r]);
  }
}

template <Format format, class Weights>
void Panel(const PanelPart& part) noexcept {
  constexpr int block = format == Format::kInt8 ? 32 : 64;  // the larger blocks are whole ones
  const int64_t begin = part.begin / kSub, end = (part.end + block - 1) / block * (block / kSub);
  const Tiles tiles(Tiles::Bytes{2 * part.rows});
  const Weights w[] = {Weights(part.panel[0]), Weights(part.panel[part.panels - 1])};
  part.panels == kPair ? AddSubs<kPair>(w, begin, end, part, part.tile)
                       : AddSubs<1>(w, begin, end, part, part.tile);
}

}  // namespace

const PanelFn kBytePanels[] = {
    Panel<Format::kInt8, Int8Weights>,
    Panel<Format::kQ8_0, Q8_0Weights>,
    Panel<Format::kQ4_0, Q4_0Weights>,
    Panel<Format::kQ4K, Q4KWeights>,
    nullptr,
    nullptr,
};

#endif

}  // namespace rlx::RLX_ISA
