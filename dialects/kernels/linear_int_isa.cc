// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with integer weights.
//
// Up to kTileInt rows of x stay in registers while the panel streams by: every weight is unpacked
// once for all of them. For a second tile light formats are unpacked again. With more rows a part
// of the panel is unpacked into the first-level cache, and the rows go over it tile by tile.

#include "lanes.h"
#include "linear.h"
#include "weights_isa.h"

namespace rlx::RLX_ISA {
namespace {

constexpr int kPart = 8;  // subs unpacked at a time: 8 KiB of weights

// acc[r] += weights 2 j .. of the sub times rows r of x, for j = first .. last.
template <int first, int last, int rows, class Weights>
RLX_INLINE void AddPairs(const Weights& w, int64_t sub, const IntSub* x, int64_t stride,
                         I32 (&acc)[rows]) noexcept {
  if constexpr (first <= last) {
    const Pairs pair = w.template Pair<first>(sub);
    RLX_UNROLL
    for (int r = 0; r < rows; ++r) {
      acc[r] = Dot2(acc[r], pair, SetPair(x[r * stride].q + 2 * first));
    }
    AddPairs<first + 1, last>(w, sub, x, stride, acc);
  }
}

// tile[r] += products of subs `begin` .. `end` - 1 of w with x[r * stride + sub].
template <int rows, bool prefetch, class Weights>
void AddSubs(const Weights& w, int64_t begin, int64_t end, const IntSub* x, int64_t stride,
             float* tile) noexcept {
  F32 y[rows];
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) y[r] = Load(tile + r * kPanelRows);
  for (int64_t sub = begin; sub < end; ++sub, ++x) {
    if constexpr (prefetch) w.Prefetch(sub);
    RLX_UNROLL
    for (int half = 0; half < Weights::kHalves; ++half) {
      I32 acc[rows];
      RLX_UNROLL
      for (int r = 0; r < rows; ++r) {
        const int32_t* sums = x[r * stride].sum16;
        const int32_t sum = Weights::kHalves == 2 ? sums[half] : sums[0] + sums[1];
        acc[r] = Weights::kZero == 0 ? ZeroI() : SetI(-Weights::kZero * sum);
      }
      if constexpr (Weights::kHalves == 1) {
        AddPairs<0, 15>(w, sub, x, stride, acc);
      } else if (half == 0) {
        AddPairs<0, 7>(w, sub, x, stride, acc);
      } else {
        AddPairs<8, 15>(w, sub, x, stride, acc);
      }
      const F32 scale = w.Scale(sub, half);
      RLX_UNROLL
      for (int r = 0; r < rows; ++r) {
        y[r] = Fma(ToF32(acc[r]), scale * Set(x[r * stride].scale), y[r]);
      }
    }
    if constexpr (Weights::kOffset) {
      const F32 offset = w.Offset(sub);
      RLX_UNROLL
      for (int r = 0; r < rows; ++r) y[r] = y[r] - offset * Set(x[r * stride].sum);
    }
  }
  RLX_UNROLL
  for (int r = 0; r < rows; ++r) Store(tile + r * kPanelRows, y[r]);
}

// AddSubs for a number of rows that is known only at run time.
template <int most, bool prefetch, class Weights>
RLX_INLINE void AddSubsOf(int rows, const Weights& w, int64_t begin, int64_t end, const IntSub* x,
                          int64_t stride, float* tile) noexcept {
  if constexpr (most > 0) {
    if (rows == most) return AddSubs<most, prefetch>(w, begin, end, x, stride, tile);
    AddSubsOf<most - 1, prefetch>(rows, w, begin, end, x, stride, tile);
  }
}

// A part of a panel, unpacked.
template <int halves, int zero, bool with_offset>
class Unpacked {
 public:
  static constexpr int kHalves = halves, kZero = zero;
  static constexpr bool kOffset = with_offset;

  template <class Weights>
  void Fill(const Weights& w, int64_t begin, int count) noexcept {
    for (int i = 0; i < count; ++i) {
      w.Prefetch(begin + i);
      StoreAll<0>(w, begin + i, part_[i]);
      for (int half = 0; half < kHalves; ++half) {
        Store(part_[i].scale[half], w.Scale(begin + i, half));
      }
      if constexpr (kOffset) Store(part_[i].offset, w.Offset(begin + i));
    }
  }
  template <int j>
  RLX_INLINE Pairs Pair(int64_t sub) const noexcept {
    return LoadPairs(part_[sub].q[j]);
  }
  RLX_INLINE F32 Scale(int64_t sub, int half) const noexcept {
    return Load(part_[sub].scale[half]);
  }
  RLX_INLINE F32 Offset(int64_t sub) const noexcept { return Load(part_[sub].offset); }
  RLX_INLINE void Prefetch(int64_t) const noexcept {}  // is in the cache

