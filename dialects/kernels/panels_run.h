// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The parts of a product: x made ready, and panels of a matrix times some rows of it.

#ifndef RLX_KERNELS_PANELS_RUN_H_
#define RLX_KERNELS_PANELS_RUN_H_

#include <algorithm>
#include <cstdint>
#include <span>

#include "linear.h"

namespace rlx {

// One matrix of a product and where its results go.
struct Matrix {
  Format format;
  const uint8_t* panels;
  int64_t out_dim;
  View bias;  // [out_dim], or null
  Target y;   // [rows, out_dim]; unused for the second matrix of a gated product
};

// Rows of x that a tile of results holds: with AMX; in bf16 and as integers, for which weights are
// unpacked once a tile; in f32.
inline constexpr int kTileRowsOfAmx = 512, kTileRows = 256, kTileRowsOfInts = 128,
                     kTileRowsOfFloats = 64, kMostTileRows = kTileRowsOfAmx;
inline constexpr int kFewRows = 8;  // rows of x that stay whole; more lie in parts
// Rows from which on weights are rounded to bf16 for x of bf16; fewer do not make up for it.
inline constexpr int kRoundRows = 24;
inline constexpr int kByteRowsLeast = 3;  // from which on AMX multiplies bytes

// Which forms of x a set of formats needs; `digits` where ints do as well. Of some integer formats
// unpacking is long. Instead of all of them `tiles` may be made, with so many parts.
struct Needs {
  bool ints, floats, halves, digits, long_unpacking;
  int tiles;

  bool AnyInts() const noexcept { return ints || digits; }
  int Parts(Element x) const noexcept {
    if (x == Element::kBf16) return 1;
    return floats || halves ? 3 : 2;
  }
  // Rows from which on AMX is faster: bf16 meets bf16 as it is; f32 needs several products, and
  // integers have fast ones of their own.
  int64_t LeastForTiles(Element x) const noexcept {
    if (x == Element::kF32) return AnyInts() ? 2 * kRoundRows : kRoundRows;
    return AnyInts() || floats ? kRoundRows : kFewRows + 1;
  }
};
inline void Add(Needs* needs, Format format) noexcept {
  const bool halves = format == Format::kBf16;
  const bool digits = format == Format::kQ4_0 || format == Format::kQ4K;
  (digits                 ? needs->digits
   : Info(format).integer ? needs->ints
   : halves               ? needs->halves
                          : needs->floats) = true;
  needs->long_unpacking |= format == Format::kQ5K || format == Format::kQ6K;
}
inline void Add(Needs* needs, const Formats& formats) noexcept {
  formats.ForEach([&](Format format) { Add(needs, format); });
}

// The forms to make of x, of which a panel meets about `at_once` rows: tiles where AMX is
// faster; bf16 stays bf16 where the CPU multiplies it, below kRoundRows only if nothing needs
// f32; digits are for one row that nothing needs as ints, and for few that AMX multiplies.
inline Needs FormsOf(Needs needs, Element x, int64_t rows, int64_t at_once,
                     const LinearKernels& kernels) noexcept {
  const bool may_stay = x == Element::kBf16 && kernels.MultipliesHalves();
  Needs forms = {};
  if (kernels.MultipliesTiles() && at_once >= needs.LeastForTiles(x)) {
    forms.tiles = needs.Parts(x);
    return forms;
  }
  if (may_stay && at_once >= kRoundRows) {
    forms.halves = true;
    return forms;
  }
  const bool stays = may_stay && !needs.floats;
  const bool bytes = rows <= kFewRows && at_once >= kByteRowsLeast && kernels.MultipliesBytes();
  const bool digits =
      rows == 1 ? needs.digits && !needs.ints : needs.AnyInts() && !needs.long_unpacking && bytes;
  forms.ints = needs.AnyInts() && !digits;
  forms.floats = needs.floats || (needs.halves && !stays);
  forms.halves = needs.halves && stays;
  forms.digits = digits;
  return forms;
}

// Rows of x made ready in memory of the caller: parts of `block` values, one after the other, each
// with those of all rows; so that the part of some rows that a panel meets lies together, in eights
// as a tile reads them. Where a panel meets few rows they are one part, row after row, and each
// panel one stream.
class ReadyRows {
 public:
  // Of `rows` rows a panel meets about `at_once`; `forms` is of FormsOf.
  ReadyRows(void* workspace, Needs forms, int64_t rows, int64_t in_dim, int64_t at_once) noexcept;

