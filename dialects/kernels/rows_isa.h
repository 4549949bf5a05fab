// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Rows of x as they stand in a part made ready; see Ready.
//
// T is what they consist of, and `unit` as many of these as one tile takes at a time: a sub, or the
// numbers of k and k + 1. At(r, i) points to the i-th T of the r-th row from `row` on, where i is a
// multiple of `unit` and counts from the beginning of x; AskNext(rows, i) asks for what so many
// rows have there, eight rows further; Most: how many rows a tile of up to `tile` takes from a row
// on.

#ifndef RLX_KERNELS_ROWS_ISA_H_
#define RLX_KERNELS_ROWS_ISA_H_

#include <cstdint>

#include "lanes.h"

namespace rlx::RLX_ISA {

// Row after row.
template <class T, int unit, int tile>
class InLine {
 public:
  using Number = T;
  InLine(const T* part, int64_t stride, int64_t begin, int64_t row) noexcept
      : at_(part + row * stride - begin), stride_(stride) {}
  RLX_INLINE const T* At(int r, int64_t i) const noexcept { return at_ + r * stride_ + i; }
  template <int rows>
  RLX_INLINE void AskNext(int64_t) const noexcept {}  // each row is a stream, which the CPU follows
  static int Most(int64_t) noexcept { return tile; }

 private:
  const T* at_;
  int64_t stride_;
};

// Unit after unit of eight rows.
template <class T, int unit, int tile>
class InEights {
 public:
  using Number = T;
  InEights(const T* part, int64_t stride, int64_t begin, int64_t row) noexcept
      : at_(part + (row - row % 8) * stride + row % 8 * unit - 8 * begin), stride_(stride) {}
  RLX_INLINE const T* At(int r, int64_t i) const noexcept { return at_ + 8 * i + unit * r; }
  template <int rows>
  RLX_INLINE void AskNext(int64_t i) const noexcept {
    const auto* next = reinterpret_cast<const char*>(At(0, i) + 8 * stride_);
    constexpr int kBytes = rows * unit * static_cast<int>(sizeof(T));
    RLX_UNROLL
    for (int at = 0; at < kBytes; at += 64) __builtin_prefetch(next + at, 0, 3);
  }
  static int Most(int64_t row) noexcept {
    const int rest = 8 - static_cast<int>(row % 8);
    return rest < tile ? rest : tile;
  }

 private:
  const T* at_;
  int64_t stride_;
};

// Calls run(at, some) for the tiles of rows `first` .. `last` - 1 behind `row`: `some` from `at`
// on.
template <class Rows, class Run>
RLX_INLINE void EachTile(int64_t row, int first, int last, Run run) noexcept {
  for (int at = first, some = 0; at < last; at += some) {
    const int most = Rows::Most(row + at);
    some = last - at < most ? last - at : most;
    run(at, some);
  }
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_ROWS_ISA_H_