 private:
  struct Sub {
    int16_t q[16][32];
    float scale[kHalves][16];
    float offset[16];
  };
  template <int j, class Weights>
  RLX_INLINE static void StoreAll(const Weights& w, int64_t sub, Sub& to) noexcept {
    if constexpr (j < 16) {
      StorePairs(to.q[j], w.template Pair<j>(sub));
      StoreAll<j + 1>(w, sub, to);
    }
  }
  alignas(64) Sub part_[kPart];
};

// Unpacks a few subs at a time; all rows go over them.
template <class Weights>
void ManyRows(const Weights& w, int64_t begin, int64_t end, const IntSub* x,
              const PanelPart& part) {
  Unpacked<Weights::kHalves, Weights::kZero, Weights::kOffset> unpacked;
  const int64_t stride = part.x.subs;
  for (; begin < end; begin += kPart) {
    const int count = static_cast<int>(end - begin < kPart ? end - begin : kPart);
    unpacked.Fill(w, begin, count);
    for (int row = 0; row < part.rows; row += kTileInt) {
      const int some = part.rows - row < kTileInt ? part.rows - row : kTileInt;
      AddSubsOf<kTileInt, false>(some, unpacked, 0, count, x + row * stride + begin, stride,
                                 part.tile + row * kPanelRows);
    }
  }
}

// Goes over a few subs at a time, for two tiles of rows: unpacking light formats twice costs less
// than storing them, and spreads what is asked of memory.
template <class Weights>
void TwoTiles(const Weights& w, int64_t begin, int64_t end, const IntSub* x,
              const PanelPart& part) noexcept {
  const int64_t stride = part.x.subs;
  const IntSub* second = x + kTileInt * stride;
  for (; begin < end; begin += kPart) {
    const int64_t stop = end - begin < kPart ? end : begin + kPart;
    AddSubs<kTileInt, true>(w, begin, stop, x + begin, stride, part.tile);
    AddSubsOf<kTileInt, false>(part.rows - kTileInt, w, begin, stop, second + begin, stride,
                               part.tile + kTileInt * kPanelRows);
  }
}

template <Format format, class Weights>
void Panel(const PanelPart& part) noexcept {
  const Weights w(part.panel);
  constexpr int block = format == Format::kInt8 ? 32 : 64;  // the larger blocks are whole ones
  const int64_t begin = part.begin / kSub, end = (part.end + block - 1) / block * (block / kSub);
  const IntSub* x = part.x.ints + part.row * part.x.subs - part.x.begin / kSub;
  const int tiles = (part.rows + kTileInt - 1) / kTileInt;
  if (tiles == 2 && Weights::kLight) return TwoTiles(w, begin, end, x, part);
  if (tiles > 1) return ManyRows(w, begin, end, x, part);
  AddSubsOf<kTileInt, true>(part.rows, w, begin, end, x + begin, part.x.subs, part.tile);
}

// Weights that are in registers.
struct OnePair {
  Pairs pair;
  template <int j>
  RLX_INLINE Pairs Pair(int64_t) const noexcept {
    return pair;
  }
};

int64_t MultiplyInts(int64_t turns) noexcept {
  IntSub x[kTileInt] = {};
  asm volatile("" : : "r"(x) : "memory");  // nobody knows that x is 0
  const OnePair w = {SetPair(x[0].q)};
  I32 acc[kTileInt];
  RLX_UNROLL
  for (int r = 0; r < kTileInt; ++r) acc[r] = ZeroI();
  for (int64_t turn = 0; turn < turns; ++turn) {
    asm volatile("" : : "r"(x) : "memory");  // nor that it stays so
    AddPairs<0, 15>(w, 0, x, 1, acc);
  }
  float sums[kTileInt][kPanelRows];
  RLX_UNROLL
  for (int r = 0; r < kTileInt; ++r) Store(sums[r], ToF32(acc[r]));
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