  // Bytes of workspace that they take, at any alignment.
  static int64_t Bytes(Needs needs, int64_t rows, int64_t in_dim, int64_t at_once) noexcept;

  int64_t block() const noexcept { return block_; }

  // Panels that some of the rows go over side by side, from several places: one row, or those that
  // meet bytes; else 1.
  int Streams(int64_t rows, const LinearKernels& kernels) const noexcept {
    if (digits_ != nullptr && rows_ > 1) return kPair;
    return rows == 1 && whole_ ? kernels.streams : 1;
  }

  // Rows that go together.
  int tile_rows() const noexcept {
    if (tiles_ != nullptr) return kTileRowsOfAmx;
    if (halves_ != nullptr) return kTileRows;
    return floats_ == nullptr ? kTileRowsOfInts : kTileRowsOfFloats;
  }

  // The part that begins at a multiple of block().
  Ready Part(int64_t begin) const noexcept;

  // Makes row `from` of x row `to` of these.
  void MakeRow(View x, int64_t from, int64_t to, const ReadyKernels& kernels) const noexcept;

 private:
  int64_t rows_, in_dim_;
  bool whole_;  // rows lie in line, in one part
  int64_t block_, eights_;
  IntSub* ints_ = nullptr;
  DigitSub* digits_ = nullptr;
  DigitHead* heads_ = nullptr;
  float* floats_ = nullptr;
  uint16_t* halves_ = nullptr;
  uint16_t* tiles_ = nullptr;
  int parts_ = 0;  // of tiles
};

// Rows first_row .. first_row + rows - 1 of what is ready times a matrix, or two of them if gated.
struct RowsTimesMatrix {
  const Matrix* matrix;
  const Matrix* up;  // with an activation; else null
  Act act;
  View residual;
  const ReadyRows* x;
  int64_t in_dim, first_row, rows;
};

// What the results of all panels have in common; those of the first row come first.
Finish FinishOf(const RowsTimesMatrix& product) noexcept;

// Panels of which a task holds results, those of both matrices of a gated product: a part of many
// rows comes from the second-level cache for all but the first of them.
inline constexpr int kGroup = 16;

// Panels that lie one behind the other.
struct PanelRange {
  int64_t begin, end;
  int64_t Count() const noexcept { return end - begin; }
};

// Part i of n of a range.
inline PanelRange Part(PanelRange range, int64_t i, int64_t n) noexcept {
  const int64_t count = range.Count();
  return {range.begin + count * i / n, range.begin + count * (i + 1) / n};
}

// Computes the results of panels.
void RunPanels(const RowsTimesMatrix& product, PanelRange panels,
               const LinearKernels& kernels) noexcept;

// Computes the results of panels for few rows, of products that are alike but for their matrices.
// Panels are counted through all of them. Each range is a stream of memory that goes on from a
// panel to the one behind it, where the CPU already reads ahead; of gated products, two.
void RunSideBySide(std::span<const RowsTimesMatrix> products, std::span<const PanelRange> ranges,
                   const LinearKernels& kernels) noexcept;

// How many tasks are worth it for so many units of work, which read `bytes` of weights, once for
// every row of a tile. Threads wait for the last task at the end of every product, so tasks are
// short: a few microseconds of reading.
inline int64_t TaskCount(int64_t bytes, int64_t units, int threads) noexcept {
  constexpr int64_t kTaskBytes = int64_t{1} << 17;  // at the least, for a task of its own
  constexpr int64_t kTasksPerThread = 64;
  return std::clamp<int64_t>(std::min(threads * kTasksPerThread, bytes / kTaskBytes), 1, units);
}

}  // namespace rlx

#endif  // RLX_KERNELS_PANELS_RUN_H_
