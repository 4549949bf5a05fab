// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How attention within one call is cut into tasks, and how keys and values are laid out for it.

#ifndef RLX_KERNELS_ATTEND_PREFILL_H_
#define RLX_KERNELS_ATTEND_PREFILL_H_

#include <cstdint>

#include "attend.h"
#include "whole.h"

namespace rlx {

inline constexpr int64_t kTile = 64;     // keys of a tile
inline constexpr int64_t kQueries = 64;  // queries of a task at most

// A query is one (token, group) of a head; they are counted token by token.
RLX_HERE int64_t QueriesOfTask(int64_t e) noexcept {
  return Most(1, Least(kQueries, kMostElements / LanesUp(e)));
}
RLX_HERE int64_t CountBlocks(const AttendPrefill& a) noexcept {
  const int64_t size = QueriesOfTask(a.e);
  return (a.t * a.g + size - 1) / size;
}
RLX_HERE constexpr int64_t CountTiles(int64_t s) noexcept { return (s + kTile - 1) / kTile; }

RLX_HERE int64_t LengthOf(const AttendPrefill& a, int64_t row) noexcept {
  return a.lengths == nullptr ? a.s : a.lengths[row];
}

// Keys [begin, end) that a query sees, but for the mask.
struct Sight {
  int64_t begin, end;
};

RLX_HERE Sight SightOf(const AttendPrefill& a, int64_t row, int64_t token) noexcept {
  const int64_t position = token + a.s - a.t, length = LengthOf(a, row);
  const int64_t first = a.window > 0 ? position - a.window + 1 : 0;
  const int64_t reach = a.window > 0 ? position + a.window : a.s;
  const int64_t begin = Least(Most(first, 0), length);
  const int64_t end = Least(a.causal ? position + 1 : reach, length);
  return {begin, Most(begin, end)};
}

// A tile of one head, f32: keys [e, kTile], so that the products with a query go along lanes, and
// values [kTile, LanesUp(e)]. Keys that no query sees, by length or mask, are zeros in both.
struct Tile {
  float* keys;
  float* values;
  float* finite;  // 1 if all values are; else 0
};

RLX_HERE constexpr int64_t TileFloats(int64_t e) noexcept {
  return kTile * (LanesUp(e) + LanesUp(e)) + 16;
}

RLX_HERE Tile TileOf(const AttendPrefill& a, int64_t row, int64_t head, int64_t tile) noexcept {
  const int64_t index = (row * a.k + head) * CountTiles(a.s) + tile;
  float* keys = a.workspace + index * TileFloats(a.e);
  float* values = keys + kTile * LanesUp(a.e);
  return {keys, values, values + kTile * LanesUp(a.e)};
}

}  // namespace rlx

#endif  // RLX_KERNELS_ATTEND_PREFILL_H_
