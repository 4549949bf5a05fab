// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products y = x W^T with packed weights, for one row of x and for many.
//
// x is made ready once per product: for integer formats as int16 with a scale per 32 values, so
// that a product with weights of up to 8 bits is exact in int32 within those 32 values; the result
// differs from f32 arithmetic by about 1e-5 of the largest term. One row that meets weights of 4
// bits is split into bytes, which changes no result. For floating-point formats as f32. Where x is
// bf16 and the CPU multiplies that, it stays as it is: for weights that are bf16 too, and if there
// are many rows for weights of all formats, which are then rounded to bf16. Sums are f32. A NaN or
// infinity in x makes the results of its row NaN (integer formats) or what f32 arithmetic makes of
// it.
//
// With AMX many rows of f32, too, are multiplied in bf16, x and weights as sums of some numbers
// each: within 2^-16 of a product for integer formats, exact like f32 for the others. There what
// bf16 does not hold counts as infinite, what is below its normal numbers as 0, and an infinity in
// a row of x or of weights makes all its results NaN.

#ifndef RLX_KERNELS_LINEAR_H_
#define RLX_KERNELS_LINEAR_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "element.h"
#include "formats.h"

namespace rlx {

// f32 or bf16 numbers that are only read, or null.
struct View {
  const void* data;
  Element element;
};

// f32 or bf16 numbers that are written.
struct Target {
  void* data;
  Element element;
};

// 32 values of a row: x[k] = scale * q[k]. A block whose largest magnitude is below 2^-100 counts
// as zero; scale is NaN if a value is not finite.
struct IntSub {
  float scale;
  float sum;         // scale * (sum16[0] + sum16[1])
  int32_t sum16[2];  // of q[0..15], q[16..31]
  int16_t q[32];
};
static_assert(sizeof(IntSub) == 80);

// The largest magnitude of q, so that both of its digits are bytes: q = 256 high + low, each
// -128..127.
inline constexpr int kMostQ = 127 * 256 + 127;

// The same 32 values in digits, as weights meet them that become bytes: those of 4 bits for one
// row, and with AMX for few rows those of int8 and Q8_0, too. Four weights of a column lie
// together, and so do these: k = 8 group + 2 nibble + 4 byte + parity at
// [group][nibble][parity][byte].
struct DigitSub {
  int8_t low[4][2][2][2], high[4][2][2][2];
};
struct DigitHead {
  float scale;
  float sum;
  int32_t sum16[2];
};
static_assert(sizeof(DigitSub) + sizeof(DigitHead) == sizeof(IntSub));

// A part of x made ready, of every row the values from `begin` on, filled up with zeros: rows of
// IntSub that are `subs` apart, of f32 or of bf16 that are `stride` apart; or subs of DigitSub, and
// of DigitHead, of all `rows` rows each.
// Of the first `eights` rows, eight at a time stand together, in the room of all of them: a sub of
// each, then the next of each; of f32 and bf16, k and k + 1 of each, then k + 2 and k + 3. What no
// matrix needs is null.
//
// For AMX, rows of bf16 stand in line, each at the beginning of a cache line and filled up to
// kTileK values. f32 is a sum of `parts` numbers, of which each is what those before it leave,
// rounded; they are `apart` from one another.
struct Ready {
  const IntSub* ints;
  const DigitSub* digits;  // instead of ints
  const DigitHead* heads;
  int64_t rows;
  const float* floats;
  const uint16_t* halves;
  const uint16_t* tiles;
  int parts;
  int64_t apart;
  int64_t subs, stride;
  int64_t begin;
  int64_t eights;
};
inline constexpr int kTileK = 32;  // values of a row in a tile

enum class Act : uint8_t { kNone, kSilu, kGelu, kGeluTanh, kQuickGelu, kRelu };
inline constexpr const char* kActs = "silu, gelu, gelu_tanh, quick_gelu, relu";

// Finds an activation by name; kNone if there is none of that name.
inline Act ParseAct(std::string_view name) noexcept {
  if (name == "silu") return Act::kSilu;
  if (name == "gelu") return Act::kGelu;
  if (name == "gelu_tanh") return Act::kGeluTanh;
  if (name == "quick_gelu") return Act::kQuickGelu;
  return name == "relu" ? Act::kRelu : Act::kNone;
}

// A tile of results, f32[rows][16], and where it goes: rows of y from `row`, columns from `column`.
struct Finish {
  const float* tile;
  const float* up;  // with an activation: act(tile) * up; else null
  Act act;
  int rows;
  int columns;  // 1..16
  int64_t row, column, y_columns;
  View bias, up_bias;  // [y_columns], or null
  View residual;       // [.., y_columns], or null
  Target y;

