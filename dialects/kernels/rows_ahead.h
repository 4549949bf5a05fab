// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What memory is asked for while rows of cells are worked on.

#ifndef RLX_KERNELS_ROWS_AHEAD_H_
#define RLX_KERNELS_ROWS_AHEAD_H_

#include "lanes.h"
#include "prefetch_isa.h"

namespace rlx::RLX_ISA {
namespace {

// A matrix of cells whose rows are `stride` apart.
template <class Cell>
struct Rows {
  Cell* data;
  int64_t stride;
};

// Vectors of 16 cells in a line of 64 bytes.
template <class Cell>
constexpr int kLineVectors = 4 / sizeof(Cell);

// Rows that are longer are strips.
constexpr int64_t kStripBytes = 2048;
static_assert(kStripAhead <= kStripBytes);

// Rows in one run, or row i of each of kRuns runs, which begin Apart() rows after each other.
struct OneRun {
  static constexpr int kRuns = 1;
  RLX_INLINE int64_t Apart() const noexcept { return 0; }
};

// What is asked for while a block is worked on. At(j): vectors from column j on come next;
// Ask<C>(i): C of them of row i and of those that go together with it, which are C lines.
template <Source kSource, class Cell>
struct Ahead : OneRun {
  Ahead(Rows<const Cell>, int64_t, int64_t) noexcept {}
  RLX_INLINE void At(int64_t) noexcept {}
  template <int C>
  RLX_INLINE void Ask(int64_t) noexcept {}
};

// The block of rows behind this one, line by line in the order of memory: the CPU follows that
// better than the order of reading, which is column by column.
template <class Cell>
struct Ahead<Source::kRows, Cell> : OneRun {
  static constexpr int64_t kCells = 16 * kLineVectors<Cell>;

  Ahead(Rows<const Cell> from, int64_t count, int64_t width) noexcept
      : at(from.data + count * from.stride),
        end(at + width),
        skip(from.stride - (width + kCells - 1) / kCells * kCells),
        stride(from.stride) {}

  RLX_INLINE void At(int64_t) noexcept {}
  template <int C>
  RLX_INLINE void Ask(int64_t) noexcept {
    RLX_UNROLL for (int c = 0; c < C; ++c) {
      __builtin_prefetch(at, 0, kLevel);
      at += kCells;
      if (at >= end) {
        at += skip;
        end += stride;
      }
    }
  }
  const Cell* at;
  const Cell* end;
  int64_t skip, stride;
};

// What is read kStripAhead later in every row, and at the ends of rows, which are longer than that,
// the beginnings of those behind them.
template <class Cell>
struct Ahead<Source::kStrips, Cell> : OneRun {
  static constexpr int64_t kCells = kStripAhead / sizeof(Cell);

  Ahead(Rows<const Cell> from, int64_t count, int64_t width) noexcept
      : from(from), behind(count * from.stride - width), width(width) {}

  RLX_INLINE void At(int64_t j) noexcept {
    const int64_t later = j + kCells;
    at = from.data + (later < width ? later : later + behind);
    vector = j / 16;
  }
  // Row i + n asks for the lines whose n-th vector is at hand, so that each is asked for once.
  template <int C>
  RLX_INLINE void Ask(int64_t i) noexcept {
    RLX_UNROLL for (int c = 0; c < C; ++c) {
      const int64_t row = i + (vector + c) % kLineVectors<Cell>;
      __builtin_prefetch(at + row * from.stride + 16 * c, 0, kStripLevel);
    }
  }
  Rows<const Cell> from;
  int64_t behind, width, vector = 0;
  const Cell* at = nullptr;
};

// What stands kNear behind each row in memory, which is later in its stream.
template <class Cell>
struct Ahead<Source::kStreams, Cell> {
  static constexpr int kRuns = kValueStreams;

  Ahead(Rows<const Cell> from, int64_t part) noexcept : from(from), part(part) {}

  RLX_INLINE int64_t Apart() const noexcept { return part; }
  RLX_INLINE void At(int64_t j) noexcept { at = from.data + j; }
  template <int C>
  RLX_INLINE void Ask(int64_t i) noexcept {
    constexpr int64_t kLines = (C + kLineVectors<Cell> - 1) / kLineVectors<Cell>;  // of a row
    RLX_UNROLL for (int n = 0; n < kLineVectors<Cell>; ++n) {
      PrefetchBytes<64 * kLines, kNear, kLevelOfOne>(at + (i + n) * from.stride);
    }
  }
  Rows<const Cell> from;
  int64_t part;
  const Cell* at = nullptr;
};

}  // namespace
}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ROWS_AHEAD_H_
