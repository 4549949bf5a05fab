// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of many rows with AMX, for x of bf16 and of f32.
//
// Weights of all formats become bf16, a part of two panels at a time, in the first-level cache.
// What of f32 does not fit bf16 is a second number, and a third: x w is the sum of x_i w_j for i +
// j below some `order`. With integer formats it is 2, and what is left out is below 2^-16 |x| |w|;
// with numbers it is 3, and 2^-24. x of bf16 meets rounded weights: order 1.

#include <algorithm>

#include "linear.h"
#include "rounded_isa.h"
#include "tiles_isa.h"

namespace rlx::RLX_ISA {

extern const PanelFn kTilePanels[];
extern const MultiplyFn kMultiplyTiles;

#ifndef RLX_AMX

const PanelFn kTilePanels[kFormats] = {};
const MultiplyFn kMultiplyTiles = nullptr;

#else

namespace {

// A part of a panel that all rows go over: bf16 [pair][16][2], filled up with zeros to whole tiles;
// of two panels in all their `parts` 32 KiB at most.
template <int parts>
class Part {
 public:
  static constexpr int kValues = parts == 1 ? 512 : parts == 2 ? 256 : 128;
  static_assert(kBlock % kValues == 0 && kValues % kTileK == 0 && kValues % kSub == 0);

  template <class Weights>
  void Fill(const Weights& w, int64_t begin, int64_t end) noexcept {
    Round(w, begin, end, Halves<parts>{values_[0], kValues * kPanelRows});
    const int64_t count = RoundUp(end - begin, 2), filled = RoundUp(count, kTileK);
    for (auto& values : values_) {
      std::fill(values + count * kPanelRows, values + filled * kPanelRows, uint16_t{0});
    }
  }
  // Values from the k-th on.
  RLX_INLINE const uint16_t* At(int part, int64_t k) const noexcept {
    return values_[part] + k * kPanelRows;
  }

 private:
  alignas(64) uint16_t values_[parts][kValues * kPanelRows];
};

constexpr int kBoth = 2 * kTileLines;  // rows of x that go together

// Rows of x from one on; parts are `apart` numbers apart.
struct Rows {
  const uint16_t* values;
  int64_t stride, apart;
};

// Asks memory for what the next call reads, a little at every step. Past the end of a matrix this
// asks in vain.
class Asks {
 public:
  Asks(const PanelPart& part, int64_t steps) noexcept
      : next_(reinterpret_cast<const char*>(part.next)),
        apart_(part.apart),
        lines_(next_ == nullptr ? 0 : part.next_bytes / 64),
        at_once_((lines_ + steps - 1) / steps) {}
  RLX_INLINE void Step() noexcept {
    for (int64_t i = 0; i < at_once_ && lines_ > 0; ++i, --lines_, next_ += 64) {
      __builtin_prefetch(next_, 0, 2);
      __builtin_prefetch(next_ + apart_, 0, 2);
    }
  }