  void TakePanel(int64_t panel) noexcept {
    column = panel * kPanelRows;
    columns = static_cast<int>(std::min<int64_t>(kPanelRows, y_columns - column));
  }
};

// Panels that a call of a kernel takes at most: of more rows than one, which go over both where
// registers hold the sums of both, so that x is loaded once, else over one after the other; and of
// one row, which goes over them side by side, since CPUs read several streams of memory faster
// than one. A set has LinearKernels::streams of these.
inline constexpr int kPair = 2, kMostStreams = 4;

// What one call of a panel kernel does for every panel: tile[r][lane] += sum_k W[lane][k]
// x[row + r][k] over k = begin .. end - 1, all of them in x. `begin` is a multiple of kBlock; so is
// `end`, or it is in_dim.
struct PanelPart {
  int panels;  // 1 .. kPair; of one row in line 1 .. kMostStreams
  const uint8_t* panel[kMostStreams];
  float* tile[kMostStreams];  // f32[rows][16]
  int64_t begin, end;
  Ready x;
  int64_t row;
  int rows;
  // What the next call reads, for those that ask memory for it: so many bytes a panel, the same of
  // one panel and of the one behind it, which is `apart` bytes from it.
  const uint8_t* next;
  int64_t next_bytes, apart;

  // How many of the rows, from the first on, are among those that stand in eights.
  int Eights() const noexcept {
    const int64_t left = x.eights - row;
    return left < 0 ? 0 : left < rows ? static_cast<int>(left) : rows;
  }
};
inline constexpr int64_t kBlock = 512;

using PanelFn = void (*)(const PanelPart& part) noexcept;

using FinishFn = void (*)(const Finish& finish) noexcept;

// Makes one row ready: in_dim values at `index` of x.
struct ReadyKernels {
  void (*ints)(View x, int64_t index, int64_t in_dim, int64_t subs, IntSub* out) noexcept;
  // Subs that are `apart` subs from one another.
  void (*digits)(View x, int64_t index, int64_t in_dim, int64_t subs, int64_t apart, DigitSub* out,
                 DigitHead* heads) noexcept;
  void (*floats)(View x, int64_t index, int64_t in_dim, int64_t count, float* out) noexcept;
  // In some parts.
  void (*tiles)(View x, int64_t index, int64_t in_dim, int64_t count, int parts, int64_t apart,
                uint16_t* out) noexcept;
};

// Multiplies and adds in registers, so many turns of a loop that no memory slows; returns the
// operations done. How fast that goes bounds products of many rows.
using MultiplyFn = int64_t (*)(int64_t turns) noexcept;

struct LinearKernels {
  int streams;  // panels that one row goes over side by side: a power of two up to kMostStreams
  const ReadyKernels* ready;
  const PanelFn* float_panels;   // by Format: f32, f16, bf16
  const PanelFn* int_panels;     // by Format less kInt8
  const PanelFn* halves_panels;  // by Format, for Ready::halves; nulls if the CPU multiplies none
  const PanelFn* tile_panels;    // the same for Ready::tiles
  // By Format less kInt8, for digits of some rows; nulls without AMX, and where unpacking is long.
  const PanelFn* byte_panels;
  const FinishFn* finish;
  const MultiplyFn* multiply_ints;    // pairs of int16
  const MultiplyFn* multiply_floats;  // f32
  const MultiplyFn* multiply_halves;  // pairs of bf16; null like halves_panels
  const MultiplyFn* multiply_tiles;   // tiles of bf16; null like tile_panels

  bool MultipliesHalves() const noexcept { return halves_panels[0] != nullptr; }
  bool MultipliesTiles() const noexcept { return tile_panels[0] != nullptr; }
  bool MultipliesBytes() const noexcept { return byte_panels[0] != nullptr; }

  // For x in tiles, else in the form that the format takes, or else in bf16.
  PanelFn Panel(Format format, const Ready& x) const noexcept {
    const int index = static_cast<int>(format), first = static_cast<int>(Format::kInt8);
    if (x.tiles != nullptr) return tile_panels[index];
    if (Info(format).integer) {
      if (x.digits != nullptr && x.rows > 1) return byte_panels[index - first];
      const bool there = x.ints != nullptr || x.digits != nullptr;
      return there ? int_panels[index - first] : halves_panels[index];
    }
    return x.floats != nullptr ? float_panels[index] : halves_panels[index];
  }
};

}  // namespace rlx

#endif  // RLX_KERNELS_LINEAR_H_
