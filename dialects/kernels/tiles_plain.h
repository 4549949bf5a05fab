// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What instructions of AMX do, in plain C++, so that kernels can be tested on any CPU. What a CPU
// refuses ends the process.

#ifndef RLX_KERNELS_TILES_PLAIN_H_
#define RLX_KERNELS_TILES_PLAIN_H_

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "halves.h"

// Some compilers have macros of these names.
#undef _tile_loadd
#undef _tile_stream_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#undef _tile_dpbssd

namespace rlx::RLX_ISA {

// A thread's registers.
struct TileState {
  bool there = false;
  uint16_t bytes[8];  // of a row
  uint8_t rows[8];
  uint8_t data[8][16][64];
};
inline thread_local TileState tile_state;

inline void Refuse(bool wrong) noexcept {
  if (wrong) std::abort();
}

// The register, if it has been described.
inline int Used(int tile) noexcept {
  Refuse(!tile_state.there || tile_state.rows[tile] == 0);
  return tile;
}

inline void _tile_loadconfig(const void* config) noexcept {
  const auto* bytes = static_cast<const uint8_t*>(config);
  Refuse(bytes[0] != 1 || bytes[1] != 0);
  TileState& state = tile_state;
  state = {};
  state.there = true;
  std::memcpy(state.bytes, bytes + 16, sizeof(state.bytes));
  std::memcpy(state.rows, bytes + 48, sizeof(state.rows));
  for (int i = 0; i < 8; ++i) {
    Refuse(state.bytes[i] > 64 || state.rows[i] > 16);
    Refuse((state.bytes[i] == 0) != (state.rows[i] == 0));
  }
}

inline void _tile_release() noexcept { tile_state = {}; }

inline void _tile_loadd(int tile, const void* from, int64_t stride) noexcept {
  TileState& state = tile_state;
  std::memset(state.data[Used(tile)], 0, sizeof(state.data[tile]));
  for (int r = 0; r < state.rows[tile]; ++r) {
    std::memcpy(state.data[tile][r], static_cast<const char*>(from) + r * stride,
                state.bytes[tile]);
  }
}

inline void _tile_zero(int tile) noexcept {
  std::memset(tile_state.data[Used(tile)], 0, sizeof(tile_state.data[tile]));
}

inline void _tile_stream_loadd(int tile, const void* from, int64_t stride) noexcept {
  _tile_loadd(tile, from, stride);
}

inline void _tile_stored(int tile, void* to, int64_t stride) noexcept {
  const TileState& state = tile_state;
  for (int r = 0; r < state.rows[Used(tile)]; ++r) {
    std::memcpy(static_cast<char*>(to) + r * stride, state.data[tile][r], state.bytes[tile]);
  }
}

// A bf16 of a register; denormal numbers are 0.
inline float TileHalf(int tile, int row, int i) noexcept {
  uint16_t half;
  std::memcpy(&half, &tile_state.data[tile][row][2 * i], sizeof(half));
  return (half & 0x7f80) == 0 ? 0.0f : Bf16ToF32(half);
}

// Refuses registers that a product cannot be made of.
inline void CheckShapes(int sums, int x, int w) noexcept {
  const TileState& state = tile_state;
  Refuse(state.rows[Used(sums)] != state.rows[Used(x)] || state.bytes[sums] != state.bytes[w]);
  Refuse(state.bytes[Used(x)] != 4 * state.rows[Used(w)]);
}

inline void _tile_dpbssd(int sums, int x, int w) noexcept {
  CheckShapes(sums, x, w);
  TileState& state = tile_state;
  const auto byte = [&](int tile, int row, int i) -> int {
    return static_cast<int8_t>(state.data[tile][row][i]);
  };
  for (int r = 0; r < state.rows[x]; ++r) {
    for (int n = 0; n < state.bytes[w] / 4; ++n) {
      uint32_t sum;
      std::memcpy(&sum, &state.data[sums][r][4 * n], sizeof(sum));
      for (int k = 0; k < state.bytes[x]; ++k) {
        sum += static_cast<uint32_t>(byte(x, r, k) * byte(w, k / 4, 4 * n + k % 4));
      }
      std::memcpy(&state.data[sums][r][4 * n], &sum, sizeof(sum));
    }
  }
}

inline void _tile_dpbf16ps(int sums, int x, int w) noexcept {
  CheckShapes(sums, x, w);
  TileState& state = tile_state;
  for (int r = 0; r < state.rows[x]; ++r) {
    for (int n = 0; n < state.bytes[w] / 4; ++n) {
      float sum;
      std::memcpy(&sum, &state.data[sums][r][4 * n], sizeof(sum));
      for (int k = 0; k < state.rows[w]; ++k) {
        sum = std::fma(TileHalf(x, r, 2 * k), TileHalf(w, k, 2 * n), sum);
        sum = std::fma(TileHalf(x, r, 2 * k + 1), TileHalf(w, k, 2 * n + 1), sum);
      }
      std::memcpy(&state.data[sums][r][4 * n], &sum, sizeof(sum));
    }
  }
}

}  // namespace rlx::RLX_ISA

#endif  // RLX_KERNELS_TILES_PLAIN_H_