 private:
  const char* next_;
  int64_t apart_, lines_, at_once_;
};

// sums += x w over `count` values, of one or two blocks of rows with one or two panels. x_0 is last
// with w_0, so that it need not be loaded again for w_1.
template <int blocks, int panels, int order, int parts>
void AddBlocks(const Rows& x, const Part<parts>* w, int64_t count, float* const* sums,
               Asks* asks) noexcept {
  LoadSums<blocks, panels>(sums, kPanelRows);
  for (int64_t k = 0; k < count; k += kTileK) {
    asks->Step();
    RLX_UNROLL
    for (int j = 0; j < parts; ++j) {
      LoadWeights<panels>(w[0].At(j, k), w[panels - 1].At(j, k));
      RLX_UNROLL
      for (int n = 0; n + j < order; ++n) {
        const int i = j == 0 ? order - 1 - n : n;
        if (j != 1 || n > 0) LoadRows<blocks>(x.values + i * x.apart + k, x.stride);
        AddProducts<blocks, panels>();
      }
    }
  }
  StoreSums<blocks, panels>(sums, kPanelRows);
}

// Parts of panels times all rows: two blocks of them at a time, and what is left.
template <int panels, int order, int parts>
void AddRows(const Part<parts>* w, int64_t begin, int64_t count, const PanelPart& part,
             Asks* asks) noexcept {
  const auto add = [&]<int blocks>(int row) {
    const int64_t at = (part.row + row) * part.x.stride + begin - part.x.begin;
    float* sums[panels];
    for (int p = 0; p < panels; ++p) sums[p] = part.tile[p] + row * kPanelRows;
    const Rows x = {part.x.tiles + at, part.x.stride, part.x.apart};
    AddBlocks<blocks, panels, order>(x, w, count, sums, asks);
  };
  const int whole = part.rows / kBoth * kBoth, rest = part.rows - whole;
  if (whole > 0) {
    const Tiles tiles(kTileLines, kTileLines);
    for (int row = 0; row < whole; row += kBoth) add.template operator()<2>(row);
  }
  if (rest > kTileLines) {
    const Tiles tiles(kTileLines, rest - kTileLines);
    add.template operator()<2>(whole);
  } else if (rest > 0) {
    const Tiles tiles(rest, 0);
    add.template operator()<1>(whole);
  }
}

// Into how many numbers of bf16 a weight goes, where x is f32.
template <class Weights>
constexpr int kParts = 2;
template <>
constexpr int kParts<Bf16Weights> = 1;
template <>
constexpr int kParts<F32Weights> = 3;

template <int panels, int order, class Weights>
void AddAll(const Weights* w, const PanelPart& part) noexcept {
  using Values = Part<order == 1 ? 1 : kParts<Weights> >;
  Values values[panels];
  Asks asks(part,
            (part.rows + kBoth - 1) / kBoth * ((part.end - part.begin + kTileK - 1) / kTileK));
  for (int64_t begin = part.begin; begin < part.end; begin += Values::kValues) {
    const int64_t end = std::min<int64_t>(part.end, begin + Values::kValues);
    for (int p = 0; p < panels; ++p) values[p].Fill(w[p], begin, end);
    AddRows<panels, order>(values, begin, end - begin, part, &asks);
  }
}

template <int panels, class Weights>
void AddForX(const Weights* w, const PanelPart& part) noexcept {
  constexpr bool integer = requires { Weights::kHalves; };
  if (part.x.parts == 1) return AddAll<panels, 1>(w, part);
  AddAll<panels, integer ? 2 : 3>(w, part);
}

template <class Weights>
void Panel(const PanelPart& part) noexcept {
  const Weights w[] = {Weights(part.panel[0]), Weights(part.panel[part.panels - 1])};
  part.panels == 2 ? AddForX<2>(w, part) : AddForX<1>(w, part);
}

// Of numbers: zeros are faster than anything else.
int64_t MultiplyTiles(int64_t turns) noexcept {
  alignas(64) uint16_t values[2 * kTileLines * kTileK];  // 0.5 to 1, of either sign
  uint32_t bits = 1;
  for (uint16_t& value : values) {
    bits = bits * 1664525 + 1013904223;
    value = static_cast<uint16_t>(0x3f00 | (bits >> 16 & 0x807f));
  }
  alignas(64) float sums[2][2 * kTileLines * 16] = {};
  float* to[] = {sums[0], sums[1]};
  const Tiles tiles(kTileLines, kTileLines);
  LoadSums<2, 2>(to, kPanelRows);
  LoadRows<2>(values, kTileK);
  LoadWeights<2>(values, values + kTileLines * kTileK);
  for (int64_t turn = 0; turn < turns; ++turn) AddProducts<2, 2>();
  StoreSums<2, 2>(to, kPanelRows);
  return turns * 4 * kTileLines * kTileLines * kTileK * 2;
}

}  // namespace

const MultiplyFn kMultiplyTiles = MultiplyTiles;

const PanelFn kTilePanels[kFormats] = {
    Panel<F32Weights>,  Panel<F16Weights>,  Panel<Bf16Weights>,
    Panel<Int8Weights>, Panel<Q8_0Weights>, Panel<Q4_0Weights>,
    Panel<Q4KWeights>,  Panel<Q5KWeights>,  Panel<Q6KWeights>,
};

#endif

}  // namespace rlx::RLX_ISA
